// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s | deit-opt | FileCheck %s

!u8 = !quant.uniform<u8:f32, 0.5:128>
!rows = !quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>

// CHECK-LABEL: func @layers
func.func @layers(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x2xf32>,
                  %b: tensor<6xf32>) -> tensor<1x6xf32> {
  // CHECK: deit.conv2d %{{.*}}, %{{.*}} bias %{{.*}} {groups = 2 : i64, padding = array<i64: 1, 0, 0, 1>, strides = array<i64: 2, 1>} : (tensor<1x8x8x4xf32>, tensor<6x3x3x2xf32>, tensor<6xf32>) -> tensor<1x4x7x6xf32>
  %0 = deit.conv2d %x, %w bias %b
    {strides = array<i64: 2, 1>, padding = array<i64: 1, 0, 0, 1>,
     groups = 2 : i64}
    : (tensor<1x8x8x4xf32>, tensor<6x3x3x2xf32>, tensor<6xf32>)
    -> tensor<1x4x7x6xf32>
  // CHECK: deit.batch_norm %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {epsilon = 1.000000e-05 : f64} : (tensor<1x4x7x6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<1x4x7x6xf32>
  %1 = deit.batch_norm %0, %b, %b, %b, %b {epsilon = 1.0e-05 : f64}
    : (tensor<1x4x7x6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>,
       tensor<6xf32>) -> tensor<1x4x7x6xf32>
  // CHECK: deit.relu %{{.*}} : tensor<1x4x7x6xf32> -> tensor<1x4x7x6xf32>
  %2 = deit.relu %1 : tensor<1x4x7x6xf32> -> tensor<1x4x7x6xf32>
  // CHECK: deit.relu %{{.*}} {ceiling = 6.000000e+00 : f64} : tensor<1x4x7x6xf32> -> tensor<1x4x7x6xf32>
  %3 = deit.relu %2 {ceiling = 6.0 : f64}
    : tensor<1x4x7x6xf32> -> tensor<1x4x7x6xf32>
  // CHECK: deit.max_pool %{{.*}} {padding = array<i64: 1, 1, 0, 0>, strides = array<i64: 2, 2>, window = array<i64: 3, 3>} : tensor<1x4x7x6xf32> -> tensor<1x2x3x6xf32>
  %4 = deit.max_pool %3
    {window = array<i64: 3, 3>, strides = array<i64: 2, 2>,
     padding = array<i64: 1, 1, 0, 0>}
    : tensor<1x4x7x6xf32> -> tensor<1x2x3x6xf32>
  // CHECK: deit.average_pool %{{.*}} {padding = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>, window = array<i64: 2, 1>} : tensor<1x2x3x6xf32> -> tensor<1x1x3x6xf32>
  %5 = deit.average_pool %4
    {window = array<i64: 2, 1>, strides = array<i64: 1, 1>,
     padding = array<i64: 0, 0, 0, 0>}
    : tensor<1x2x3x6xf32> -> tensor<1x1x3x6xf32>
  // CHECK: deit.global_average_pool %{{.*}} : tensor<1x1x3x6xf32> -> tensor<1x6xf32>
  %6 = deit.global_average_pool %5 : tensor<1x1x3x6xf32> -> tensor<1x6xf32>
  return %6 : tensor<1x6xf32>
}

// CHECK-LABEL: func @shortcut
func.func @shortcut(%x: tensor<1x5x4x2xf32>) -> tensor<1x3x2x6xf32> {
  // CHECK: deit.shortcut %{{.*}} {before = 1 : i64, stride = 2 : i64} : tensor<1x5x4x2xf32> -> tensor<1x3x2x6xf32>
  %0 = deit.shortcut %x {stride = 2 : i64, before = 1 : i64}
    : tensor<1x5x4x2xf32> -> tensor<1x3x2x6xf32>
  return %0 : tensor<1x3x2x6xf32>
}

// CHECK-LABEL: func @quantized
// CHECK-SAME: attributes {deit.resize = "bilinear"}
func.func @quantized(%x: tensor<1x2x2x1x!u8>, %w: tensor<2x1x1x1x!rows>)
    -> tensor<1x2x2x2x!u8> attributes {deit.resize = "bilinear"} {
  // CHECK: deit.conv2d %{{.*}}, %{{.*}} {{{.*}}} : (tensor<1x2x2x1x!quant.uniform<u8:f32, 5.000000e-01:128>>, tensor<2x1x1x1x!quant.uniform<i8<-127:127>:f32:0, {5.000000e-01,2.500000e-01}>>) -> tensor<1x2x2x2x!quant.uniform<u8:f32, 5.000000e-01:128>>
  %0 = deit.conv2d %x, %w
    {strides = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>,
     groups = 1 : i64}
    : (tensor<1x2x2x1x!u8>, tensor<2x1x1x1x!rows>) -> tensor<1x2x2x2x!u8>
  return %0 : tensor<1x2x2x2x!u8>
}
