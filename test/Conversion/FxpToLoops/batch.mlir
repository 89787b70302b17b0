// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %S/../../Dialect/Fxp/Transforms/Inputs/network.mlir -fxp-fuse-kernels -fxp-set-batch=images=2 -convert-fxp-to-loops=target=x86-64-v3 | FileCheck %s
// RUN: deit-opt %S/../../Dialect/Fxp/Transforms/Inputs/network.mlir -fxp-fuse-kernels -convert-fxp-to-loops=target=x86-64-v3 | FileCheck %s --check-prefix=ONE

// Images lie one above the other: four patches and a class token each, so that
// a layer has the rows of both. Attention counts the heads of both.

// CHECK: fxp.program {{.*}} batch = 2 : i64, {{.*}} logits_stride = 256 : i64
// CHECK: fxp.step @patches_8x4_2x2 {items = 4 : i64

// The token goes before each image's patches. They are embedded image by image,
// for the rows of positions are the same.

// CHECK-NEXT: fxp.step @copy_rows_2x128_0_640_packed {items = 2 : i64, {{.*}} array<i64: [[TOKEN:[0-9]+]], [[#STREAM:]]>}
// CHECK-NEXT: fxp.step @gemm_4x4x12_s16_{{.*}}position {{.*}} array<i64: [[#PATCHES:]], [[#WEIGHT:]], [[#BIAS:]], [[#MULTIPLIER:]], [[#STREAM+128]], {{.*}}, [[#POSITION:]], {{[0-9]+, [0-9]+, [0-9]+, [0-9]+, -?[0-9]+, [0-9]+}}>}
// CHECK-NEXT: fxp.step @gemm_4x4x12_s16_{{.*}}position {{.*}} array<i64: [[#PATCHES+512]], [[#WEIGHT]], [[#BIAS]], [[#MULTIPLIER]], [[#STREAM+768]], {{.*}}, [[#POSITION]], {{[0-9]+, [0-9]+, [0-9]+, [0-9]+, -?[0-9]+, [0-9]+}}>}
// CHECK-NEXT: fxp.step @layer_norm_10x4 {items = 10 : i64
// CHECK: fxp.step @pack_heads_2x5x2x2 {items = 4 : i64
// CHECK: fxp.step @attention_2x5x2x2_preshift {items = 4 : i64

// The class tokens are put together before the head reads them.

// CHECK: fxp.step @copy_rows_2x128_640_128 {items = 2 : i64
// CHECK: fxp.step @gemm_2x3x4_s32

// One image's class token is read where it is.

// ONE: fxp.program {{.*}} batch = 1 : i64
// ONE-NOT: fxp.step @copy_rows_{{.*}}640_128
