// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -deit-quantize | FileCheck %s --check-prefix=MINMAX
// RUN: deit-opt %s -deit-quantize=weight-range=mse \
// RUN:   | FileCheck %s --check-prefix=MSE

// Cutting 1 % of the largest weight off serves the twelve others.
func.func @range(%image: tensor<1x1x4x3xui8>) -> tensor<1x1x1xf32> {
  // MINMAX: deit.constant dense<{{.*}}127, 60, 60{{.*}}f32, 1.000000e+00>>
  // MSE: deit.constant dense<{{.*}}127, 61, 61{{.*}}f32, 0.98999999999999999>>
  %w = deit.constant dense<[[[[127.0, 60.49, 60.49], [60.49, 60.49, 60.49],
                              [60.49, 60.49, 60.49], [60.49, 60.49, 60.49]]]]>
    : tensor<1x1x4x3xf32> -> tensor<1x1x4x3xf32>
  %b = deit.constant dense<[0.0]> : tensor<1xf32> -> tensor<1xf32>
  %0 = deit.patch_embed %image, %w, %b {deit.range = array<f64: -1.0, 1.0>}
    : (tensor<1x1x4x3xui8>, tensor<1x1x4x3xf32>, tensor<1xf32>)
    -> tensor<1x1x1xf32>
  return %0 : tensor<1x1x1xf32>
}
