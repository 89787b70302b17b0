// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -deit-fold-normalize -split-input-file -verify-diagnostics \
// RUN:   -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s

// w' = w / (255 * 0.5), b' = b - sum(w * 0.25 / 0.5).
// CHECK-LABEL: func @fold
// CHECK-SAME: %[[IMAGE:.*]]: tensor<1x1x1x3xui8>
func.func @fold(%image: tensor<1x1x1x3xui8>) -> tensor<1x1x1xf32> {
  %w = deit.constant dense<[[[[127.5, 255.0, 0.0]]]]>
    : tensor<1x1x1x3xf32> -> tensor<1x1x1x3xf32> loc("patch.weight")
  %b = deit.constant dense<[200.0]> : tensor<1xf32> -> tensor<1xf32>
    loc("patch.bias")
  // CHECK-NOT: deit.normalize
  %0 = deit.normalize %image {mean = array<f32: 0.25, 0.25, 0.25>,
                              std = array<f32: 0.5, 0.5, 0.5>}
    : tensor<1x1x1x3xui8> -> tensor<1x1x1x3xf32> loc("normalize")
  // CHECK-DAG: %[[W:.*]] = deit.constant dense<{{\[\[\[\[}}1.000000e+00, 2.000000e+00, 0.000000e+00{{\]\]\]\]}}> {{.*}} loc(fused["patch.weight", "normalize"])
  // CHECK-DAG: %[[B:.*]] = deit.constant dense<8.750000e+00> {{.*}} loc(fused["patch.bias", "normalize"])
  // CHECK: deit.patch_embed %[[IMAGE]], %[[W]], %[[B]] {{.*}} loc(fused["patch", "normalize"])
  %1 = deit.patch_embed %0, %w, %b
    : (tensor<1x1x1x3xf32>, tensor<1x1x1x3xf32>, tensor<1xf32>)
    -> tensor<1x1x1xf32> loc("patch")
  return %1 : tensor<1x1x1xf32>
}

// -----

// Each colour has its own mean and deviation.
// CHECK-LABEL: func @colours
func.func @colours(%image: tensor<1x1x2x3xui8>) -> tensor<1x2x1xf32> {
  %w = deit.constant dense<[[[[255.0, 255.0, 255.0]]]]>
    : tensor<1x1x1x3xf32> -> tensor<1x1x1x3xf32>
  %b = deit.constant dense<[0.0]> : tensor<1xf32> -> tensor<1xf32>
  %0 = deit.normalize %image {mean = array<f32: 0.0, 1.0, 2.0>,
                              std = array<f32: 1.0, 0.5, 0.25>}
    : tensor<1x1x2x3xui8> -> tensor<1x1x2x3xf32>
  // CHECK-DAG: dense<{{.*}}1.000000e+00, 2.000000e+00, 4.000000e+00
  // CHECK-DAG: dense<-2.550000e+03>
  %1 = deit.patch_embed %0, %w, %b
    : (tensor<1x1x2x3xf32>, tensor<1x1x1x3xf32>, tensor<1xf32>)
    -> tensor<1x2x1xf32>
  return %1 : tensor<1x2x1xf32>
}

// -----

func.func @no_constant(%image: tensor<1x1x1x3xui8>, %w: tensor<1x1x1x3xf32>,
                       %b: tensor<1xf32>) -> tensor<1x1x1xf32> {
  // expected-remark @unknown {{not folded at pixels: the patch embedding's weight is not a float constant}}
  %0 = deit.normalize %image {mean = array<f32: 0.0, 0.0, 0.0>,
                              std = array<f32: 1.0, 1.0, 1.0>}
    : tensor<1x1x1x3xui8> -> tensor<1x1x1x3xf32> loc("pixels")
  %1 = deit.patch_embed %0, %w, %b
    : (tensor<1x1x1x3xf32>, tensor<1x1x1x3xf32>, tensor<1xf32>)
    -> tensor<1x1x1xf32>
  return %1 : tensor<1x1x1xf32>
}

// -----

func.func @other_user(%image: tensor<1x1x1x3xui8>) -> tensor<1x1x1x3xf32> {
  // expected-remark @below {{a user is not a patch embedding}}
  %0 = deit.normalize %image {mean = array<f32: 0.0, 0.0, 0.0>,
                              std = array<f32: 1.0, 1.0, 1.0>}
    : tensor<1x1x1x3xui8> -> tensor<1x1x1x3xf32>
  return %0 : tensor<1x1x1x3xf32>
}
