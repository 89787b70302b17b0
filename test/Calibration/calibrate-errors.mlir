// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// REQUIRES: torch
// RUN: %python %S/Inputs/make-cifar.py %t.bin 3
// RUN: not deit-opt %s -deit-calibrate="data=%t.bin samples=4" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=FEWER
// RUN: not deit-opt %s -deit-calibrate="data=%t.none samples=4" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=MISSING
// RUN: not deit-opt %s -deit-calibrate="data=%s samples=1" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=FORMAT
// RUN: not deit-opt %s -deit-calibrate 2>&1 \
// RUN:   | FileCheck %s --check-prefix=OPTION
// RUN: not deit-opt %s -deit-calibrate="data=%t.bin samples=0" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=OPTION
// RUN: not deit-opt %s \
// RUN:   -deit-calibrate="data=%t.bin samples=1 percentile=40" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=PERCENTILE
// RUN: not deit-opt %s \
// RUN:   -deit-calibrate="data=%t.bin samples=1 search-samples=0" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=SEARCH
// RUN: not deit-opt %s -deit-calibrate="data=%t.bin samples=3" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=FINITE
// RUN: not deit-opt %s -deit-correct-bias="data=%t.bin samples=3" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=MEANS

// FEWER: deit-calibrate: {{.*}}.bin holds 3 images, fewer than the 4 asked for
// MISSING: deit-calibrate: cannot open {{.*}}.none
// FORMAT: deit-calibrate: {{.*}}calibrate-errors.mlir is {{.*}} bytes: not a whole number of
// OPTION: deit-calibrate: expected a CIFAR file and at least one image; set data=FILE and samples=N
// PERCENTILE: deit-calibrate: expected a percentile above 50 and at most 100, found 40
// SEARCH: deit-calibrate: expected search-samples of at least 1, found 0
// FINITE: deit-calibrate: the activations of 'blocks.0.norm1' are not all finite
// MEANS: deit-correct-bias: no layer has 'deit.channel_mean'; run deit-calibrate and deit-quantize first
func.func @model(%image: tensor<1x32x32x3xui8>) -> tensor<1x2xf32> {
  %w = deit.constant dense<1.0> : tensor<2x16x16x3xf32>
    -> tensor<2x16x16x3xf32>
  %b = deit.constant dense<0.0> : tensor<2xf32> -> tensor<2xf32>
  %nan = deit.constant dense<[1.0, 0x7FC00000]> : tensor<2xf32> -> tensor<2xf32>
  %x = deit.patch_embed %image, %w, %b
    : (tensor<1x32x32x3xui8>, tensor<2x16x16x3xf32>, tensor<2xf32>)
    -> tensor<1x4x2xf32>
  %n = deit.layer_norm %x, %nan, %b {epsilon = 1.0e-6 : f64}
    : (tensor<1x4x2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x4x2xf32>
    loc("blocks.0.norm1")
  %c = deit.select_token %n {index = 0 : i64}
    : tensor<1x4x2xf32> -> tensor<1x2xf32>
  return %c : tensor<1x2xf32>
}
