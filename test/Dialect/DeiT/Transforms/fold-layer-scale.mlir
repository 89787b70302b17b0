// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -deit-fold-layer-scale -split-input-file \
// RUN:   -verify-diagnostics -mlir-print-debuginfo -mlir-print-local-scope \
// RUN:   | FileCheck %s

// CHECK-LABEL: func @fold
func.func @fold(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = deit.constant dense<[[1.0, 2.0], [3.0, 4.0]]>
    : tensor<2x2xf32> -> tensor<2x2xf32> loc("proj.weight")
  %b = deit.constant dense<[5.0, 6.0]> : tensor<2xf32> -> tensor<2xf32>
    loc("proj.bias")
  %g = deit.constant dense<[10.0, 100.0]> : tensor<2xf32> -> tensor<2xf32>
    loc("ls1.gamma")
  // CHECK-DAG: %[[W:.*]] = deit.constant dense<{{\[\[}}1.000000e+01, 2.000000e+01], [3.000000e+02, 4.000000e+02]]> {{.*}} loc(fused["proj.weight", "ls1"])
  // CHECK-DAG: %[[B:.*]] = deit.constant dense<[5.000000e+01, 6.000000e+02]> {{.*}} loc(fused["proj.bias", "ls1"])
  // CHECK: %[[Y:.*]] = deit.linear %{{.*}}, %[[W]] bias %[[B]] {{.*}} loc(fused["proj", "ls1"])
  // CHECK-NEXT: return %[[Y]]
  %0 = deit.linear %x, %w bias %b
    : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
    loc("proj")
  %1 = deit.layer_scale %0, %g
    : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32> loc("ls1")
  return %1 : tensor<1x2xf32>
}

// -----

// CHECK-LABEL: func @no_bias
func.func @no_bias(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = deit.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32> -> tensor<1x2xf32>
  %g = deit.constant dense<[10.0]> : tensor<1xf32> -> tensor<1xf32>
  // CHECK: %[[W:.*]] = deit.constant dense<{{\[\[}}1.000000e+01, 2.000000e+01]]>
  // CHECK: deit.linear %{{.*}}, %[[W]] :
  %0 = deit.linear %x, %w
    : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  %1 = deit.layer_scale %0, %g
    : (tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}

// -----

// CHECK-LABEL: func @two_users
func.func @two_users(%x: tensor<1x1xf32>) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  %w = deit.constant dense<[[1.0]]> : tensor<1x1xf32> -> tensor<1x1xf32>
  %g = deit.constant dense<[10.0]> : tensor<1xf32> -> tensor<1xf32>
  %0 = deit.linear %x, %w
    : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  // CHECK: deit.layer_scale
  // expected-remark @unknown {{not folded at ls1: the linear layer's result has several uses}}
  %1 = deit.layer_scale %0, %g
    : (tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x1xf32> loc("ls1")
  return %0, %1 : tensor<1x1xf32>, tensor<1x1xf32>
}

// -----

func.func @no_linear(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %g = deit.constant dense<[10.0]> : tensor<1xf32> -> tensor<1xf32>
  // expected-remark @below {{the operand is not a linear layer's result}}
  %0 = deit.layer_scale %x, %g
    : (tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// -----

func.func @gamma(%x: tensor<1x1xf32>, %g: tensor<1xf32>) -> tensor<1x1xf32> {
  %w = deit.constant dense<[[1.0]]> : tensor<1x1xf32> -> tensor<1x1xf32>
  %0 = deit.linear %x, %w
    : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  // expected-remark @below {{gamma is not a float constant}}
  %1 = deit.layer_scale %0, %g
    : (tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}

// -----

func.func @weight(%x: tensor<1x1xf32>, %w: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %g = deit.constant dense<[10.0]> : tensor<1xf32> -> tensor<1xf32>
  %0 = deit.linear %x, %w
    : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  // expected-remark @below {{the linear layer's weight is not a float constant}}
  %1 = deit.layer_scale %0, %g
    : (tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}

// -----

func.func @bias(%x: tensor<1x1xf32>, %b: tensor<1xf32>) -> tensor<1x1xf32> {
  %w = deit.constant dense<[[1.0]]> : tensor<1x1xf32> -> tensor<1x1xf32>
  %g = deit.constant dense<[10.0]> : tensor<1xf32> -> tensor<1xf32>
  %0 = deit.linear %x, %w bias %b
    : (tensor<1x1xf32>, tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  // expected-remark @below {{the linear layer's bias is not a float constant}}
  %1 = deit.layer_scale %0, %g
    : (tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}

// -----

// A constant whose bytes were elided is an error, not a remark.
func.func @elided(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  // expected-error @below {{resource 'gone' is missing from the file}}
  %w = deit.constant dense_resource<gone> : tensor<1x1xf32> -> tensor<1x1xf32>
  %g = deit.constant dense<[10.0]> : tensor<1xf32> -> tensor<1xf32>
  %0 = deit.linear %x, %w
    : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %1 = deit.layer_scale %0, %g
    : (tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}
