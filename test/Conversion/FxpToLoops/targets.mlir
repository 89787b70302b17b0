// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -convert-fxp-to-loops=target=x86-64-avx512vnni | FileCheck %s --check-prefix=AVX512
// RUN: deit-opt %s -convert-fxp-to-loops | FileCheck %s --check-prefix=AVX512
// RUN: deit-opt %s -convert-fxp-to-loops=target=x86-64-v3 | FileCheck %s --check-prefix=V3
// RUN: deit-opt %s -convert-fxp-to-loops=target=rpi5 | FileCheck %s --check-prefix=RPI5
// RUN: deit-opt %s -convert-fxp-to-loops=target=rpi4 | FileCheck %s --check-prefix=RPI4
// RUN: deit-opt %s -convert-fxp-to-loops=target=x86-64-avxvnni | FileCheck %s --check-prefix=AVXVNNI
// RUN: deit-opt %s -convert-fxp-to-loops=target=rpi | FileCheck %s --check-prefix=FAMILY
// RUN: not deit-opt %s -convert-fxp-to-loops=target=z80 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: unknown target 'z80'; there are: x86-64-avx512vnni, x86-64-avxvnni, x86-64-v3, rpi5, rpi4, x86-64, rpi, native

// One layer with a table shows all that is a target's own: dot product, table
// lookup, layout and sign of the operands, features.

// AVX512: func.func @gemm_1x3x3_s8_lookup
// AVX512: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"({{.*}}) : (vector<16xi32>, vector<64xi8>, vector<64xi8>) -> vector<16xi32>
// AVX512-COUNT-2: llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"
// AVX512-NOT: llvm.aarch64
// AVX512: fxp.program {{.*}} features = 31 : i64, {{.*}} target = "x86-64-avx512vnni"
// AVX512: fxp.pack_rows {{.*}} flip = 0 : i64, {{.*}} stride = 256 : i64}
// AVX512: fxp.pack_gemm {activation_offset = 0 : i64, {{.*}} block = 64 : i64, {{.*}} group = 4 : i64, padded_k = 8 : i64, padded_n = 64 : i64, {{.*}} width = 1 : i64}
// AVX512: fxp.step @gemm_1x3x3_s8_lookup {{.*}}, 0, 8, 128, 0, 255,

// V3: func.func @gemm_1x3x3_s8_lookup
// V3: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"({{.*}}) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// V3-COUNT-16: llvm.call_intrinsic "llvm.x86.avx2.pshuf.b"
// V3-NOT: {{avx512|aarch64}}
// V3: fxp.program {{.*}} features = 3 : i64, {{.*}} target = "x86-64-v3"
// V3: fxp.pack_gemm {activation_offset = 0 : i64, {{.*}} block = 16 : i64, {{.*}} group = 2 : i64, padded_k = 4 : i64, padded_n = 16 : i64, {{.*}} width = 2 : i64}
// V3: fxp.step @gemm_1x3x3_s8_lookup {{.*}}, 0, 8, 128, 0, 255,

// Stored 128 lower: the bias takes it back, the table's entries carry it, its
// index does not.

// RPI5: func.func @gemm_1x3x3_s8_lookup
// RPI5: llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"({{.*}}) : (vector<4xi32>, vector<16xi8>, vector<16xi8>) -> vector<4xi32>
// RPI5: llvm.call_intrinsic "llvm.aarch64.neon.sqdmulh.v4i32"
// RPI5: llvm.call_intrinsic "llvm.aarch64.neon.tbl4.v16i8"
// RPI5-COUNT-3: llvm.call_intrinsic "llvm.aarch64.neon.tbx4.v16i8"
// RPI5-NOT: llvm.x86
// RPI5: fxp.program {{.*}} features = 768 : i64, {{.*}} target = "rpi5"
// RPI5: fxp.pack_rows {{.*}} flip = 0 : i64, source = 2 : i64, stride = 64 : i64}
// RPI5: fxp.pack_rows {{.*}} flip = 128 : i64, source = 3 : i64, stride = 256 : i64}
// RPI5: fxp.pack_gemm {activation_offset = -128 : i64, {{.*}} block = 16 : i64, {{.*}} group = 4 : i64, padded_k = 16 : i64, padded_n = 16 : i64, {{.*}} width = 1 : i64}
// RPI5: fxp.step @gemm_1x3x3_s8_lookup {{.*}}, 0, 8, 128, 0, 255,

// Two groups of two codes a dot step, in 16 bits between.

// RPI4: func.func @gemm_1x3x3_s8_lookup
// RPI4: %[[FIRST:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.smull.v8i16"
// RPI4: %[[SECOND:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.smull.v8i16"
// RPI4: %[[PAIR:.*]] = arith.addi %[[FIRST]], %[[SECOND]] : vector<8xi16>
// RPI4: llvm.call_intrinsic "llvm.aarch64.neon.saddlp.v4i32.v8i16"(%[[PAIR]])
// RPI4-NOT: {{sdot|llvm.x86}}
// RPI4: fxp.program {{.*}} features = 256 : i64, {{.*}} target = "rpi4"
// RPI4: fxp.pack_gemm {activation_offset = -128 : i64, {{.*}} block = 16 : i64, {{.*}} group = 2 : i64, padded_k = 16 : i64, padded_n = 16 : i64, {{.*}} width = 1 : i64}

// AVXVNNI: func.func @gemm_1x3x3_s8_lookup
// AVXVNNI: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.256"({{.*}}) : (vector<8xi32>, vector<32xi8>, vector<32xi8>) -> vector<8xi32>
// AVXVNNI-COUNT-16: llvm.call_intrinsic "llvm.x86.avx2.pshuf.b"
// AVXVNNI: fxp.program {{.*}} features = 35 : i64, {{.*}} target = "x86-64-avxvnni"
// AVXVNNI: fxp.pack_gemm {{.*}} block = 16 : i64, {{.*}} group = 4 : i64, padded_k = 8 : i64

// A family has the kernels and the program of each of its targets.

// FAMILY: func.func @gemm_1x3x3_s8_lookup.rpi5({{.*}} attributes {passthrough = {{\[}}["target-cpu", "cortex-a76"]
// FAMILY: fxp.program @deit_program.rpi5 attributes {{.*}} target = "rpi5"
// FAMILY: fxp.step @gemm_1x3x3_s8_lookup.rpi5
// FAMILY: func.func @gemm_1x3x3_s8_lookup.rpi4({{.*}} attributes {passthrough = {{\[}}["target-cpu", "cortex-a72"]
// FAMILY: fxp.program @deit_program.rpi4 attributes {{.*}} target = "rpi4"
// FAMILY: fxp.step @gemm_1x3x3_s8_lookup.rpi4

func.func @forward(%image: tensor<1x1x1x3xui8>) -> tensor<1x1x3xi32>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %0 = fxp.kernel "patches" -> tensor<1x1x3xui8> {
    %p = fxp.patches %image {height = 1 : i64, width = 1 : i64}
      : tensor<1x1x1x3xui8> -> tensor<1x1x3xui8>
    fxp.yield %p : tensor<1x1x3xui8>
  }
  %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
  %b = fxp.constant dense<5> : tensor<3xi32> -> tensor<3xi32>
  %m = fxp.constant dense<7> : tensor<3xi32> -> tensor<3xi32>
  %table = fxp.constant dense<11> : tensor<256xi8> -> tensor<256xui8>
  %1 = fxp.kernel "gemm" -> tensor<1x1x3xui8> {
    %y = fxp.linear %0, %w, %b
      : (tensor<1x1x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    %r = fxp.requantize %y, %m {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
      : (tensor<1x1x3xi32>, tensor<3xi32>) -> tensor<1x1x3xui8>
    %l = fxp.lookup %r in %table
      : (tensor<1x1x3xui8>, tensor<256xui8>) -> tensor<1x1x3xui8>
    fxp.yield %l : tensor<1x1x3xui8>
  }
  %2 = fxp.kernel "gemm" -> tensor<1x1x3xi32> {
    %y = fxp.linear %1, %w, %b
      : (tensor<1x1x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    %r = fxp.requantize %y, %m {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -99 : i64, high = 99 : i64}
      : (tensor<1x1x3xi32>, tensor<3xi32>) -> tensor<1x1x3xi32>
    fxp.yield %r : tensor<1x1x3xi32>
  }
  return %2 : tensor<1x1x3xi32>
}
