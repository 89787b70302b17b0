// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// REQUIRES: torch
// RUN: %python %S/Inputs/make-cifar.py %t.bin 4
// RUN: deit-opt %s -deit-correct-bias="data=%t.bin samples=4" \
// RUN:   -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s

!w = !quant.uniform<i8<-127:127>:f32, 0.00390625>
!one = !quant.uniform<i8<-127:127>:f32, 1.0>
!s16 = !quant.uniform<i16<-32767:32767>:f32, 1.0>
!s32 = !quant.uniform<i32:f32, 1.0>

// CHECK-LABEL: func @model
func.func @model(%image: tensor<1x32x32x3xui8>) -> tensor<1x2x!s32> {
  %w = deit.constant dense<1> : tensor<1x16x16x3xi8> -> tensor<1x16x16x3x!w>
  // CHECK-NOT: dense<1.000000e+00>
  %b = deit.constant dense<[1.0]> : tensor<1xf32> -> tensor<1xf32>
    loc("patch_embed.bias")
  %two = deit.constant dense<[[2], [-2]]> : tensor<2x1xi8> -> tensor<2x1x!one>
  // The result is 1, 31, 61 and 91, its mean 46, the float model's 50.
  // CHECK: %[[B:.*]] = deit.constant dense<5.000000e+00> : tensor<1xf32> -> tensor<1xf32> loc("patch_embed.bias")
  // CHECK-NEXT: deit.patch_embed %{{.*}}, %{{.*}}, %[[B]] :
  %x = deit.patch_embed %image, %w, %b {deit.channel_mean = array<f32: 50.0>}
    : (tensor<1x32x32x3xui8>, tensor<1x16x16x3x!w>, tensor<1xf32>)
    -> tensor<1x4x1x!s16>
  %c = deit.select_token %x {index = 0 : i64}
    : tensor<1x4x1x!s16> -> tensor<1x1x!s16>
  // Means of 100 and -100, with the layer before corrected, not 92 and -92.
  // CHECK: %[[C:.*]] = deit.constant dense<[-1.000000e+01, 7.000000e+00]> : tensor<2xf32> -> tensor<2xf32> loc("head.bias")
  // CHECK-NEXT: deit.linear %{{.*}}, %{{.*}} bias %[[C]] :
  %z = deit.linear %c, %two {deit.channel_mean = array<f32: 90.0, -93.0>}
    : (tensor<1x1x!s16>, tensor<2x1x!one>) -> tensor<1x2x!s32> loc("head")
  return %z : tensor<1x2x!s32>
}
