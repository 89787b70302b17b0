// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// REQUIRES: torch
// RUN: %python %S/Inputs/make-cifar.py %t.bin 5
// RUN: deit-opt %s -deit-calibrate="data=%t.bin samples=4 observer=minmax gelu-range=observer" \
// RUN:   | FileCheck %s --check-prefixes=CHECK,MINMAX
// RUN: deit-opt %s -deit-calibrate="data=%t.bin samples=4 observer=percentile percentile=80 gelu-range=observer" \
// RUN:   | FileCheck %s --check-prefixes=CHECK,PERCENTILE
// RUN: deit-opt %s -deit-calibrate="data=%t.bin samples=4" \
// RUN:   | FileCheck %s --check-prefixes=CHECK,MSE

// Four images of 0, 10, 20 and 30; a patch has 768 pixels.
// CHECK-LABEL: func @model
func.func @model(%image: tensor<1x32x32x3xui8>) -> tensor<1x2xf32> {
  %w = deit.constant dense<0.00390625> : tensor<1x16x16x3xf32>
    -> tensor<1x16x16x3xf32>
  %b = deit.constant dense<[-31.0]> : tensor<1xf32> -> tensor<1xf32>
  %two = deit.constant dense<[[2.0]]> : tensor<1x1xf32> -> tensor<1x1xf32>
  %twenty = deit.constant dense<[[20.0]]> : tensor<1x1xf32> -> tensor<1x1xf32>
  %offset = deit.constant dense<[-1000.0]> : tensor<1xf32> -> tensor<1xf32>
  %pos = deit.constant dense<0.0> : tensor<1x4x1xf32> -> tensor<1x4x1xf32>
  %head = deit.constant dense<[[1.0], [-1.0]]>
    : tensor<2x1xf32> -> tensor<2x1xf32>
  // 3 * pixel - 31. The stream gets everything, whatever the observer.
  // CHECK: deit.patch_embed {{.*}} {deit.channel_mean = array<f32: 1.400000e+01>, deit.range = array<f64: -3.100000e+01, 5.900000e+01>, deit.range_method = "minmax"}
  %x = deit.patch_embed %image, %w, %b
    : (tensor<1x32x32x3xui8>, tensor<1x16x16x3xf32>, tensor<1xf32>)
    -> tensor<1x4x1xf32>
  // CHECK: deit.add {{.*}} {deit.range = array<f64: -3.100000e+01, 5.900000e+01>, deit.range_method = "minmax"}
  %y = deit.add %x, %pos
    : (tensor<1x4x1xf32>, tensor<1x4x1xf32>) -> tensor<1x4x1xf32>
  // Queries: the range is mirrored when quantized, and searched so.
  // MINMAX: deit.linear {{.*}} {deit.channel_mean = array<f32: 2.800000e+01>, deit.range = array<f64: -6.200000e+01, 1.180000e+02>, deit.range_method = "minmax"}
  // MSE: deit.linear {{.*}} deit.range = array<f64: -[[HIGH:[0-9.e+]*]], [[HIGH]]>, deit.range_method = "mse"}
  %q = deit.linear %y, %two
    : (tensor<1x4x1xf32>, tensor<1x1xf32>) -> tensor<1x4x1xf32>
  %heads = deit.split_heads %q : tensor<1x4x1xf32> -> tensor<1x1x4x1xf32>
  %s = deit.matmul %heads, %heads {transpose_rhs}
    : (tensor<1x1x4x1xf32>, tensor<1x1x4x1xf32>) -> tensor<1x1x4x4xf32>
  // PERCENTILE: deit.linear {{.*}} deit.range = array<f64: -1619.{{.*}}, 179.{{.*}}>, deit.range_method = "percentile"}
  // GELU's operand is -1620, -1020, -420 and 180: its negative tail needs no
  // codes.
  // MINMAX: deit.linear {{.*}} deit.range = array<f64: -1.620000e+03, 1.800000e+02>, deit.range_method = "minmax"}
  // MSE: deit.linear {{.*}} deit.range = array<f64: -{{1[0-5][0-9]+\.[0-9]*|[0-9]+\.[0-9]*}}, 1.8{{.*}}>, deit.range_method = "gelu-output"}
  %fc1 = deit.linear %y, %twenty bias %offset
    : (tensor<1x4x1xf32>, tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x4x1xf32>
  // MINMAX: deit.gelu {{.*}} {deit.range = array<f64: 0.000000e+00, 1.800000e+02>, deit.range_method = "minmax"}
  %a = deit.gelu %fc1 : tensor<1x4x1xf32> -> tensor<1x4x1xf32>
  %c = deit.select_token %a {index = 0 : i64}
    : tensor<1x4x1xf32> -> tensor<1x1xf32>
  // The mean is over images where there are no tokens.
  // CHECK: deit.linear {{.*}} {deit.channel_mean = array<f32: 4.500000e+01, -4.500000e+01>
  %z = deit.linear %c, %head
    : (tensor<1x1xf32>, tensor<2x1xf32>) -> tensor<1x2xf32>
  return %z : tensor<1x2xf32>
}
