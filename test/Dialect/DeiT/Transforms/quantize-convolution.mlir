// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -deit-quantize="weights=per-tensor" -split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,NAIVE
// RUN: deit-opt %s -deit-quantize -split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,ROWS

// What a ReLU alone sees gets its codes, from 0 to 51; a sum has a range of its
// own and no residual stream's 16 bits. Shortcuts and maxima keep the codes.
// CHECK-LABEL: func @block
func.func @block(%image: tensor<1x2x2x3xui8>) -> tensor<1x2xf32> {
  // NAIVE-DAG: %[[W:.*]] = deit.constant dense<{{\[\[\[\[}}127, 0, 0]]], {{\[\[\[}}0, 64, 0]]]]> : tensor<2x1x1x3xi8> -> tensor<2x1x1x3x!quant.uniform<i8<-127:127>:f32, 5.000000e-01>>
  // ROWS-DAG: %[[W:.*]] = deit.constant dense<{{\[\[\[\[}}127, 0, 0]]], {{\[\[\[}}0, 127, 0]]]]> : tensor<2x1x1x3xi8> -> tensor<2x1x1x3x!quant.uniform<i8<-127:127>:f32:0, {5.000000e-01,0.25196850393700787}>>
  %w = deit.constant dense<[[[[63.5, 0.0, 0.0]]], [[[0.0, 32.0, 0.0]]]]>
    : tensor<2x1x1x3xf32> -> tensor<2x1x1x3xf32>
  %b = deit.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %head = deit.constant dense<[[127.0, 0.0], [0.0, 127.0]]>
    : tensor<2x2xf32> -> tensor<2x2xf32>
  // CHECK: deit.normalize {{.*}} -> tensor<1x2x2x3x!quant.uniform<u8:f32, 1.000000e+00:127>>
  %x = deit.normalize %image
    {mean = array<f32: 0.5, 0.5, 0.5>, std = array<f32: 0.5, 0.5, 0.5>,
     deit.range = array<f64: -127.0, 128.0>}
    : tensor<1x2x2x3xui8> -> tensor<1x2x2x3xf32>
  // CHECK: deit.conv2d {{.*}} tensor<2xf32>) -> tensor<1x2x2x2x!quant.uniform<u8:f32, 2.000000e-01>>
  %0 = deit.conv2d %x, %w bias %b
    {strides = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>,
     groups = 1 : i64, deit.range = array<f64: -100.0, 100.0>}
    : (tensor<1x2x2x3xf32>, tensor<2x1x1x3xf32>, tensor<2xf32>)
    -> tensor<1x2x2x2xf32>
  // CHECK-NEXT: deit.relu {{.*}} -> tensor<1x2x2x2x!quant.uniform<u8:f32, 2.000000e-01>>
  %1 = deit.relu %0 {deit.range = array<f64: 0.0, 51.0>}
    : tensor<1x2x2x2xf32> -> tensor<1x2x2x2xf32>
  // CHECK-NEXT: deit.shortcut {{.*}} -> tensor<1x2x2x2x!quant.uniform<u8:f32, 2.000000e-01>>
  %2 = deit.shortcut %1
    {stride = 1 : i64, before = 0 : i64, deit.range = array<f64: 0.0, 51.0>}
    : tensor<1x2x2x2xf32> -> tensor<1x2x2x2xf32>
  // CHECK-NEXT: deit.add {{.*}} -> tensor<1x2x2x2x!quant.uniform<u8:f32, 5.000000e-01>>
  %3 = deit.add %1, %2 {deit.range = array<f64: 0.0, 127.5>}
    : (tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  // CHECK-NEXT: deit.max_pool {{.*}} -> tensor<1x1x1x2x!quant.uniform<u8:f32, 5.000000e-01>>
  %4 = deit.max_pool %3
    {window = array<i64: 2, 2>, strides = array<i64: 2, 2>,
     padding = array<i64: 0, 0, 0, 0>, deit.range = array<f64: 0.0, 127.5>}
    : tensor<1x2x2x2xf32> -> tensor<1x1x1x2xf32>
  // CHECK-NEXT: deit.global_average_pool {{.*}} -> tensor<1x2x!quant.uniform<u8:f32, 2.500000e-01>>
  %5 = deit.global_average_pool %4 {deit.range = array<f64: 0.0, 63.75>}
    : tensor<1x1x1x2xf32> -> tensor<1x2xf32>
  // CHECK-NEXT: deit.linear {{.*}} -> tensor<1x2x!quant.uniform<i32:f32, 4.000000e+00>>
  %6 = deit.linear %5, %head
    : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %6 : tensor<1x2xf32>
}
