// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -split-input-file -convert-fxp-to-loops=target=x86-64-v3 | FileCheck %s

// Two layers of one shape share a function; what they differ in are the
// parameters of their steps: input, weight, bias, multiplier, result,
// pre-shift, shift, zero point, low, high.

// CHECK-LABEL: func.func @patches_1x1_1x1
// CHECK: func.func @gemm_1x3x3_s8(
// CHECK-NOT: func.func @gemm_1x3x3_s8
// CHECK: func.func @gemm_1x3x3_s32(
// CHECK: fxp.program @deit_program
// CHECK-SAME: classes = 3
// CHECK-SAME: features = 3
// CHECK-SAME: image_height = 1 : i64, image_width = 1 : i64, logit_scale = 2.500000e-01 : f64, logits_offset = [[LOGITS:[0-9]+]] : i64
// CHECK-SAME: target = "x86-64-v3"

// The container holds the constants in order of first use.

// CHECK-NEXT: fxp.constant dense<1> : tensor<3x3xi8>
// CHECK-NEXT: fxp.constant dense<5> : tensor<3xi32>
// CHECK-NEXT: fxp.constant dense<7> : tensor<3xi32>

// Multipliers are packed once, whoever reads them; a weight once a layer, as
// the operand's sign goes into its bias.

// CHECK-NEXT: fxp.pack_rows {destination = [[MULTIPLIER:[0-9]+]] : i64, flip = 0 : i64, source = 2 : i64, stride = 64 : i64}
// CHECK-NEXT: fxp.pack_gemm {activation_offset = 0 : i64, bias = 1 : i64, bias_destination = [[BIAS:[0-9]+]] : i64, block = 16 : i64, destination = [[WEIGHT:[0-9]+]] : i64, group = 2 : i64, padded_k = 4 : i64, padded_n = 16 : i64, source = 0 : i64, width = 2 : i64}
// CHECK-NEXT: fxp.pack_gemm {activation_offset = 0 : i64, bias = 1 : i64, bias_destination = [[BIAS2:[0-9]+]] : i64, {{.*}} destination = [[WEIGHT2:[0-9]+]]
// CHECK-NEXT: fxp.pack_gemm

// Each step reads what the one before wrote.

// CHECK-NEXT: fxp.step @patches_1x1_1x1 {{.*}} parameters = array<i64: [[PATCHES:[0-9]+]]>
// CHECK-NEXT: fxp.step @gemm_1x3x3_s8 {items = 1 : i64, kind = "gemm", macs = 9 : i64, parameters = array<i64: [[PATCHES]], [[WEIGHT]], [[BIAS]], [[MULTIPLIER]], [[FIRST:[0-9]+]], 0, 8, 128, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0>}
// CHECK-NEXT: fxp.step @gemm_1x3x3_s8 {items = 1 : i64, kind = "gemm", macs = 9 : i64, parameters = array<i64: [[FIRST]], [[WEIGHT2]], [[BIAS2]], [[MULTIPLIER]], [[SECOND:[0-9]+]], 0, 9, 64, 10, 250, 0, 0, 0, 0, 0, 0, 0, 0>}
// CHECK-NEXT: fxp.step @gemm_1x3x3_s32 {{.*}} parameters = array<i64: [[SECOND]], {{.*}}, [[MULTIPLIER]], [[LOGITS]], 0, 8, 0, -99, 99, 0

func.func @forward(%image: tensor<1x1x1x3xui8>) -> tensor<1x1x3xi32>
    attributes {fxp.logit_scale = 0.25 : f64} {
  %0 = fxp.kernel "patches" -> tensor<1x1x3xui8> {
    %p = fxp.patches %image {height = 1 : i64, width = 1 : i64}
      : tensor<1x1x1x3xui8> -> tensor<1x1x3xui8>
    fxp.yield %p : tensor<1x1x3xui8>
  }
  %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
  %b = fxp.constant dense<5> : tensor<3xi32> -> tensor<3xi32>
  %m = fxp.constant dense<7> : tensor<3xi32> -> tensor<3xi32>
  %1 = fxp.kernel "gemm" -> tensor<1x1x3xui8> {
    %y = fxp.linear %0, %w, %b
      : (tensor<1x1x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    %r = fxp.requantize %y, %m {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
      : (tensor<1x1x3xi32>, tensor<3xi32>) -> tensor<1x1x3xui8>
    fxp.yield %r : tensor<1x1x3xui8>
  }
  %2 = fxp.kernel "gemm" -> tensor<1x1x3xui8> {
    %y = fxp.linear %1, %w, %b
      : (tensor<1x1x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    %r = fxp.requantize %y, %m {pre_shift = 0 : i64, shift = 9 : i64,
        zero_point = 64 : i64, low = 10 : i64, high = 250 : i64}
      : (tensor<1x1x3xi32>, tensor<3xi32>) -> tensor<1x1x3xui8>
    fxp.yield %r : tensor<1x1x3xui8>
  }
  %3 = fxp.kernel "gemm" -> tensor<1x1x3xi32> {
    %y = fxp.linear %2, %w, %b
      : (tensor<1x1x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    %r = fxp.requantize %y, %m {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -99 : i64, high = 99 : i64}
      : (tensor<1x1x3xi32>, tensor<3xi32>) -> tensor<1x1x3xi32>
    fxp.yield %r : tensor<1x1x3xi32>
  }
  return %3 : tensor<1x1x3xi32>
}

// -----

// The embedding: position added, the class token copied to the row before. The
// MLP: a table after the first layer, the stream added after the second.

// CHECK-LABEL: func.func @patches_1x2_1x1
// CHECK: func.func @copy_rows_1x128_0_384_packed
// CHECK: func.func @gemm_2x3x3_s16_preshift_position
// CHECK: func.func @layer_norm_3x3
// CHECK: func.func @gemm_3x3x3_s8_lookup
// CHECK: func.func @gemm_3x3x3_s16_residual
// CHECK: func.func @gemm_3x3x3_s32
// CHECK-DAG: fxp.pack_rows {destination = [[POSITION:[0-9]+]] : i64, flip = 0 : i64, source = 3 : i64, stride = 128 : i64}
// CHECK-DAG: fxp.pack_rows {destination = [[TOKEN:[0-9]+]] : i64, flip = 0 : i64, source = 4 : i64, stride = 128 : i64}
// CHECK-DAG: fxp.pack_rows {destination = [[TABLE:[0-9]+]] : i64, flip = 0 : i64, source = 6 : i64, stride = 256 : i64}
// CHECK: fxp.step @copy_rows_1x128_0_384_packed {items = 1 : i64, kind = "copy", macs = 0 : i64, parameters = array<i64: [[TOKEN]], [[#STREAM:]]>}
// CHECK-NEXT: fxp.step @gemm_2x3x3_s16_preshift_position {items = 1 : i64, kind = "gemm", macs = 18 : i64, parameters = array<i64: {{[0-9]+}}, {{[0-9]+}}, {{[0-9]+}}, {{[0-9]+}}, [[#STREAM+128]], 2, 8, 0, -900, 900, 0, [[POSITION]], 77, 3, 11, 0, -800, 800>}
// CHECK-NEXT: fxp.step @layer_norm_3x3 {{.*}} parameters = array<i64: [[#STREAM]],
// CHECK-NEXT: fxp.step @gemm_3x3x3_s8_lookup {{.*}}, 128, 0, 255, [[TABLE]], 0, 0, 0, 0, 0, 0, 0>}
// CHECK-NEXT: fxp.step @gemm_3x3x3_s16_residual {{.*}}, 0, 8, 0, -900, 900, 0, [[#STREAM]], 88, 4, 12, 0, -700, 700>}

func.func @forward(%image: tensor<1x1x2x3xui8>) -> tensor<1x3x3xi32>
    attributes {fxp.logit_scale = 0.25 : f64} {
  %0 = fxp.kernel "patches" -> tensor<1x2x3xui8> {
    %p = fxp.patches %image {height = 1 : i64, width = 1 : i64}
      : tensor<1x1x2x3xui8> -> tensor<1x2x3xui8>
    fxp.yield %p : tensor<1x2x3xui8>
  }
  %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
  %b = fxp.constant dense<5> : tensor<3xi32> -> tensor<3xi32>
  %m = fxp.constant dense<7> : tensor<3xi32> -> tensor<3xi32>
  %position = fxp.constant dense<8> : tensor<1x2x3xi16> -> tensor<1x2x3xi16>
  %token = fxp.constant dense<9> : tensor<1x3xi16> -> tensor<1x3xi16>
  %gamma = fxp.constant dense<10> : tensor<3xi32> -> tensor<3xi32>
  %table = fxp.constant dense<11> : tensor<256xi8> -> tensor<256xui8>
  %1 = fxp.kernel "gemm" -> tensor<1x3x3xi16> {
    %y = fxp.linear %0, %w, %b
      : (tensor<1x2x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x2x3xi32>
    %r = fxp.requantize %y, %m {pre_shift = 2 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -900 : i64, high = 900 : i64}
      : (tensor<1x2x3xi32>, tensor<3xi32>) -> tensor<1x2x3xi16>
    %a = fxp.add %r, %position {multiplier = 77 : i64, pre_shift = 3 : i64,
        shift = 11 : i64, low = -800 : i64, high = 800 : i64}
      : (tensor<1x2x3xi16>, tensor<1x2x3xi16>) -> tensor<1x2x3xi16>
    %t = fxp.prepend_token %a, %token
      : (tensor<1x2x3xi16>, tensor<1x3xi16>) -> tensor<1x3x3xi16>
    fxp.yield %t : tensor<1x3x3xi16>
  }
  %2 = fxp.kernel "layer_norm" -> tensor<1x3x3xui8> {
    %y = fxp.layer_norm %1, %gamma, %gamma {epsilon = 64 : i64,
        shift = 14 : i64, zero_point = 128 : i64, low = 0 : i64,
        high = 255 : i64}
      : (tensor<1x3x3xi16>, tensor<3xi32>, tensor<3xi32>) -> tensor<1x3x3xui8>
    fxp.yield %y : tensor<1x3x3xui8>
  }
  %3 = fxp.kernel "gemm" -> tensor<1x3x3xui8> {
    %y = fxp.linear %2, %w, %b
      : (tensor<1x3x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x3x3xi32>
    %r = fxp.requantize %y, %m {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
      : (tensor<1x3x3xi32>, tensor<3xi32>) -> tensor<1x3x3xui8>
    %l = fxp.lookup %r in %table
      : (tensor<1x3x3xui8>, tensor<256xui8>) -> tensor<1x3x3xui8>
    fxp.yield %l : tensor<1x3x3xui8>
  }
  %4 = fxp.kernel "gemm" -> tensor<1x3x3xi16> {
    %y = fxp.linear %3, %w, %b
      : (tensor<1x3x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x3x3xi32>
    %r = fxp.requantize %y, %m {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -900 : i64, high = 900 : i64}
      : (tensor<1x3x3xi32>, tensor<3xi32>) -> tensor<1x3x3xi16>
    %a = fxp.add %1, %r {multiplier = 88 : i64, pre_shift = 4 : i64,
        shift = 12 : i64, low = -700 : i64, high = 700 : i64}
      : (tensor<1x3x3xi16>, tensor<1x3x3xi16>) -> tensor<1x3x3xi16>
    fxp.yield %a : tensor<1x3x3xi16>
  }
  %5 = fxp.kernel "layer_norm" -> tensor<1x3x3xui8> {
    %y = fxp.layer_norm %4, %gamma, %gamma {epsilon = 64 : i64,
        shift = 14 : i64, zero_point = 128 : i64, low = 0 : i64,
        high = 255 : i64}
      : (tensor<1x3x3xi16>, tensor<3xi32>, tensor<3xi32>) -> tensor<1x3x3xui8>
    fxp.yield %y : tensor<1x3x3xui8>
  }
  %6 = fxp.kernel "gemm" -> tensor<1x3x3xi32> {
    %y = fxp.linear %5, %w, %b
      : (tensor<1x3x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x3x3xi32>
    %r = fxp.requantize %y, %m {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -99 : i64, high = 99 : i64}
      : (tensor<1x3x3xi32>, tensor<3xi32>) -> tensor<1x3x3xi32>
    fxp.yield %r : tensor<1x3x3xi32>
  }
  return %6 : tensor<1x3x3xi32>
}
