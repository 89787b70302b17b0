// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s | deit-opt | FileCheck %s
// RUN: deit-opt %s --emit-bytecode | deit-opt | FileCheck %s

// Every operation, as its documentation shows it.

// CHECK-LABEL: func @constant
func.func @constant() -> (tensor<2xf32>,
    tensor<2x!quant.uniform<i8<-127:127>:f32, 0.5>>) {
  // CHECK: deit.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32> -> tensor<2xf32>
  %0 = deit.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  // CHECK: deit.constant dense<[-3, 7]> : tensor<2xi8> -> tensor<2x!quant.uniform<i8<-127:127>:f32, 5.000000e-01>>
  %1 = deit.constant dense<[-3, 7]> : tensor<2xi8>
    -> tensor<2x!quant.uniform<i8<-127:127>:f32, 0.5>>
  return %0, %1 : tensor<2xf32>, tensor<2x!quant.uniform<i8<-127:127>:f32, 0.5>>
}

// CHECK-LABEL: func @quantize
func.func @quantize(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  // CHECK: deit.quantize %{{.*}} : tensor<1x4xf32> -> tensor<1x4x!quant.uniform<u8:f32, 1.000000e-01:128>>
  %0 = deit.quantize %x : tensor<1x4xf32>
    -> tensor<1x4x!quant.uniform<u8:f32, 0.1:128>>
  // CHECK: deit.dequantize %{{.*}} : tensor<1x4x!quant.uniform<u8:f32, 1.000000e-01:128>> -> tensor<1x4xf32>
  %1 = deit.dequantize %0 : tensor<1x4x!quant.uniform<u8:f32, 0.1:128>>
    -> tensor<1x4xf32>
  return %1 : tensor<1x4xf32>
}

// CHECK-LABEL: func @tokens
func.func @tokens(%image: tensor<1x32x32x3xui8>,
                  %weight: tensor<8x16x16x3xf32>, %bias: tensor<8xf32>,
                  %token: tensor<8xf32>) -> tensor<1x8xf32> {
  // CHECK: deit.normalize %{{.*}} {mean = array<f32: 4.850000e-01, 4.560000e-01, 4.060000e-01>, std = array<f32: 2.290000e-01, 2.240000e-01, 2.250000e-01>} : tensor<1x32x32x3xui8> -> tensor<1x32x32x3xf32>
  %0 = deit.normalize %image {mean = array<f32: 0.485, 0.456, 0.406>,
                              std = array<f32: 0.229, 0.224, 0.225>}
    : tensor<1x32x32x3xui8> -> tensor<1x32x32x3xf32>
  // CHECK: deit.patch_embed %{{.*}}, %{{.*}}, %{{.*}} : (tensor<1x32x32x3xf32>, tensor<8x16x16x3xf32>, tensor<8xf32>) -> tensor<1x4x8xf32>
  %1 = deit.patch_embed %0, %weight, %bias
    : (tensor<1x32x32x3xf32>, tensor<8x16x16x3xf32>, tensor<8xf32>)
    -> tensor<1x4x8xf32>
  // CHECK: deit.patch_embed %{{.*}} : (tensor<1x32x32x3xui8>,
  %raw = deit.patch_embed %image, %weight, %bias
    : (tensor<1x32x32x3xui8>, tensor<8x16x16x3xf32>, tensor<8xf32>)
    -> tensor<1x4x8xf32>
  // CHECK: deit.prepend_token %{{.*}}, %{{.*}} : (tensor<1x4x8xf32>, tensor<8xf32>) -> tensor<1x5x8xf32>
  %2 = deit.prepend_token %1, %token
    : (tensor<1x4x8xf32>, tensor<8xf32>) -> tensor<1x5x8xf32>
  // CHECK: deit.select_token %{{.*}} {index = 0 : i64} : tensor<1x5x8xf32> -> tensor<1x8xf32>
  %3 = deit.select_token %2 {index = 0 : i64}
    : tensor<1x5x8xf32> -> tensor<1x8xf32>
  return %3 : tensor<1x8xf32>
}

// CHECK-LABEL: func @layers
func.func @layers(%x: tensor<1x5x8xf32>, %weight: tensor<32x8xf32>,
                  %bias: tensor<32xf32>, %vector: tensor<8xf32>,
                  %position: tensor<1x5x8xf32>)
    -> (tensor<1x5x32xf32>, tensor<1x5x8xf32>) {
  // CHECK: deit.layer_norm %{{.*}}, %{{.*}}, %{{.*}} {epsilon = 9.99{{.*}}E-7 : f64} : (tensor<1x5x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<1x5x8xf32>
  %0 = deit.layer_norm %x, %vector, %vector {epsilon = 1.0e-06 : f64}
    : (tensor<1x5x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<1x5x8xf32>
  // CHECK: deit.linear %{{.*}}, %{{.*}} bias %{{.*}} : (tensor<1x5x8xf32>, tensor<32x8xf32>, tensor<32xf32>) -> tensor<1x5x32xf32>
  %1 = deit.linear %0, %weight bias %bias
    : (tensor<1x5x8xf32>, tensor<32x8xf32>, tensor<32xf32>)
    -> tensor<1x5x32xf32>
  // CHECK: deit.linear %{{.*}}, %{{.*}} : (tensor<1x5x8xf32>, tensor<32x8xf32>) -> tensor<1x5x32xf32>
  %2 = deit.linear %0, %weight
    : (tensor<1x5x8xf32>, tensor<32x8xf32>) -> tensor<1x5x32xf32>
  // CHECK: deit.gelu %{{.*}} : tensor<1x5x32xf32> -> tensor<1x5x32xf32>
  %3 = deit.gelu %1 : tensor<1x5x32xf32> -> tensor<1x5x32xf32>
  // CHECK: deit.layer_scale %{{.*}}, %{{.*}} : (tensor<1x5x8xf32>, tensor<8xf32>) -> tensor<1x5x8xf32>
  %4 = deit.layer_scale %0, %vector
    : (tensor<1x5x8xf32>, tensor<8xf32>) -> tensor<1x5x8xf32>
  // CHECK: deit.add %{{.*}}, %{{.*}} : (tensor<1x5x8xf32>, tensor<1x5x8xf32>) -> tensor<1x5x8xf32>
  %5 = deit.add %4, %position
    : (tensor<1x5x8xf32>, tensor<1x5x8xf32>) -> tensor<1x5x8xf32>
  return %3, %5 : tensor<1x5x32xf32>, tensor<1x5x8xf32>
}

// A position embedding is added to every image.
// CHECK-LABEL: func @broadcast
func.func @broadcast(%x: tensor<2x5x8xf32>, %position: tensor<1x5x8xf32>)
    -> tensor<2x5x8xf32> {
  // CHECK: deit.add %{{.*}} : (tensor<2x5x8xf32>, tensor<1x5x8xf32>) -> tensor<2x5x8xf32>
  %0 = deit.add %x, %position
    : (tensor<2x5x8xf32>, tensor<1x5x8xf32>) -> tensor<2x5x8xf32>
  return %0 : tensor<2x5x8xf32>
}

// CHECK-LABEL: func @attention
func.func @attention(%qkv: tensor<1x5x24xf32>) -> tensor<1x5x8xf32> {
  // CHECK: %{{.*}}, %{{.*}}, %{{.*}} = deit.split_qkv %{{.*}} : tensor<1x5x24xf32> -> tensor<1x5x8xf32>, tensor<1x5x8xf32>, tensor<1x5x8xf32>
  %q, %k, %v = deit.split_qkv %qkv : tensor<1x5x24xf32>
    -> tensor<1x5x8xf32>, tensor<1x5x8xf32>, tensor<1x5x8xf32>
  // CHECK: deit.split_heads %{{.*}} : tensor<1x5x8xf32> -> tensor<1x2x5x4xf32>
  %qh = deit.split_heads %q : tensor<1x5x8xf32> -> tensor<1x2x5x4xf32>
  %kh = deit.split_heads %k : tensor<1x5x8xf32> -> tensor<1x2x5x4xf32>
  %vh = deit.split_heads %v : tensor<1x5x8xf32> -> tensor<1x2x5x4xf32>
  // CHECK: deit.scale %{{.*}} {factor = 1.250000e-01 : f64} : tensor<1x2x5x4xf32> -> tensor<1x2x5x4xf32>
  %qs = deit.scale %qh {factor = 0.125 : f64}
    : tensor<1x2x5x4xf32> -> tensor<1x2x5x4xf32>
  // CHECK: deit.matmul %{{.*}}, %{{.*}} {transpose_rhs} : (tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>) -> tensor<1x2x5x5xf32>
  %s = deit.matmul %qs, %kh {transpose_rhs}
    : (tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>) -> tensor<1x2x5x5xf32>
  // CHECK: deit.softmax %{{.*}} : tensor<1x2x5x5xf32> -> tensor<1x2x5x5xf32>
  %p = deit.softmax %s : tensor<1x2x5x5xf32> -> tensor<1x2x5x5xf32>
  // CHECK: deit.matmul %{{.*}}, %{{.*}} : (tensor<1x2x5x5xf32>, tensor<1x2x5x4xf32>) -> tensor<1x2x5x4xf32>
  %o = deit.matmul %p, %vh
    : (tensor<1x2x5x5xf32>, tensor<1x2x5x4xf32>) -> tensor<1x2x5x4xf32>
  // CHECK: deit.merge_heads %{{.*}} : tensor<1x2x5x4xf32> -> tensor<1x5x8xf32>
  %m = deit.merge_heads %o : tensor<1x2x5x4xf32> -> tensor<1x5x8xf32>
  return %m : tensor<1x5x8xf32>
}

// What calibration leaves behind.
// CHECK-LABEL: func @statistics
func.func @statistics(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  // CHECK: deit.gelu %{{.*}} {deit.channel_mean = array<f32: 0.000000e+00, 1.000000e+00>, deit.range = array<f64: -1.000000e+00, 2.000000e+00>}
  %0 = deit.gelu %x {deit.channel_mean = array<f32: 0.0, 1.0>,
                     deit.range = array<f64: -1.0, 2.0>}
    : tensor<1x2xf32> -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
