// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -convert-fxp-to-loops=target=x86-64-v3 -canonicalize | FileCheck %s --check-prefixes=CHECK,V3
// RUN: deit-opt %s -convert-fxp-to-loops=target=x86-64-avx512vnni -canonicalize | FileCheck %s --check-prefixes=CHECK,AVX512
// RUN: deit-opt %s -convert-fxp-to-loops=target=rpi5 -canonicalize | FileCheck %s --check-prefixes=CHECK,RPI5

// A line of a patch is 6 bytes; a row of 12 codes takes 64 in the arena. Codes
// are stored as they are, widened, or 128 lower.

// CHECK-LABEL: func.func @patches_4x6_2x2(
// CHECK-SAME: %[[ARENA:[a-z0-9]+]]: memref<{{[0-9]+}}xi8> {llvm.noalias}, %{{[a-z0-9]+}}: memref<{{[0-9]+}}xi8> {llvm.noalias}, %[[IMAGE:[a-z0-9]+]]: memref<72xi8> {llvm.noalias}, %[[PARAMETERS:[a-z0-9]+]]: memref<1xi64> {llvm.noalias}, %[[BEGIN:[a-z0-9]+]]: index, %[[END:[a-z0-9]+]]: index)
// CHECK: memref.view %[[IMAGE]]{{.*}} to memref<4x18xi8>
// CHECK: %[[OFFSET:.*]] = memref.load %[[PARAMETERS]]
// V3: memref.view %[[ARENA]]{{.*}} to memref<6x64xi16>
// AVX512: memref.view %[[ARENA]]{{.*}} to memref<6x64xi8>
// RPI5: memref.view %[[ARENA]]{{.*}} to memref<6x64xi8>
// CHECK: scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
// CHECK: %[[PIXELS:.*]] = vector.load {{.*}} : memref<4x18xi8>, vector<6xi8>
// V3: %[[WIDE:.*]] = arith.extui %[[PIXELS]] : vector<6xi8> to vector<6xi16>
// V3: vector.store %[[WIDE]]
// AVX512-NEXT: arith.muli
// AVX512-NEXT: vector.store %[[PIXELS]]
// RPI5: %[[FLIPPED:.*]] = arith.xori %[[PIXELS]], %{{.*}} : vector<6xi8>
// RPI5: vector.store %[[FLIPPED]]

// Two rows of three patches are two items.

// CHECK: fxp.step @patches_4x6_2x2 {items = 2 : i64, kind = "patches", macs = 0 : i64, parameters = array<i64: [[PATCHES:[0-9]+]]>}

// The second row of patches begins a row further on, of one or two bytes an
// element.

// V3: fxp.step @gemm_1x3x12_s32 {{.*}} parameters = array<i64: 128,
// AVX512: fxp.step @gemm_1x3x12_s32 {{.*}} parameters = array<i64: 64,
// RPI5: fxp.step @gemm_1x3x12_s32 {{.*}} parameters = array<i64: 64,

func.func @forward(%image: tensor<1x4x6x3xui8>) -> tensor<1x3xi32>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %0 = fxp.kernel "patches" -> tensor<1x6x12xui8> {
    %p = fxp.patches %image {height = 2 : i64, width = 2 : i64}
      : tensor<1x4x6x3xui8> -> tensor<1x6x12xui8>
    fxp.yield %p : tensor<1x6x12xui8>
  }
  %1 = fxp.select_token %0 {index = 1 : i64}
    : tensor<1x6x12xui8> -> tensor<1x12xui8>
  %w = fxp.constant dense<1> : tensor<3x12xi8> -> tensor<3x12xi8>
  %b = fxp.constant dense<0> : tensor<3xi32> -> tensor<3xi32>
  %2 = fxp.kernel "gemm" -> tensor<1x3xi32> {
    %y = fxp.linear %1, %w, %b
      : (tensor<1x12xui8>, tensor<3x12xi8>, tensor<3xi32>) -> tensor<1x3xi32>
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<1x3xi32>, tensor<3xi32>) -> tensor<1x3xi32>
    fxp.yield %r : tensor<1x3xi32>
  }
  return %2 : tensor<1x3xi32>
}
