// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s | deit-opt | FileCheck %s
// RUN: deit-opt %s --mlir-print-op-generic | deit-opt | FileCheck %s
// RUN: deit-opt %s --canonicalize --cse | FileCheck %s

// The position of a constant is its meaning: equal ones stay apart, and one
// that nothing refers to stays.

// CHECK: fxp.program @deit_program attributes {arena_bytes = 64 : i64, batch = 1 : i64, classes = 2 : i64, features = 0 : i64, image_height = 4 : i64, image_width = 8 : i64, logit_scale = 5.000000e-01 : f64, logits_offset = 56 : i64, logits_stride = 8 : i64, packed_bytes = 128 : i64, target = "t"} {
fxp.program @deit_program attributes {target = "t", features = 0 : i64,
    batch = 1 : i64, image_height = 4 : i64, image_width = 8 : i64, classes = 2 : i64,
    logit_scale = 0.5 : f64, arena_bytes = 64 : i64, packed_bytes = 128 : i64,
    logits_offset = 56 : i64, logits_stride = 8 : i64} {
  // CHECK-NEXT: fxp.constant dense<1> : tensor<2x4xi8> -> tensor<2x4xi8>
  %0 = fxp.constant dense<1> : tensor<2x4xi8> -> tensor<2x4xi8>
  // CHECK-NEXT: fxp.constant dense<1> : tensor<2x4xi8> -> tensor<2x4xi8>
  %1 = fxp.constant dense<1> : tensor<2x4xi8> -> tensor<2x4xi8>
  // CHECK-NEXT: fxp.pack_rows {destination = 64 : i64, flip = 128 : i64, source = 1 : i64, stride = 16 : i64}
  fxp.pack_rows {source = 1 : i64, destination = 64 : i64, stride = 16 : i64,
      flip = 128 : i64}
  // CHECK-NEXT: fxp.pack_gemm {activation_offset = -128 : i64, bias = 1 : i64, bias_destination = 32 : i64, block = 4 : i64, destination = 0 : i64, group = 2 : i64, padded_k = 4 : i64, padded_n = 4 : i64, source = 0 : i64, width = 2 : i64}
  fxp.pack_gemm {source = 0 : i64, destination = 0 : i64, bias = 1 : i64,
      bias_destination = 32 : i64, block = 4 : i64, group = 2 : i64,
      width = 2 : i64, padded_n = 4 : i64, padded_k = 4 : i64,
      activation_offset = -128 : i64}
  // CHECK-NEXT: fxp.step @kernel {items = 1 : i64, kind = "copy", macs = 0 : i64, parameters = array<i64: 0, -5>}
  fxp.step @kernel {parameters = array<i64: 0, -5>, items = 1 : i64,
      kind = "copy", macs = 0 : i64}
  // CHECK-NEXT: fxp.step @kernel {items = 9 : i64, kind = "gemm", macs = 7 : i64, parameters = array<i64>}
  fxp.step @kernel {parameters = array<i64>, items = 9 : i64, kind = "gemm",
      macs = 7 : i64}
}
