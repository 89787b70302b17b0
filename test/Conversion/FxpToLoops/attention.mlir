// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -convert-fxp-to-loops=target=x86-64-avx512vnni -canonicalize | FileCheck %s --check-prefixes=CHECK,AVX512
// RUN: deit-opt %s -convert-fxp-to-loops=target=rpi5 -canonicalize | FileCheck %s --check-prefixes=CHECK,RPI5
// RUN: deit-opt %s -convert-fxp-to-loops=target=x86-64-v3 -canonicalize | FileCheck %s --check-prefixes=CHECK,V3

// Two heads of three channels over two tokens. Keys and values are packed first,
// then one function computes scores, softmax and mean.

// CHECK: func.func @pack_heads_2x2x3(
// CHECK: func.func @attention_2x2x3_preshift(

// CHECK: memref.alloca() {alignment = 64 : i64} : memref<{{[0-9]+}}x{{[0-9]+}}xi32>

// Queries are unsigned for AVX-512, which the packed keys' sums take back.
// Numerators are signed for the Raspberry Pi, which the values' sums take back.

// AVX512: %[[SUMS:.*]] = vector.load {{.*}} : memref<64xi32>, vector<16xi32>
// AVX512: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%[[SUMS]],
// RPI5: llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"
// V3: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"
// CHECK: vector.reduction <maxsi>

// The exponential works on 16-bit words.

// AVX512: llvm.call_intrinsic "llvm.x86.avx512.pmulhu.w.512"
// RPI5: llvm.call_intrinsic "llvm.aarch64.neon.sqdmulh.v8i16"
// RPI5: llvm.call_intrinsic "llvm.aarch64.neon.urshl.v8i16"
// V3: llvm.call_intrinsic "llvm.x86.avx2.pmulhu.w"
// CHECK: vector.reduction <add>
// CHECK: arith.divui {{.*}} : i64
// CHECK: vector.maskedstore

// The layer before stores queries 128 higher than their codes where the target
// wants them so. Its zero point, low and high show it; keys stay.

// CHECK: fxp.step @gemm_2x6x3_s8
// AVX512-SAME: , 0, 8, 128, 1, 255, 0, 0,
// RPI5-SAME: , 0, 8, 0, -127, 127, 0, 0,
// V3-SAME: , 0, 8, 0, -127, 127, 0, 0,
// CHECK: fxp.step @gemm_2x6x3_s8
// CHECK-SAME: , 0, 9, 0, -127, 127, 0, 0,
// CHECK: fxp.step @gemm_2x6x3_s8
// CHECK-SAME: , 0, 10, 0, -127, 127, 0, 0,

// Packing takes keys, values, buffer; attention queries, buffer, result,
// softmax, mean, and the result's zero point, low, high.

// CHECK-NEXT: fxp.step @pack_heads_2x2x3 {items = 2 : i64, kind = "pack", macs = 0 : i64, parameters = array<i64: {{[0-9]+}}, {{[0-9]+}}, [[PACKED:[0-9]+]]>}
// CHECK-NEXT: fxp.step @attention_2x2x3_preshift {items = 2 : i64, kind = "attention", macs = 48 : i64, parameters = array<i64: {{[0-9]+}}, [[PACKED]], {{[0-9]+}}, 1400000000, 2, 300000, 137438953472, 0, 7,
// AVX512-SAME: 128, 0, 255>}
// RPI5-SAME: 0, -128, 127>}
// V3-SAME: 128, 0, 255>}

func.func @forward(%image: tensor<1x1x2x3xui8>) -> tensor<1x2x3xi32>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %w = fxp.constant dense<1> : tensor<6x3xi8> -> tensor<6x3xi8>
  %b = fxp.constant dense<0> : tensor<6xi32> -> tensor<6xi32>
  %wh = fxp.constant dense<1> : tensor<3x6xi8> -> tensor<3x6xi8>
  %bh = fxp.constant dense<0> : tensor<3xi32> -> tensor<3xi32>
  %0 = fxp.kernel "patches" -> tensor<1x2x3xui8> {
    %p = fxp.patches %image {height = 1 : i64, width = 1 : i64}
      : tensor<1x1x2x3xui8> -> tensor<1x2x3xui8>
    fxp.yield %p : tensor<1x2x3xui8>
  }
  %q = fxp.kernel "gemm" -> tensor<1x2x6xi8> {
    %y = fxp.linear %0, %w, %b
      : (tensor<1x2x3xui8>, tensor<6x3xi8>, tensor<6xi32>) -> tensor<1x2x6xi32>
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -127 : i64, high = 127 : i64}
      : (tensor<1x2x6xi32>, tensor<6xi32>) -> tensor<1x2x6xi8>
    fxp.yield %r : tensor<1x2x6xi8>
  }
  %k = fxp.kernel "gemm" -> tensor<1x2x6xi8> {
    %y = fxp.linear %0, %w, %b
      : (tensor<1x2x3xui8>, tensor<6x3xi8>, tensor<6xi32>) -> tensor<1x2x6xi32>
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 9 : i64,
        zero_point = 0 : i64, low = -127 : i64, high = 127 : i64}
      : (tensor<1x2x6xi32>, tensor<6xi32>) -> tensor<1x2x6xi8>
    fxp.yield %r : tensor<1x2x6xi8>
  }
  %v = fxp.kernel "gemm" -> tensor<1x2x6xi8> {
    %y = fxp.linear %0, %w, %b
      : (tensor<1x2x3xui8>, tensor<6x3xi8>, tensor<6xi32>) -> tensor<1x2x6xi32>
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 10 : i64,
        zero_point = 0 : i64, low = -127 : i64, high = 127 : i64}
      : (tensor<1x2x6xi32>, tensor<6xi32>) -> tensor<1x2x6xi8>
    fxp.yield %r : tensor<1x2x6xi8>
  }
  %mean = fxp.kernel "attention" -> tensor<1x2x6xui8> {
    %qh = fxp.split_heads %q : tensor<1x2x6xi8> -> tensor<1x2x2x3xi8>
    %kh = fxp.split_heads %k : tensor<1x2x6xi8> -> tensor<1x2x2x3xi8>
    %vh = fxp.split_heads %v : tensor<1x2x6xi8> -> tensor<1x2x2x3xi8>
    %s = fxp.matmul %qh, %kh {transpose_rhs}
      : (tensor<1x2x2x3xi8>, tensor<1x2x2x3xi8>) -> tensor<1x2x2x2xi32>
    %y, %sum = fxp.softmax %s {multiplier = 1400000000 : i64,
        pre_shift = 2 : i64, limit = 300000 : i64}
      : tensor<1x2x2x2xi32> -> tensor<1x2x2x2xui8>, tensor<1x2x2xi32>
    %m = fxp.matmul %y, %vh
      : (tensor<1x2x2x2xui8>, tensor<1x2x2x3xi8>) -> tensor<1x2x2x3xi32>
    %n = fxp.normalize %m, %sum {multiplier = 137438953472 : i64,
        shift = 7 : i64, zero_point = 128 : i64, low = 0 : i64,
        high = 255 : i64}
      : (tensor<1x2x2x3xi32>, tensor<1x2x2xi32>) -> tensor<1x2x2x3xui8>
    %merged = fxp.merge_heads %n : tensor<1x2x2x3xui8> -> tensor<1x2x6xui8>
    fxp.yield %merged : tensor<1x2x6xui8>
  }
  %logits = fxp.kernel "gemm" -> tensor<1x2x3xi32> {
    %y = fxp.linear %mean, %wh, %bh
      : (tensor<1x2x6xui8>, tensor<3x6xi8>, tensor<3xi32>) -> tensor<1x2x3xi32>
    %r = fxp.requantize %y, %bh {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<1x2x3xi32>, tensor<3xi32>) -> tensor<1x2x3xi32>
    fxp.yield %r : tensor<1x2x3xi32>
  }
  return %logits : tensor<1x2x3xi32>
}
