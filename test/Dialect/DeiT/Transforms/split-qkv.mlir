// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -deit-split-qkv -split-input-file -verify-diagnostics \
// RUN:   -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func @split
// CHECK-SAME: %[[X:.*]]: tensor<1x1x1xf32>
func.func @split(%x: tensor<1x1x1xf32>)
    -> (tensor<1x1x2xf32>, tensor<1x1x2xf32>, tensor<1x1x2xf32>) {
  %w = deit.constant dense<[[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]]>
    : tensor<6x1xf32> -> tensor<6x1xf32> loc("attn.qkv.weight")
  %b = deit.constant dense<[10.0, 20.0, 30.0, 40.0, 50.0, 60.0]>
    : tensor<6xf32> -> tensor<6xf32> loc("attn.qkv.bias")
  // CHECK-DAG: %[[WQ:.*]] = deit.constant dense<{{\[\[}}1.000000e+00], [2.000000e+00]]> {{.*}} loc("attn.qkv.q.weight")
  // CHECK-DAG: %[[BQ:.*]] = deit.constant dense<[1.000000e+01, 2.000000e+01]> {{.*}} loc("attn.qkv.q.bias")
  // CHECK-DAG: %[[WK:.*]] = deit.constant dense<{{\[\[}}3.000000e+00], [4.000000e+00]]> {{.*}} loc("attn.qkv.k.weight")
  // CHECK-DAG: %[[BK:.*]] = deit.constant dense<[3.000000e+01, 4.000000e+01]> {{.*}} loc("attn.qkv.k.bias")
  // CHECK-DAG: %[[WV:.*]] = deit.constant dense<{{\[\[}}5.000000e+00], [6.000000e+00]]> {{.*}} loc("attn.qkv.v.weight")
  // CHECK-DAG: %[[BV:.*]] = deit.constant dense<[5.000000e+01, 6.000000e+01]> {{.*}} loc("attn.qkv.v.bias")
  // CHECK-DAG: %[[Q:.*]] = deit.linear %[[X]], %[[WQ]] bias %[[BQ]] {{.*}} loc("attn.qkv.q")
  // CHECK-DAG: %[[K:.*]] = deit.linear %[[X]], %[[WK]] bias %[[BK]] {{.*}} loc("attn.qkv.k")
  // CHECK-DAG: %[[V:.*]] = deit.linear %[[X]], %[[WV]] bias %[[BV]] {{.*}} loc("attn.qkv.v")
  // CHECK: return %[[Q]], %[[K]], %[[V]]
  %0 = deit.linear %x, %w bias %b
    : (tensor<1x1x1xf32>, tensor<6x1xf32>, tensor<6xf32>) -> tensor<1x1x6xf32>
    loc("attn.qkv")
  %q, %k, %v = deit.split_qkv %0 : tensor<1x1x6xf32>
    -> tensor<1x1x2xf32>, tensor<1x1x2xf32>, tensor<1x1x2xf32>
  return %q, %k, %v : tensor<1x1x2xf32>, tensor<1x1x2xf32>, tensor<1x1x2xf32>
}

// -----

// CHECK-LABEL: func @no_bias
func.func @no_bias(%x: tensor<1x1x1xf32>) -> tensor<1x1x1xf32> {
  %w = deit.constant dense<[[1.0], [2.0], [3.0]]>
    : tensor<3x1xf32> -> tensor<3x1xf32>
  // CHECK: %[[K:.*]] = deit.constant dense<2.000000e+00>
  // CHECK: deit.linear %{{.*}}, %[[K]] :
  // CHECK-NOT: deit.linear
  %0 = deit.linear %x, %w
    : (tensor<1x1x1xf32>, tensor<3x1xf32>) -> tensor<1x1x3xf32>
  %q, %k, %v = deit.split_qkv %0 : tensor<1x1x3xf32>
    -> tensor<1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>
  return %k : tensor<1x1x1xf32>
}

// -----

func.func @no_linear(%x: tensor<1x1x3xf32>) -> tensor<1x1x1xf32> {
  // expected-remark @unknown {{not folded at attn: the operand is not a linear layer's result}}
  %q, %k, %v = deit.split_qkv %x : tensor<1x1x3xf32>
    -> tensor<1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32> loc("attn")
  return %q : tensor<1x1x1xf32>
}
