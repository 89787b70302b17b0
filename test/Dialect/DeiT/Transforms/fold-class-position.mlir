// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -deit-fold-class-position -split-input-file \
// RUN:   -verify-diagnostics -mlir-print-debuginfo -mlir-print-local-scope \
// RUN:   | FileCheck %s
// RUN: deit-opt %s -deit-fold-class-position -split-input-file -o /dev/null \
// RUN:   --remarks-filter=deit-fold-.* 2>&1 | FileCheck %s --check-prefix=REMARK

// To those who ask for remarks, all is told in one form.
// REMARK: loc("add"): [Passed] Folded | Category:deit-fold-class-position | Module=add, Remark=deit.add
// REMARK-COUNT-2: [Passed] Folded
// REMARK-NOT: [Passed]
// REMARK: [Missed] NotFolded | Category:deit-fold-class-position | {{.*}}Reason="the position embedding is quantized", Remark=deit.add
// REMARK-NOT: not folded at
// REMARK: [Missed] NotFolded {{.*}}Reason="the class token is not a float constant"
// REMARK: [Missed] NotFolded {{.*}}Reason="the tokens without positions have several uses"

// CHECK-LABEL: func @fold
// CHECK-SAME: %[[X:.*]]: tensor<1x2x2xf32>
func.func @fold(%x: tensor<1x2x2xf32>) -> tensor<1x3x2xf32> {
  %cls = deit.constant dense<[10.0, 20.0]> : tensor<2xf32> -> tensor<2xf32>
    loc("cls_token")
  %pos = deit.constant dense<[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]]>
    : tensor<1x3x2xf32> -> tensor<1x3x2xf32> loc("pos_embed")
  // CHECK-DAG: %[[POS:.*]] = deit.constant dense<{{\[\[\[}}3.000000e+00, 4.000000e+00], [5.000000e+00, 6.000000e+00]]]> {{.*}} loc("pos_embed")
  // CHECK-DAG: %[[CLS:.*]] = deit.constant dense<[1.100000e+01, 2.200000e+01]> {{.*}} loc(fused["cls_token", "pos_embed"])
  // CHECK: %[[SUM:.*]] = deit.add %[[X]], %[[POS]] {{.*}} loc("add")
  // CHECK: deit.prepend_token %[[SUM]], %[[CLS]] {{.*}} loc("prepend")
  %0 = deit.prepend_token %x, %cls
    : (tensor<1x2x2xf32>, tensor<2xf32>) -> tensor<1x3x2xf32> loc("prepend")
  %1 = deit.add %0, %pos
    : (tensor<1x3x2xf32>, tensor<1x3x2xf32>) -> tensor<1x3x2xf32> loc("add")
  return %1 : tensor<1x3x2xf32>
}

// -----

// A class token and a distillation token.
// CHECK-LABEL: func @two_tokens
func.func @two_tokens(%x: tensor<1x1x1xf32>) -> tensor<1x3x1xf32> {
  %cls = deit.constant dense<[10.0]> : tensor<1xf32> -> tensor<1xf32>
  %dist = deit.constant dense<[20.0]> : tensor<1xf32> -> tensor<1xf32>
  %pos = deit.constant dense<[[[1.0], [2.0], [3.0]]]>
    : tensor<1x3x1xf32> -> tensor<1x3x1xf32>
  // CHECK-DAG: %[[POS:.*]] = deit.constant dense<3.000000e+00> : tensor<1x1x1xf32>
  // CHECK-DAG: %[[DIST:.*]] = deit.constant dense<2.200000e+01>
  // CHECK-DAG: %[[CLS:.*]] = deit.constant dense<1.100000e+01>
  // CHECK: %[[SUM:.*]] = deit.add %{{.*}}, %[[POS]]
  // CHECK: %[[ONE:.*]] = deit.prepend_token %[[SUM]], %[[DIST]]
  // CHECK: deit.prepend_token %[[ONE]], %[[CLS]]
  %0 = deit.prepend_token %x, %dist
    : (tensor<1x1x1xf32>, tensor<1xf32>) -> tensor<1x2x1xf32>
  %1 = deit.prepend_token %0, %cls
    : (tensor<1x2x1xf32>, tensor<1xf32>) -> tensor<1x3x1xf32>
  %2 = deit.add %1, %pos
    : (tensor<1x3x1xf32>, tensor<1x3x1xf32>) -> tensor<1x3x1xf32>
  return %2 : tensor<1x3x1xf32>
}

// -----

// Positions that are added before, as in DeiT III, need nothing.
// CHECK-LABEL: func @already
func.func @already(%x: tensor<1x2x2xf32>, %pos: tensor<1x2x2xf32>,
                   %cls: tensor<2xf32>) -> tensor<1x3x2xf32> {
  // CHECK: deit.add
  // CHECK: deit.prepend_token
  %0 = deit.add %x, %pos
    : (tensor<1x2x2xf32>, tensor<1x2x2xf32>) -> tensor<1x2x2xf32>
  %1 = deit.prepend_token %0, %cls
    : (tensor<1x2x2xf32>, tensor<2xf32>) -> tensor<1x3x2xf32>
  return %1 : tensor<1x3x2xf32>
}

// -----

func.func @quantized(%x: tensor<1x1x1xf32>, %cls: tensor<1xf32>)
    -> tensor<1x2x1xf32> {
  %pos = deit.constant dense<[[[1], [2]]]> : tensor<1x2x1xi8>
    -> tensor<1x2x1x!quant.uniform<i8:f32, 1.0>>
  %0 = deit.prepend_token %x, %cls
    : (tensor<1x1x1xf32>, tensor<1xf32>) -> tensor<1x2x1xf32>
  // expected-remark @below {{the position embedding is quantized}}
  %1 = deit.add %0, %pos
    : (tensor<1x2x1xf32>, tensor<1x2x1x!quant.uniform<i8:f32, 1.0>>)
    -> tensor<1x2x1xf32>
  return %1 : tensor<1x2x1xf32>
}

// -----

func.func @token(%x: tensor<1x1x1xf32>, %cls: tensor<1xf32>)
    -> tensor<1x2x1xf32> {
  %pos = deit.constant dense<[[[1.0], [2.0]]]>
    : tensor<1x2x1xf32> -> tensor<1x2x1xf32>
  %0 = deit.prepend_token %x, %cls
    : (tensor<1x1x1xf32>, tensor<1xf32>) -> tensor<1x2x1xf32>
  // expected-remark @below {{the class token is not a float constant}}
  %1 = deit.add %0, %pos
    : (tensor<1x2x1xf32>, tensor<1x2x1xf32>) -> tensor<1x2x1xf32>
  return %1 : tensor<1x2x1xf32>
}

// -----

// What is not constant is no position, but the first block's branch.
// CHECK-LABEL: func @branch
func.func @branch(%x: tensor<1x1x1xf32>, %y: tensor<1x2x1xf32>,
                  %cls: tensor<1xf32>) -> tensor<1x2x1xf32> {
  // CHECK: deit.prepend_token
  // CHECK-NEXT: deit.add
  %0 = deit.prepend_token %x, %cls
    : (tensor<1x1x1xf32>, tensor<1xf32>) -> tensor<1x2x1xf32>
  %1 = deit.add %0, %y
    : (tensor<1x2x1xf32>, tensor<1x2x1xf32>) -> tensor<1x2x1xf32>
  return %1 : tensor<1x2x1xf32>
}

// -----

func.func @two_users(%x: tensor<1x1x1xf32>)
    -> (tensor<1x2x1xf32>, tensor<1x2x1xf32>) {
  %cls = deit.constant dense<[10.0]> : tensor<1xf32> -> tensor<1xf32>
  %pos = deit.constant dense<[[[1.0], [2.0]]]>
    : tensor<1x2x1xf32> -> tensor<1x2x1xf32>
  %0 = deit.prepend_token %x, %cls
    : (tensor<1x1x1xf32>, tensor<1xf32>) -> tensor<1x2x1xf32>
  // expected-remark @below {{the tokens without positions have several uses}}
  %1 = deit.add %0, %pos
    : (tensor<1x2x1xf32>, tensor<1x2x1xf32>) -> tensor<1x2x1xf32>
  return %0, %1 : tensor<1x2x1xf32>, tensor<1x2x1xf32>
}
