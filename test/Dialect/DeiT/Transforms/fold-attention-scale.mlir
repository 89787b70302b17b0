// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -deit-fold-attention-scale -split-input-file \
// RUN:   -verify-diagnostics -mlir-print-debuginfo -mlir-print-local-scope \
// RUN:   | FileCheck %s

// CHECK-LABEL: func @through_heads
func.func @through_heads(%x: tensor<1x1x1xf32>) -> tensor<1x2x1x1xf32> {
  %w = deit.constant dense<[[8.0], [16.0]]>
    : tensor<2x1xf32> -> tensor<2x1xf32> loc("q.weight")
  %b = deit.constant dense<[24.0, 32.0]> : tensor<2xf32> -> tensor<2xf32>
    loc("q.bias")
  // CHECK-DAG: %[[W:.*]] = deit.constant dense<{{\[\[}}1.000000e+00], [2.000000e+00]]> {{.*}} loc(fused["q.weight", "scale"])
  // CHECK-DAG: %[[B:.*]] = deit.constant dense<[3.000000e+00, 4.000000e+00]> {{.*}} loc(fused["q.bias", "scale"])
  // CHECK: %[[Q:.*]] = deit.linear %{{.*}}, %[[W]] bias %[[B]] {{.*}} loc(fused["q", "scale"])
  // CHECK: %[[H:.*]] = deit.split_heads %[[Q]] {{.*}} loc("heads")
  // CHECK-NEXT: return %[[H]]
  %0 = deit.linear %x, %w bias %b
    : (tensor<1x1x1xf32>, tensor<2x1xf32>, tensor<2xf32>) -> tensor<1x1x2xf32>
    loc("q")
  %1 = deit.split_heads %0 : tensor<1x1x2xf32> -> tensor<1x2x1x1xf32>
    loc("heads")
  %2 = deit.scale %1 {factor = 0.125 : f64}
    : tensor<1x2x1x1xf32> -> tensor<1x2x1x1xf32> loc("scale")
  return %2 : tensor<1x2x1x1xf32>
}

// -----

// CHECK-LABEL: func @direct
func.func @direct(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = deit.constant dense<[[8.0]]> : tensor<1x1xf32> -> tensor<1x1xf32>
  // CHECK: deit.constant dense<2.000000e+00>
  // CHECK-NOT: deit.scale
  %0 = deit.linear %x, %w
    : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %1 = deit.scale %0 {factor = 0.25 : f64} : tensor<1x1xf32> -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}

// -----

// CHECK-LABEL: func @shared
func.func @shared(%x: tensor<1x1x1xf32>) -> tensor<1x1x1x1xf32> {
  %w = deit.constant dense<[[1.0], [2.0], [3.0]]>
    : tensor<3x1xf32> -> tensor<3x1xf32>
  %0 = deit.linear %x, %w
    : (tensor<1x1x1xf32>, tensor<3x1xf32>) -> tensor<1x1x3xf32>
  %q, %k, %v = deit.split_qkv %0 : tensor<1x1x3xf32>
    -> tensor<1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>
  %1 = deit.split_heads %q : tensor<1x1x1xf32> -> tensor<1x1x1x1xf32>
  // expected-remark @below {{share a linear layer; run deit-split-qkv first}}
  %2 = deit.scale %1 {factor = 0.125 : f64}
    : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  return %2 : tensor<1x1x1x1xf32>
}

// -----

func.func @two_users(%x: tensor<1x1x1xf32>)
    -> (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) {
  %w = deit.constant dense<[[1.0]]> : tensor<1x1xf32> -> tensor<1x1xf32>
  %0 = deit.linear %x, %w
    : (tensor<1x1x1xf32>, tensor<1x1xf32>) -> tensor<1x1x1xf32>
  %1 = deit.split_heads %0 : tensor<1x1x1xf32> -> tensor<1x1x1x1xf32>
  // expected-remark @unknown {{not folded at scale: the operand has several uses}}
  %2 = deit.scale %1 {factor = 0.125 : f64}
    : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32> loc("scale")
  return %1, %2 : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>
}
