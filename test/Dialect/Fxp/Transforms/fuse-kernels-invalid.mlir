// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A softmax has two results, so it has to be part of an attention.
//
// RUN: deit-opt %s --fxp-fuse-kernels -split-input-file -verify-diagnostics

func.func @alone(%s: tensor<1x2x3x3xi32>) -> tensor<1x2x3x3xui8> {
  // expected-error @+1 {{fits no kernel, expected scores of a transposed fxp.matmul of their own}}
  %y, %sum = fxp.softmax %s {multiplier = 1400000000 : i64,
      pre_shift = 2 : i64, limit = 300000 : i64}
    : tensor<1x2x3x3xi32> -> tensor<1x2x3x3xui8>, tensor<1x2x3xi32>
  return %y : tensor<1x2x3x3xui8>
}

// -----

func.func @shared(%q: tensor<1x3x4xi8>)
    -> (tensor<1x2x3x3xui8>, tensor<1x2x3xi32>) {
  %qh = fxp.split_heads %q : tensor<1x3x4xi8> -> tensor<1x2x3x2xi8>
  %kh = fxp.split_heads %q : tensor<1x3x4xi8> -> tensor<1x2x3x2xi8>
  %s = fxp.matmul %qh, %kh {transpose_rhs}
    : (tensor<1x2x3x2xi8>, tensor<1x2x3x2xi8>) -> tensor<1x2x3x3xi32>
  // expected-error @+1 {{fits no kernel, expected numerators that go to one fxp.matmul alone}}
  %y, %sum = fxp.softmax %s {multiplier = 1400000000 : i64,
      pre_shift = 2 : i64, limit = 300000 : i64}
    : tensor<1x2x3x3xi32> -> tensor<1x2x3x3xui8>, tensor<1x2x3xi32>
  return %y, %sum : tensor<1x2x3x3xui8>, tensor<1x2x3xi32>
}
