// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -deit-fold-batch-norm -split-input-file \
// RUN:   -verify-diagnostics -mlir-print-debuginfo -mlir-print-local-scope \
// RUN:   | FileCheck %s

// f = gamma / sqrt(variance + epsilon) = [2 / 0.5, 3 / 2] = [4, 1.5]
// CHECK-LABEL: func @fold
func.func @fold(%x: tensor<1x1x1x1xf32>) -> tensor<1x1x1x2xf32> {
  %w = deit.constant dense<[[[[1.0]]], [[[2.0]]]]>
    : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32> loc("conv.weight")
  %b = deit.constant dense<[5.0, 6.0]> : tensor<2xf32> -> tensor<2xf32>
    loc("conv.bias")
  %gamma = deit.constant dense<[2.0, 3.0]> : tensor<2xf32> -> tensor<2xf32>
  %beta = deit.constant dense<[0.5, 0.25]> : tensor<2xf32> -> tensor<2xf32>
  %mean = deit.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %var = deit.constant dense<[0.0, 3.75]> : tensor<2xf32> -> tensor<2xf32>
  // CHECK-DAG: %[[W:.*]] = deit.constant dense<{{\[\[\[\[}}4.000000e+00]]], {{\[\[\[}}3.000000e+00]]]]> {{.*}} loc(fused["conv.weight", "bn"])
  // CHECK-DAG: %[[B:.*]] = deit.constant dense<[1.650000e+01, 6.250000e+00]> {{.*}} loc(fused["conv.bias", "bn"])
  // CHECK: %[[Y:.*]] = deit.conv2d %{{.*}}, %[[W]] bias %[[B]] {{.*}} loc(fused["conv", "bn"])
  // CHECK-NEXT: return %[[Y]]
  %0 = deit.conv2d %x, %w bias %b
    {strides = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>,
     groups = 1 : i64}
    : (tensor<1x1x1x1xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>)
    -> tensor<1x1x1x2xf32> loc("conv")
  %1 = deit.batch_norm %0, %gamma, %beta, %mean, %var {epsilon = 0.25 : f64}
    : (tensor<1x1x1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>,
       tensor<2xf32>) -> tensor<1x1x1x2xf32> loc("bn")
  return %1 : tensor<1x1x1x2xf32>
}

// -----

// Without a bias there is one afterwards: (0 - 2) * 3 + 1 = -5.
// CHECK-LABEL: func @no_bias
func.func @no_bias(%x: tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32> {
  %w = deit.constant dense<2.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %gamma = deit.constant dense<3.0> : tensor<1xf32> -> tensor<1xf32>
  %one = deit.constant dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %two = deit.constant dense<2.0> : tensor<1xf32> -> tensor<1xf32>
  // CHECK-DAG: %[[W:.*]] = deit.constant dense<6.000000e+00>
  // CHECK-DAG: %[[B:.*]] = deit.constant dense<-5.000000e+00> : tensor<1xf32> -> tensor<1xf32> loc("conv.bias")
  // CHECK: deit.conv2d %{{.*}}, %[[W]] bias %[[B]]
  // CHECK-NOT: deit.batch_norm
  %0 = deit.conv2d %x, %w
    {strides = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>,
     groups = 1 : i64}
    : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
    loc("conv")
  %1 = deit.batch_norm %0, %gamma, %one, %two, %one {epsilon = 0.0 : f64}
    : (tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
       tensor<1xf32>) -> tensor<1x1x1x1xf32>
  return %1 : tensor<1x1x1x1xf32>
}

// -----

// CHECK-LABEL: func @two_users
func.func @two_users(%x: tensor<1x1x1x1xf32>)
    -> (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) {
  %w = deit.constant dense<2.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %one = deit.constant dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  // CHECK: deit.batch_norm
  %0 = deit.conv2d %x, %w
    {strides = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>,
     groups = 1 : i64}
    : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  // expected-remark @below {{not folded at ?: the convolution's result has several uses}}
  %1 = deit.batch_norm %0, %one, %one, %one, %one {epsilon = 0.0 : f64}
    : (tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
       tensor<1xf32>) -> tensor<1x1x1x1xf32>
  return %0, %1 : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>
}
