// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -convert-fxp-to-loops=target=x86-64-v3 -canonicalize | FileCheck %s --check-prefixes=CHECK,V3
// RUN: deit-opt %s -convert-fxp-to-loops=target=rpi5 -canonicalize | FileCheck %s --check-prefixes=CHECK,RPI5

// Eleven channels are whole vectors and a rest, whose other lanes count as 0 in
// the sums.

// CHECK-LABEL: func.func @layer_norm_2x11(
// V3-DAG: %[[MASK:.*]] = arith.constant dense<[-1, -1, -1, 0, 0, 0, 0, 0]> : vector<8xi32>
// V3-DAG: %[[EIGHT:.*]] = arith.constant 8 : index
// RPI5-DAG: %[[MASK:.*]] = arith.constant dense<[-1, -1, -1, 0]> : vector<4xi32>
// RPI5-DAG: %[[EIGHT:.*]] = arith.constant 8 : index
// CHECK: scf.for %[[ROW:.*]] = %{{.*}} to
// V3: vector.load %{{.*}}[%[[ROW]], %[[EIGHT]]] : memref<2x64xi16>, vector<8xi16>
// V3: arith.andi %{{.*}}, %[[MASK]] : vector<8xi32>
// RPI5: vector.load %{{.*}}[%[[ROW]], %[[EIGHT]]] : memref<2x64xi16>, vector<4xi16>
// RPI5: arith.andi %{{.*}}, %[[MASK]] : vector<4xi32>

// The square root descends from a power of two above it.

// CHECK: vector.reduction <add>, {{.*}} into i32
// CHECK: vector.reduction <add>, {{.*}} into i64
// CHECK: math.ctlz {{.*}} : i64
// CHECK: scf.while
// CHECK: arith.divui
// CHECK: scf.condition
// CHECK: math.ctlz {{.*}} : i64

// The high half of a product is a target's own instruction, or two widening
// products.

// V3: arith.muli {{.*}} : vector<4xi64>
// V3: arith.muli {{.*}} : vector<4xi64>
// RPI5: llvm.call_intrinsic "llvm.aarch64.neon.sqdmulh.v4i32"

// Zero point and limits are in words; the Pi's codes are their bytes.

// V3: llvm.call_intrinsic "llvm.x86.avx2.packssdw"
// V3: llvm.intr.sadd.sat({{.*}}) : (vector<16xi16>, vector<16xi16>) -> vector<16xi16>
// RPI5: llvm.call_intrinsic "llvm.aarch64.neon.sqxtn.v4i16"
// RPI5: llvm.intr.sadd.sat({{.*}}) : (vector<8xi16>, vector<8xi16>) -> vector<8xi16>
// RPI5: arith.trunci {{.*}} : vector<16xi16> to vector<16xi8>

// An item is a row. Zero point and limits of codes that are left operands move
// with their stored form. Parameters are input, gamma, beta, result, epsilon, no
// pre-shift, shift, zero point, low, high.

// CHECK: fxp.step @layer_norm_2x11 {items = 2 : i64, kind = "layer_norm", macs = 0 : i64,
// V3-SAME: , 99, 0, 14, 120, 1, 254>}
// RPI5-SAME: , 99, 0, 14, -8, -127, 126>}

func.func @forward(%image: tensor<1x1x2x3xui8>) -> tensor<1x2x3xi32>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %w0 = fxp.constant dense<1> : tensor<11x3xi8> -> tensor<11x3xi8>
  %w1 = fxp.constant dense<1> : tensor<3x11xi8> -> tensor<3x11xi8>
  %b11 = fxp.constant dense<0> : tensor<11xi32> -> tensor<11xi32>
  %b3 = fxp.constant dense<0> : tensor<3xi32> -> tensor<3xi32>
  %gamma = fxp.constant dense<5> : tensor<11xi32> -> tensor<11xi32>
  %beta = fxp.constant dense<6> : tensor<11xi32> -> tensor<11xi32>
  %0 = fxp.kernel "patches" -> tensor<1x2x3xui8> {
    %p = fxp.patches %image {height = 1 : i64, width = 1 : i64}
      : tensor<1x1x2x3xui8> -> tensor<1x2x3xui8>
    fxp.yield %p : tensor<1x2x3xui8>
  }
  %1 = fxp.kernel "gemm" -> tensor<1x2x11xi16> {
    %y = fxp.linear %0, %w0, %b11
      : (tensor<1x2x3xui8>, tensor<11x3xi8>, tensor<11xi32>)
      -> tensor<1x2x11xi32>
    %r = fxp.requantize %y, %b11 {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<1x2x11xi32>, tensor<11xi32>) -> tensor<1x2x11xi16>
    fxp.yield %r : tensor<1x2x11xi16>
  }
  %2 = fxp.kernel "layer_norm" -> tensor<1x2x11xui8> {
    %y = fxp.layer_norm %1, %gamma, %beta {epsilon = 99 : i64, shift = 14 : i64,
        zero_point = 120 : i64, low = 1 : i64, high = 254 : i64}
      : (tensor<1x2x11xi16>, tensor<11xi32>, tensor<11xi32>)
      -> tensor<1x2x11xui8>
    fxp.yield %y : tensor<1x2x11xui8>
  }
  %3 = fxp.kernel "gemm" -> tensor<1x2x3xi32> {
    %y = fxp.linear %2, %w1, %b3
      : (tensor<1x2x11xui8>, tensor<3x11xi8>, tensor<3xi32>)
      -> tensor<1x2x3xi32>
    %r = fxp.requantize %y, %b3 {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<1x2x3xi32>, tensor<3xi32>) -> tensor<1x2x3xi32>
    fxp.yield %r : tensor<1x2x3xi32>
  }
  return %3 : tensor<1x2x3xi32>
}
