// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention: scores stay sums, probabilities are divided by their row's sum
// only after the product with the values.
//
// RUN: deit-opt %s --convert-deit-to-fxp | FileCheck %s

!q = !quant.uniform<i8<-127:127>:f32, 0.5>
!k = !quant.uniform<i8<-127:127>:f32, 1.25e-01>
!v = !quant.uniform<i8<-127:127>:f32, 0.25>
!scores = !quant.uniform<i32:f32, 6.25e-02>
!p = !quant.uniform<u8:f32, 0.0039215686274509803>
!o = !quant.uniform<u8:f32, 1.25e-01:120>

// Softmax: 2^-4 * log2(e) * 2^16 = 5909.3 = 1549082005 * 2^(13 - 31); 188 such
// steps, of base-2 exponents in Q16, are just below 17 * 2^16.
// Normalize: ratio 2, 2 * 2^(6 + 31).

// CHECK-LABEL: func.func @attention(
// CHECK-SAME: %[[Q:.*]]: tensor<1x3x4xi8>, %[[K:.*]]: tensor<1x3x4xi8>, %[[V:.*]]: tensor<1x3x4xi8>) -> tensor<1x3x4xui8>
func.func @attention(%q: tensor<1x3x4x!q>, %k: tensor<1x3x4x!k>,
                     %v: tensor<1x3x4x!v>) -> tensor<1x3x4x!o> {
  // CHECK: %[[QH:.*]] = fxp.split_heads %[[Q]] {fxp.format = !quant.uniform<i8<-127:127>:f32, 5.000000e-01>} : tensor<1x3x4xi8> -> tensor<1x2x3x2xi8>
  %qh = deit.split_heads %q : tensor<1x3x4x!q> -> tensor<1x2x3x2x!q>
  // CHECK: %[[KH:.*]] = fxp.split_heads %[[K]]
  %kh = deit.split_heads %k : tensor<1x3x4x!k> -> tensor<1x2x3x2x!k>
  // CHECK: %[[VH:.*]] = fxp.split_heads %[[V]]
  %vh = deit.split_heads %v : tensor<1x3x4x!v> -> tensor<1x2x3x2x!v>
  // CHECK: %[[S:.*]] = fxp.matmul %[[QH]], %[[KH]] {fxp.format = !quant.uniform<i32:f32, 6.250000e-02>, transpose_rhs} : (tensor<1x2x3x2xi8>, tensor<1x2x3x2xi8>) -> tensor<1x2x3x3xi32>
  // CHECK-NOT: requantize
  %s = deit.matmul %qh, %kh {transpose_rhs}
    : (tensor<1x2x3x2x!q>, tensor<1x2x3x2x!k>) -> tensor<1x2x3x3x!scores>
  // CHECK: %[[Y:.*]], %[[SUMS:.*]] = fxp.softmax %[[S]] {fxp.format = !quant.uniform<u8:f32, 0.0039215686274509803>, limit = 188 : i64, multiplier = 1549082005 : i64, pre_shift = 13 : i64} : tensor<1x2x3x3xi32> -> tensor<1x2x3x3xui8>, tensor<1x2x3xi32>
  %p = deit.softmax %s : tensor<1x2x3x3x!scores> -> tensor<1x2x3x3x!p>
  // CHECK: %[[O:.*]] = fxp.matmul %[[Y]], %[[VH]] : (tensor<1x2x3x3xui8>, tensor<1x2x3x2xi8>) -> tensor<1x2x3x2xi32>
  // CHECK: %[[N:.*]] = fxp.normalize %[[O]], %[[SUMS]] {fxp.format = !quant.uniform<u8:f32, 1.250000e-01:120>, high = 255 : i64, low = 0 : i64, multiplier = 274877906944 : i64, shift = 6 : i64, zero_point = 120 : i64} : (tensor<1x2x3x2xi32>, tensor<1x2x3xi32>) -> tensor<1x2x3x2xui8>
  %o = deit.matmul %p, %vh
    : (tensor<1x2x3x3x!p>, tensor<1x2x3x2x!v>) -> tensor<1x2x3x2x!o>
  // CHECK: fxp.merge_heads %[[N]] {fxp.format = !quant.uniform<u8:f32, 1.250000e-01:120>} : tensor<1x2x3x2xui8> -> tensor<1x3x4xui8>
  %m = deit.merge_heads %o : tensor<1x2x3x2x!o> -> tensor<1x3x4x!o>
  return %m : tensor<1x3x4x!o>
}

// Scores of which a single step is 13 powers of two: steps of 16, 16 * 2^16 =
// 2^30 * 2^(21 - 31), of which one is enough.

!coarse = !quant.uniform<i32:f32, 9.0>

// CHECK-LABEL: func.func @one_hot(
func.func @one_hot(%s: tensor<1x1x2x2x!coarse>) -> tensor<1x1x2x2x!p> {
  // CHECK: fxp.softmax {{.*}}, limit = 1 : i64, multiplier = 1073741824 : i64, pre_shift = 21 : i64}
  %p = deit.softmax %s : tensor<1x1x2x2x!coarse> -> tensor<1x1x2x2x!p>
  return %p : tensor<1x1x2x2x!p>
}
