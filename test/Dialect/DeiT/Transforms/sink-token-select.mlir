// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -deit-sink-token-select -split-input-file | FileCheck %s
// RUN: deit-opt %s -deit-sink-token-select -split-input-file -o /dev/null \
// RUN:   --remarks-filter=deit-sink-token-select 2>&1 \
// RUN:   | FileCheck %s --check-prefix=REMARK
//
// REMARK: [Passed] Narrowed | Category:deit-sink-token-select | {{.*}}Remark=deit.layer_norm
// REMARK: [Passed] Narrowed {{.*}}Remark=deit.add
// REMARK: [Passed] Narrowed {{.*}}Remark=deit.layer_scale
// REMARK: [Missed] NotNarrowed {{.*}}Reason="its tokens depend on one another", Remark=deit.merge_heads
// REMARK: [Missed] NotNarrowed {{.*}}Reason="its other users need every token"

// The end of the last block: two branches, the residual stream beside them.
// CHECK-LABEL: func @last_block
// CHECK-SAME: %[[STREAM:[a-z0-9]*]]: tensor<1x3x2xf32>, %[[HEADS:[a-z0-9]*]]: tensor<1x1x3x2xf32>
func.func @last_block(%stream: tensor<1x3x2xf32>, %heads: tensor<1x1x3x2xf32>,
                      %w: tensor<2x2xf32>, %v: tensor<2xf32>)
    -> tensor<1x2xf32> {
  // CHECK: %[[S:.*]] = deit.select_token %[[STREAM]] {index = 0 : i64} : tensor<1x3x2xf32> -> tensor<1x2xf32>
  // CHECK: %[[M:.*]] = deit.merge_heads %[[HEADS]]
  // CHECK: %[[ONE:.*]] = deit.select_token %[[M]] {index = 0 : i64}
  // CHECK: %[[PROJ:.*]] = deit.linear %[[ONE]], %{{.*}} bias %{{.*}} : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  // CHECK: %[[MID:.*]] = deit.add %[[S]], %[[PROJ]] : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  // CHECK: %[[NORM:.*]] = deit.layer_norm %[[MID]]
  // CHECK: %[[FC1:.*]] = deit.linear %[[NORM]]
  // CHECK: %[[GELU:.*]] = deit.gelu %[[FC1]]
  // CHECK: %[[FC2:.*]] = deit.linear %[[GELU]]
  // CHECK: %[[LS:.*]] = deit.layer_scale %[[FC2]]
  // CHECK: %[[OUT:.*]] = deit.add %[[MID]], %[[LS]]
  // CHECK: %[[LAST:.*]] = deit.layer_norm %[[OUT]]
  // CHECK-NEXT: return %[[LAST]]
  // CHECK-NOT: deit.select_token
  %merged = deit.merge_heads %heads : tensor<1x1x3x2xf32> -> tensor<1x3x2xf32>
  %proj = deit.linear %merged, %w bias %v
    : (tensor<1x3x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x3x2xf32>
  %mid = deit.add %stream, %proj
    : (tensor<1x3x2xf32>, tensor<1x3x2xf32>) -> tensor<1x3x2xf32>
  %norm = deit.layer_norm %mid, %v, %v {epsilon = 0.0 : f64}
    : (tensor<1x3x2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x3x2xf32>
  %fc1 = deit.linear %norm, %w
    : (tensor<1x3x2xf32>, tensor<2x2xf32>) -> tensor<1x3x2xf32>
  %gelu = deit.gelu %fc1 : tensor<1x3x2xf32> -> tensor<1x3x2xf32>
  %fc2 = deit.linear %gelu, %w
    : (tensor<1x3x2xf32>, tensor<2x2xf32>) -> tensor<1x3x2xf32>
  %scaled = deit.layer_scale %fc2, %v
    : (tensor<1x3x2xf32>, tensor<2xf32>) -> tensor<1x3x2xf32>
  %out = deit.add %mid, %scaled
    : (tensor<1x3x2xf32>, tensor<1x3x2xf32>) -> tensor<1x3x2xf32>
  %last = deit.layer_norm %out, %v, %v {epsilon = 0.0 : f64}
    : (tensor<1x3x2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x3x2xf32>
  %cls = deit.select_token %last {index = 0 : i64}
    : tensor<1x3x2xf32> -> tensor<1x2xf32>
  return %cls : tensor<1x2xf32>
}

// -----

// A constant operand is cut.
// CHECK-LABEL: func @constant
func.func @constant(%x: tensor<1x3x2xf32>) -> tensor<1x2xf32> {
  // CHECK-DAG: %[[C:.*]] = deit.constant dense<{{\[\[}}3.000000e+00, 4.000000e+00]]> : tensor<1x2xf32>
  // CHECK-DAG: %[[X:.*]] = deit.select_token %{{.*}} {index = 1 : i64}
  // CHECK: deit.add %[[X]], %[[C]]
  %c = deit.constant dense<[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]]>
    : tensor<1x3x2xf32> -> tensor<1x3x2xf32>
  %0 = deit.add %x, %c
    : (tensor<1x3x2xf32>, tensor<1x3x2xf32>) -> tensor<1x3x2xf32>
  %1 = deit.select_token %0 {index = 1 : i64}
    : tensor<1x3x2xf32> -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// -----

// Every image gets the same row of the constant.
// CHECK-LABEL: func @images
func.func @images(%x: tensor<2x2x1xf32>) -> tensor<2x1xf32> {
  // CHECK: deit.add %{{.*}} : (tensor<2x1xf32>, tensor<1x1xf32>) -> tensor<2x1xf32>
  %c = deit.constant dense<[[[1.0], [2.0]]]>
    : tensor<1x2x1xf32> -> tensor<1x2x1xf32>
  %0 = deit.add %x, %c
    : (tensor<2x2x1xf32>, tensor<1x2x1xf32>) -> tensor<2x2x1xf32>
  %1 = deit.select_token %0 {index = 0 : i64}
    : tensor<2x2x1xf32> -> tensor<2x1xf32>
  return %1 : tensor<2x1xf32>
}

// -----

// Tokens that others need are computed anyway.
// CHECK-LABEL: func @other_user
func.func @other_user(%x: tensor<1x3x2xf32>)
    -> (tensor<1x2xf32>, tensor<1x3x2xf32>) {
  // CHECK: %[[Y:.*]] = deit.gelu %{{.*}} : tensor<1x3x2xf32>
  // CHECK: deit.select_token %[[Y]]
  %0 = deit.gelu %x : tensor<1x3x2xf32> -> tensor<1x3x2xf32>
  %1 = deit.select_token %0 {index = 0 : i64}
    : tensor<1x3x2xf32> -> tensor<1x2xf32>
  return %1, %0 : tensor<1x2xf32>, tensor<1x3x2xf32>
}

// -----

// Two different tokens.
// CHECK-LABEL: func @two_tokens
func.func @two_tokens(%x: tensor<1x3x2xf32>)
    -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  // CHECK: deit.gelu %{{.*}} : tensor<1x3x2xf32>
  %0 = deit.gelu %x : tensor<1x3x2xf32> -> tensor<1x3x2xf32>
  %1 = deit.select_token %0 {index = 0 : i64}
    : tensor<1x3x2xf32> -> tensor<1x2xf32>
  %2 = deit.select_token %0 {index = 1 : i64}
    : tensor<1x3x2xf32> -> tensor<1x2xf32>
  return %1, %2 : tensor<1x2xf32>, tensor<1x2xf32>
}

// -----

// Attention and the class token stop it.
// CHECK-LABEL: func @stop
func.func @stop(%x: tensor<1x2x2xf32>, %t: tensor<2xf32>) -> tensor<1x2xf32> {
  // CHECK: %[[Y:.*]] = deit.prepend_token
  // CHECK-NEXT: deit.select_token %[[Y]]
  %0 = deit.prepend_token %x, %t
    : (tensor<1x2x2xf32>, tensor<2xf32>) -> tensor<1x3x2xf32>
  %1 = deit.select_token %0 {index = 0 : i64}
    : tensor<1x3x2xf32> -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
