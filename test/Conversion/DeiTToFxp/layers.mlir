// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Linear layers, layer norm, GELU and sums.
//
// RUN: deit-opt %s --convert-deit-to-fxp | FileCheck %s

!u8 = !quant.uniform<u8:f32, 0.5:3>
!u8b = !quant.uniform<u8:f32, 2.5e-01:128>
!s16 = !quant.uniform<i16<-32767:32767>:f32, 1.25e-01>
!s16b = !quant.uniform<i16<-32767:32767>:f32, 2.5e-01>
!logits = !quant.uniform<i32:f32, 2.0>
!rows = !quant.uniform<i8<-127:127>:f32:0, {0.25, 0.0625}>
!whole = !quant.uniform<i8<-127:127>:f32, 0.25>

// 0.25 * 0.5 / 0.25 = 0.5 and a quarter of it; biases: 1 / 0.125 - 3 * 1 and
// -1 / 0.03125 - 3 * 7.

// CHECK-LABEL: func.func @linear(
// CHECK-SAME: %[[X:.*]]: tensor<1x4x2xui8>) -> tensor<1x4x2xui8>
func.func @linear(%x: tensor<1x4x2x!u8>) -> tensor<1x4x2x!u8b> {
  // CHECK-DAG: %[[W:.*]] = fxp.constant dense<{{\[\[}}3, -2], [3, 4]]> : tensor<2x2xi8> -> tensor<2x2xi8>
  // CHECK-DAG: %[[B:.*]] = fxp.constant dense<[5, -53]> : tensor<2xi32> -> tensor<2xi32>
  %w = deit.constant dense<[[3, -2], [3, 4]]> : tensor<2x2xi8>
    -> tensor<2x2x!rows>
  %b = deit.constant dense<[1.0, -1.0]> : tensor<2xf32> -> tensor<2xf32>
  // CHECK: %[[S:.*]] = fxp.linear %[[X]], %[[W]], %[[B]] : (tensor<1x4x2xui8>, tensor<2x2xi8>, tensor<2xi32>) -> tensor<1x4x2xi32>
  // CHECK: %[[M:.*]] = fxp.constant dense<[1073741824, 268435456]> : tensor<2xi32> -> tensor<2xi32>
  // CHECK: %[[R:.*]] = fxp.requantize %[[S]], %[[M]] {fxp.format = !quant.uniform<u8:f32, 2.500000e-01:128>, high = 255 : i64, low = 0 : i64, pre_shift = 4 : i64, shift = 4 : i64, zero_point = 128 : i64} : (tensor<1x4x2xi32>, tensor<2xi32>) -> tensor<1x4x2xui8>
  %0 = deit.linear %x, %w bias %b
    : (tensor<1x4x2x!u8>, tensor<2x2x!rows>, tensor<2xf32>)
    -> tensor<1x4x2x!u8b> loc("blocks.0.fc1")
  // CHECK: return %[[R]]
  return %0 : tensor<1x4x2x!u8b>
}

// CHECK-LABEL: func.func @logits(
// CHECK-SAME: -> tensor<1x2xi32> attributes {fxp.logit_scale = 2.000000e+00 : f64}
func.func @logits(%x: tensor<1x2x!u8>) -> tensor<1x2x!logits> {
  // No bias: the zero point's part alone. 0.125 / 2 = 2^-4.
  // CHECK-DAG: fxp.constant dense<[-3, 3]> : tensor<2xi32>
  // CHECK-DAG: fxp.constant dense<1073741824> : tensor<2xi32>
  %w = deit.constant dense<[[3, -2], [-5, 4]]> : tensor<2x2xi8>
    -> tensor<2x2x!whole>
  // CHECK: fxp.requantize %{{.*}}, %{{.*}} {fxp.format = !quant.uniform<i32:f32, 2.000000e+00>, high = 2147483647 : i64, low = -2147483647 : i64, pre_shift = 1 : i64, shift = 4 : i64, zero_point = 0 : i64} : (tensor<1x2xi32>, tensor<2xi32>) -> tensor<1x2xi32>
  %0 = deit.linear %x, %w : (tensor<1x2x!u8>, tensor<2x2x!whole>)
    -> tensor<1x2x!logits> loc("head")
  return %0 : tensor<1x2x!logits>
}

// The dequantization of returned logits is dropped.

// CHECK-LABEL: func.func @float_logits(
// CHECK-SAME: -> tensor<1x2xi32> attributes {fxp.logit_scale = 2.000000e+00 : f64}
func.func @float_logits(%x: tensor<1x2x!logits>) -> tensor<1x2xf32> {
  // CHECK-NEXT: return %{{.*}} : tensor<1x2xi32>
  %0 = deit.dequantize %x : tensor<1x2x!logits> -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// CHECK-LABEL: func.func @patch_embed(
func.func @patch_embed(%image: tensor<1x2x4x3xui8>) -> tensor<1x2x1x!s16> {
  // CHECK: %[[P:.*]] = fxp.patches %{{.*}} {height = 2 : i64, width = 2 : i64} : tensor<1x2x4x3xui8> -> tensor<1x2x12xui8>
  // CHECK: %[[W:.*]] = fxp.constant dense<{{\[\[}}1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]]> : tensor<1x12xi8> -> tensor<1x12xi8>
  // CHECK: fxp.constant dense<8> : tensor<1xi32>
  // CHECK: fxp.linear %[[P]], %[[W]]
  // CHECK: fxp.requantize {{.*}}high = 32767 : i64, low = -32767 : i64{{.*}} -> tensor<1x2x1xi16>
  %w = deit.constant dense<[[[[1, 2, 3], [4, 5, 6]],
                             [[7, 8, 9], [10, 11, 12]]]]>
    : tensor<1x2x2x3xi8> -> tensor<1x2x2x3x!whole>
  %b = deit.constant dense<2.0> : tensor<1xf32> -> tensor<1xf32>
  %0 = deit.patch_embed %image, %w, %b
    : (tensor<1x2x4x3xui8>, tensor<1x2x2x3x!whole>, tensor<1xf32>)
    -> tensor<1x2x1x!s16> loc("patch_embed")
  return %0 : tensor<1x2x1x!s16>
}

// epsilon: 1/64 * 4^2 / 0.125^2; gamma: 2 / 0.25 * 2^(11 + 16).

// CHECK-LABEL: func.func @layer_norm(
func.func @layer_norm(%x: tensor<1x3x4x!s16>) -> tensor<1x3x4x!u8b> {
  // CHECK-DAG: %[[G:.*]] = fxp.constant dense<[1073741824, -536870912, 0, 134217728]> : tensor<4xi32>
  // CHECK-DAG: %[[B:.*]] = fxp.constant dense<[262144, 0, -262144, 131072]> : tensor<4xi32>
  %g = deit.constant dense<[2.0, -1.0, 0.0, 0.25]> : tensor<4xf32>
    -> tensor<4xf32>
  %b = deit.constant dense<[1.0, 0.0, -1.0, 0.5]> : tensor<4xf32>
    -> tensor<4xf32>
  // CHECK: fxp.layer_norm %{{.*}}, %[[G]], %[[B]] {epsilon = 16 : i64, fxp.format = !quant.uniform<u8:f32, 2.500000e-01:128>, high = 255 : i64, low = 0 : i64, shift = 16 : i64, zero_point = 128 : i64} : (tensor<1x3x4xi16>, tensor<4xi32>, tensor<4xi32>) -> tensor<1x3x4xui8>
  %0 = deit.layer_norm %x, %g, %b {epsilon = 1.5625e-02 : f64}
    : (tensor<1x3x4x!s16>, tensor<4xf32>, tensor<4xf32>)
    -> tensor<1x3x4x!u8b>
  return %0 : tensor<1x3x4x!u8b>
}

// CHECK-LABEL: func.func @gelu(
func.func @gelu(%x: tensor<1x3x4x!u8>) -> tensor<1x3x4x!u8b> {
  // CHECK: %[[T:.*]] = fxp.constant dense_resource<act.table{{.*}}> : tensor<256xi8> -> tensor<256xui8>
  // CHECK: fxp.lookup %{{.*}} in %[[T]] {fxp.format = !quant.uniform<u8:f32, 2.500000e-01:128>} : (tensor<1x3x4xui8>, tensor<256xui8>) -> tensor<1x3x4xui8>
  %0 = deit.gelu %x : tensor<1x3x4x!u8> -> tensor<1x3x4x!u8b> loc("act")
  return %0 : tensor<1x3x4x!u8b>
}

// CHECK-LABEL: func.func @add(
// CHECK-SAME: %[[X:.*]]: tensor<1x3x4xi16>, %[[Y:.*]]: tensor<1x3x4xi16>)
func.func @add(%x: tensor<1x3x4x!s16>, %y: tensor<1x3x4x!s16b>)
    -> tensor<1x3x4x!s16b> {
  // CHECK: fxp.add %[[X]], %[[Y]] {fxp.format = !quant.uniform<i16<-32767:32767>:f32, 2.500000e-01>, high = 32767 : i64, low = -32767 : i64, multiplier = 1073741824 : i64, pre_shift = 15 : i64, shift = 15 : i64}
  %0 = deit.add %x, %y : (tensor<1x3x4x!s16>, tensor<1x3x4x!s16b>)
    -> tensor<1x3x4x!s16b>
  return %0 : tensor<1x3x4x!s16b>
}

// The position embedding is at the tokens' scale: nothing is lost.

// CHECK-LABEL: func.func @tokens(
func.func @tokens(%x: tensor<1x2x2x!s16>) -> tensor<1x2x!s16> {
  // CHECK: %[[P:.*]] = fxp.constant dense<{{\[\[\[}}1, 2], [3, 4]]]> : tensor<1x2x2xi16> -> tensor<1x2x2xi16>
  %p = deit.constant dense<[[[1, 2], [3, 4]]]> : tensor<1x2x2xi16>
    -> tensor<1x2x2x!s16>
  %t = deit.constant dense<[7, -8]> : tensor<2xi16> -> tensor<2x!s16>
  // CHECK: %[[S:.*]] = fxp.add %{{.*}}, %[[P]] {{.*}}multiplier = 1073741824 : i64, pre_shift = 15 : i64, shift = 14 : i64
  %0 = deit.add %x, %p : (tensor<1x2x2x!s16>, tensor<1x2x2x!s16>)
    -> tensor<1x2x2x!s16>
  // CHECK: %[[T:.*]] = fxp.constant dense<{{\[\[}}7, -8]]> : tensor<1x2xi16> -> tensor<1x2xi16>
  // CHECK: %[[A:.*]] = fxp.prepend_token %[[S]], %[[T]] {fxp.format = !quant.uniform<i16<-32767:32767>:f32, 1.250000e-01>} : (tensor<1x2x2xi16>, tensor<1x2xi16>) -> tensor<1x3x2xi16>
  %1 = deit.prepend_token %0, %t
    : (tensor<1x2x2x!s16>, tensor<2x!s16>) -> tensor<1x3x2x!s16>
  // CHECK: fxp.select_token %[[A]] {fxp.format = !quant.uniform<i16<-32767:32767>:f32, 1.250000e-01>, index = 0 : i64} : tensor<1x3x2xi16> -> tensor<1x2xi16>
  %2 = deit.select_token %1 {index = 0 : i64}
    : tensor<1x3x2x!s16> -> tensor<1x2x!s16>
  return %2 : tensor<1x2x!s16>
}
