// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Six heads of one channel: heads run on different threads and lie side by side,
// so each stores its byte alone. A masked store of one lane would not do, LLVM 22
// narrows that of a truncated vector to a store of the lane before truncation.
//
// RUN: deit-opt %s -convert-fxp-to-loops=target=x86-64-avx512vnni -canonicalize | FileCheck %s

// CHECK: func.func @attention_2x6x1_preshift(
// CHECK-NOT: vector.maskedstore
// CHECK: %[[CHANNEL:.*]] = vector.extract {{.*}}[0] : i8 from vector<{{.*}}xi8>
// CHECK-NEXT: memref.store %[[CHANNEL]], {{.*}} : memref<2x64xi8>
// CHECK-NOT: vector.maskedstore
// CHECK: fxp.step @attention_2x6x1_preshift

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
    %qh = fxp.split_heads %q : tensor<1x2x6xi8> -> tensor<1x6x2x1xi8>
    %kh = fxp.split_heads %k : tensor<1x2x6xi8> -> tensor<1x6x2x1xi8>
    %vh = fxp.split_heads %v : tensor<1x2x6xi8> -> tensor<1x6x2x1xi8>
    %s = fxp.matmul %qh, %kh {transpose_rhs}
      : (tensor<1x6x2x1xi8>, tensor<1x6x2x1xi8>) -> tensor<1x6x2x2xi32>
    %y, %sum = fxp.softmax %s {multiplier = 1400000000 : i64,
        pre_shift = 2 : i64, limit = 300000 : i64}
      : tensor<1x6x2x2xi32> -> tensor<1x6x2x2xui8>, tensor<1x6x2xi32>
    %m = fxp.matmul %y, %vh
      : (tensor<1x6x2x2xui8>, tensor<1x6x2x1xi8>) -> tensor<1x6x2x1xi32>
    %n = fxp.normalize %m, %sum {multiplier = 137438953472 : i64,
        shift = 7 : i64, zero_point = 128 : i64, low = 0 : i64,
        high = 255 : i64}
      : (tensor<1x6x2x1xi32>, tensor<1x6x2xi32>) -> tensor<1x6x2x1xui8>
    %merged = fxp.merge_heads %n : tensor<1x6x2x1xui8> -> tensor<1x2x6xui8>
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
