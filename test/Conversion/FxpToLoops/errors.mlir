// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -convert-fxp-to-loops -verify-diagnostics -split-input-file

// expected-error @+1 {{expected a function @forward with a body}}
module {
  func.func @backward() {
    return
  }
}

// -----

// expected-error @+1 {{expected a function @forward with a body}}
module {
  func.func private @forward(tensor<1x2x2x3xui8>) -> tensor<1x3xi32>
}

// -----

// expected-error @+1 {{'func.func' op expected one image and one result}}
func.func @forward(%x: tensor<1x2x2x3xui8>, %y: tensor<1x3xi32>)
    -> tensor<1x3xi32> {
  return %y : tensor<1x3xi32>
}

// -----

// expected-error @+1 {{'func.func' op expected tensor<NxHxWx3xui8>, found 'tensor<2x2x3xui8>'}}
func.func @forward(%x: tensor<2x2x3xui8>) -> tensor<2x2x3xui8> {
  return %x : tensor<2x2x3xui8>
}

// -----

// expected-error @+1 {{'func.func' op expected tensor<NxHxWx3xui8>, found 'tensor<1x2x2x4xui8>'}}
func.func @forward(%x: tensor<1x2x2x4xui8>) -> tensor<1x2x2x4xui8> {
  return %x : tensor<1x2x2x4xui8>
}

// -----

// expected-error @+1 {{'func.func' op expected the attribute 'fxp.logit_scale'}}
func.func @forward(%x: tensor<1x2x2x3xui8>) -> tensor<1x2x2x3xui8> {
  return %x : tensor<1x2x2x3xui8>
}

// -----

func.func @forward(%x: tensor<1x2x2x3xui8>) -> tensor<1x4x3xui8>
    attributes {fxp.logit_scale = 1.0 : f64} {
  // expected-error @+1 {{'fxp.patches' op expected inside a kernel; run fxp-fuse-kernels first}}
  %0 = fxp.patches %x {height = 1 : i64, width = 1 : i64}
    : tensor<1x2x2x3xui8> -> tensor<1x4x3xui8>
  return %0 : tensor<1x4x3xui8>
}

// -----

func.func @forward(%x: tensor<1x2x2x3xui8>) -> tensor<1x2x2x3xui8>
    attributes {fxp.logit_scale = 1.0 : f64} {
  // expected-error @+1 {{'func.return' op expected an operand that an earlier kernel computes; run fxp-fuse-kernels first}}
  return %x : tensor<1x2x2x3xui8>
}

// -----

func.func @forward(%x: tensor<1x2x2x3xui8>) -> tensor<1x4x3xui8>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %0 = fxp.kernel "patches" -> tensor<1x4x3xui8> {
    %p = fxp.patches %x {height = 1 : i64, width = 1 : i64}
      : tensor<1x2x2x3xui8> -> tensor<1x4x3xui8>
    fxp.yield %p : tensor<1x4x3xui8>
  }
  // expected-error @+1 {{'func.return' op expected logits of 32 bits, found 'tensor<1x4x3xui8>'}}
  return %0 : tensor<1x4x3xui8>
}

// -----

func.func @forward(%x: tensor<1x2x2x3xui8>) -> tensor<1x4x3xui8>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %c = fxp.constant dense<1> : tensor<1x2x2x3xi8> -> tensor<1x2x2x3xui8>
  %0 = fxp.kernel "patches" -> tensor<1x4x3xui8> {
    // expected-error @+1 {{'fxp.patches' op expected the function's image}}
    %p = fxp.patches %c {height = 1 : i64, width = 1 : i64}
      : tensor<1x2x2x3xui8> -> tensor<1x4x3xui8>
    fxp.yield %p : tensor<1x4x3xui8>
  }
  return %0 : tensor<1x4x3xui8>
}

// -----

func.func @forward(%x: tensor<1x2x2x3xui8>) -> tensor<2x3xui8>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %c = fxp.constant dense<1> : tensor<2x3xi8> -> tensor<2x3xui8>
  %t = fxp.constant dense<1> : tensor<256xi8> -> tensor<256xui8>
  // expected-error @+1 {{'fxp.kernel' op no code generator for kernels of kind 'lookup'}}
  %0 = fxp.kernel "lookup" -> tensor<2x3xui8> {
    %l = fxp.lookup %c in %t
      : (tensor<2x3xui8>, tensor<256xui8>) -> tensor<2x3xui8>
    fxp.yield %l : tensor<2x3xui8>
  }
  return %0 : tensor<2x3xui8>
}

// -----

func.func @forward(%x: tensor<1x1x1x3xui8>) -> tensor<1x1x3xi32>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %c = fxp.constant dense<1> : tensor<1x1x3xi8> -> tensor<1x1x3xi8>
  %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
  %b = fxp.constant dense<5> : tensor<3xi32> -> tensor<3xi32>
  // expected-error @+1 {{'fxp.kernel' op expected a requantized product}}
  %0 = fxp.kernel "gemm" -> tensor<1x1x3xi32> {
    %y = fxp.linear %c, %w, %b
      : (tensor<1x1x3xi8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    fxp.yield %y : tensor<1x1x3xi32>
  }
  return %0 : tensor<1x1x3xi32>
}

// -----

func.func @forward(%x: tensor<1x1x1x3xui8>) -> tensor<1x3xui8>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %c = fxp.constant dense<1> : tensor<1x1x3xi8> -> tensor<1x1x3xi8>
  %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
  %b = fxp.constant dense<5> : tensor<3xi32> -> tensor<3xi32>
  // expected-error @+1 {{'fxp.kernel' op expected a product, its requantization, and then a lookup or a sum}}
  %0 = fxp.kernel "gemm" -> tensor<1x3xui8> {
    %y = fxp.linear %c, %w, %b
      : (tensor<1x1x3xi8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = 0 : i64, high = 100 : i64}
      : (tensor<1x1x3xi32>, tensor<3xi32>) -> tensor<1x1x3xui8>
    %s = fxp.select_token %r {index = 0 : i64}
      : tensor<1x1x3xui8> -> tensor<1x3xui8>
    fxp.yield %s : tensor<1x3xui8>
  }
  return %0 : tensor<1x3xui8>
}

// -----

func.func @forward(%x: tensor<1x1x1x3xui8>) -> tensor<1x1x3xi32>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %c = fxp.constant dense<1> : tensor<1x1x3xi8> -> tensor<1x1x3xi8>
  %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
  %b = fxp.constant dense<5> : tensor<3xi32> -> tensor<3xi32>
  // expected-error @+1 {{'fxp.kernel' op expected an operand that an earlier kernel computes; run fxp-fuse-kernels first}}
  %0 = fxp.kernel "gemm" -> tensor<1x1x3xi32> {
    %y = fxp.linear %c, %w, %b
      : (tensor<1x1x3xi8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<1x1x3xi32>, tensor<3xi32>) -> tensor<1x1x3xi32>
    fxp.yield %r : tensor<1x1x3xi32>
  }
  return %0 : tensor<1x1x3xi32>
}

// -----

func.func @forward(%x: tensor<1x1x1x3xui8>) -> tensor<1x1x3xi32>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
  %b = fxp.constant dense<5> : tensor<3xi32> -> tensor<3xi32>
  %0 = fxp.kernel "patches" -> tensor<1x1x3xui8> {
    %p = fxp.patches %x {height = 1 : i64, width = 1 : i64}
      : tensor<1x1x1x3xui8> -> tensor<1x1x3xui8>
    fxp.yield %p : tensor<1x1x3xui8>
  }
  %1 = fxp.kernel "gemm" -> tensor<1x1x3xi32> {
    %y = fxp.linear %0, %w, %b
      : (tensor<1x1x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    // expected-error @+1 {{'fxp.requantize' op expected no zero point beyond 8 bits}}
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 1 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<1x1x3xi32>, tensor<3xi32>) -> tensor<1x1x3xi32>
    fxp.yield %r : tensor<1x1x3xi32>
  }
  return %1 : tensor<1x1x3xi32>
}

// -----

// The product is the sum's operand that is rescaled, and what it is added to is
// no constant.

func.func @forward(%x: tensor<1x1x1x3xui8>) -> tensor<1x1x3xi16>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
  %b = fxp.constant dense<5> : tensor<3xi32> -> tensor<3xi32>
  %0 = fxp.kernel "patches" -> tensor<1x1x3xui8> {
    %p = fxp.patches %x {height = 1 : i64, width = 1 : i64}
      : tensor<1x1x1x3xui8> -> tensor<1x1x3xui8>
    fxp.yield %p : tensor<1x1x3xui8>
  }
  %1 = fxp.kernel "gemm" -> tensor<1x1x3xi16> {
    %y = fxp.linear %0, %w, %b
      : (tensor<1x1x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<1x1x3xi32>, tensor<3xi32>) -> tensor<1x1x3xi16>
    fxp.yield %r : tensor<1x1x3xi16>
  }
  %2 = fxp.kernel "gemm" -> tensor<1x1x3xi16> {
    %y = fxp.linear %0, %w, %b
      : (tensor<1x1x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<1x1x3xi32>, tensor<3xi32>) -> tensor<1x1x3xi16>
    // expected-error @+1 {{'fxp.add' op expected a constant branch}}
    %a = fxp.add %r, %1 {multiplier = 77 : i64, pre_shift = 3 : i64,
        shift = 11 : i64, low = -800 : i64, high = 800 : i64}
      : (tensor<1x1x3xi16>, tensor<1x1x3xi16>) -> tensor<1x1x3xi16>
    fxp.yield %a : tensor<1x1x3xi16>
  }
  return %2 : tensor<1x1x3xi16>
}

// -----

func.func @forward(%x: tensor<1x1x1x3xui8>) -> tensor<1x2x3xi16>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
  %b = fxp.constant dense<5> : tensor<3xi32> -> tensor<3xi32>
  %0 = fxp.kernel "patches" -> tensor<1x1x3xui8> {
    %p = fxp.patches %x {height = 1 : i64, width = 1 : i64}
      : tensor<1x1x1x3xui8> -> tensor<1x1x3xui8>
    fxp.yield %p : tensor<1x1x3xui8>
  }
  %1 = fxp.kernel "gemm" -> tensor<1x1x3xi16> {
    %y = fxp.linear %0, %w, %b
      : (tensor<1x1x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<1x1x3xi32>, tensor<3xi32>) -> tensor<1x1x3xi16>
    fxp.yield %r : tensor<1x1x3xi16>
  }
  %2 = fxp.select_token %1 {index = 0 : i64}
    : tensor<1x1x3xi16> -> tensor<1x3xi16>
  %3 = fxp.kernel "gemm" -> tensor<1x2x3xi16> {
    %y = fxp.linear %0, %w, %b
      : (tensor<1x1x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<1x1x3xi32>, tensor<3xi32>) -> tensor<1x1x3xi16>
    // expected-error @+1 {{'fxp.prepend_token' op expected a constant token}}
    %t = fxp.prepend_token %r, %2
      : (tensor<1x1x3xi16>, tensor<1x3xi16>) -> tensor<1x2x3xi16>
    fxp.yield %t : tensor<1x2x3xi16>
  }
  return %3 : tensor<1x2x3xi16>
}

// -----

func.func @forward(%x: tensor<1x1x1x3xui8>) -> tensor<1x1x1xi32>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %b = fxp.constant dense<5> : tensor<3xi32> -> tensor<3xi32>
  %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
  %0 = fxp.kernel "patches" -> tensor<1x1x3xui8> {
    %p = fxp.patches %x {height = 1 : i64, width = 1 : i64}
      : tensor<1x1x1x3xui8> -> tensor<1x1x3xui8>
    fxp.yield %p : tensor<1x1x3xui8>
  }
  %1 = fxp.kernel "gemm" -> tensor<1x1x3xi8> {
    %y = fxp.linear %0, %w, %b
      : (tensor<1x1x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<1x1x3xi32>, tensor<3xi32>) -> tensor<1x1x3xi8>
    fxp.yield %r : tensor<1x1x3xi8>
  }
  %2 = fxp.select_token %1 {index = 0 : i64}
    : tensor<1x1x3xi8> -> tensor<1x3xi8>
  %3 = fxp.kernel "gemm" -> tensor<1x1x1xi32> {
    %c = fxp.constant dense<5> : tensor<1xi32> -> tensor<1xi32>
    // expected-error @+1 {{'fxp.linear' op expected a constant weight}}
    %y = fxp.linear %0, %2, %c
      : (tensor<1x1x3xui8>, tensor<1x3xi8>, tensor<1xi32>) -> tensor<1x1x1xi32>
    fxp.yield %y : tensor<1x1x1xi32>
  }
  return %3 : tensor<1x1x1xi32>
}

// -----

// Other parameters that are computed instead of constant.

func.func @forward(%x: tensor<1x1x1x3xui8>) -> tensor<1x3xi32>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %b = fxp.constant dense<5> : tensor<3xi32> -> tensor<3xi32>
  %0 = fxp.kernel "gemm" -> tensor<1x3xi32> {
    %c = fxp.constant dense<1> : tensor<1x3xi8> -> tensor<1x3xi8>
    %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
    %s = fxp.requantize %b, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<3xi32>, tensor<3xi32>) -> tensor<3xi32>
    // expected-error @+1 {{'fxp.linear' op expected a constant bias}}
    %y = fxp.linear %c, %w, %s
      : (tensor<1x3xi8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x3xi32>
    fxp.yield %y : tensor<1x3xi32>
  }
  return %0 : tensor<1x3xi32>
}

// -----

func.func @forward(%x: tensor<1x1x1x3xui8>) -> tensor<3xi32>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %b = fxp.constant dense<5> : tensor<3xi32> -> tensor<3xi32>
  %0 = fxp.kernel "gemm" -> tensor<3xi32> {
    %s = fxp.requantize %b, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<3xi32>, tensor<3xi32>) -> tensor<3xi32>
    // expected-error @+1 {{'fxp.requantize' op expected a constant multiplier}}
    %r = fxp.requantize %b, %s {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<3xi32>, tensor<3xi32>) -> tensor<3xi32>
    fxp.yield %r : tensor<3xi32>
  }
  return %0 : tensor<3xi32>
}

// -----

func.func @forward(%x: tensor<1x1x1x3xui8>) -> tensor<256xui8>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %t = fxp.constant dense<1> : tensor<256xi8> -> tensor<256xui8>
  %0 = fxp.kernel "gemm" -> tensor<256xui8> {
    %c = fxp.lookup %t in %t
      : (tensor<256xui8>, tensor<256xui8>) -> tensor<256xui8>
    // expected-error @+1 {{'fxp.lookup' op expected a constant table}}
    %l = fxp.lookup %t in %c
      : (tensor<256xui8>, tensor<256xui8>) -> tensor<256xui8>
    fxp.yield %l : tensor<256xui8>
  }
  return %0 : tensor<256xui8>
}

// -----

func.func @forward(%x: tensor<1x1x1x3xui8>) -> tensor<1x3xui8>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %c = fxp.constant dense<1> : tensor<1x3xi16> -> tensor<1x3xi16>
  %b = fxp.constant dense<5> : tensor<3xi32> -> tensor<3xi32>
  %0 = fxp.kernel "layer_norm" -> tensor<1x3xui8> {
    %s = fxp.requantize %b, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<3xi32>, tensor<3xi32>) -> tensor<3xi32>
    // expected-error @+1 {{'fxp.layer_norm' op expected a constant gamma}}
    %y = fxp.layer_norm %c, %s, %b {epsilon = 64 : i64, shift = 14 : i64,
        zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
      : (tensor<1x3xi16>, tensor<3xi32>, tensor<3xi32>) -> tensor<1x3xui8>
    fxp.yield %y : tensor<1x3xui8>
  }
  return %0 : tensor<1x3xui8>
}

// -----

func.func @forward(%x: tensor<1x1x1x3xui8>) -> tensor<1x3xui8>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %c = fxp.constant dense<1> : tensor<1x3xi16> -> tensor<1x3xi16>
  %b = fxp.constant dense<5> : tensor<3xi32> -> tensor<3xi32>
  %0 = fxp.kernel "layer_norm" -> tensor<1x3xui8> {
    %s = fxp.requantize %b, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<3xi32>, tensor<3xi32>) -> tensor<3xi32>
    // expected-error @+1 {{'fxp.layer_norm' op expected a constant beta}}
    %y = fxp.layer_norm %c, %b, %s {epsilon = 64 : i64, shift = 14 : i64,
        zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
      : (tensor<1x3xi16>, tensor<3xi32>, tensor<3xi32>) -> tensor<1x3xui8>
    fxp.yield %y : tensor<1x3xui8>
  }
  return %0 : tensor<1x3xui8>
}

// -----

// A softmax alone.

func.func @forward(%x: tensor<1x1x1x3xui8>) -> tensor<1x1x2x2xui8>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %c = fxp.constant dense<1> : tensor<1x1x2x2xi32> -> tensor<1x1x2x2xi32>
  // expected-error @+1 {{'fxp.kernel' op expected scores, softmax and weighted mean}}
  %0 = fxp.kernel "softmax" -> tensor<1x1x2x2xui8> {
    %y, %sum = fxp.softmax %c {multiplier = 1400000000 : i64,
        pre_shift = 2 : i64, limit = 300000 : i64}
      : tensor<1x1x2x2xi32> -> tensor<1x1x2x2xui8>, tensor<1x1x2xi32>
    fxp.yield %y : tensor<1x1x2x2xui8>
  }
  return %0 : tensor<1x1x2x2xui8>
}

// -----

// Queries that are fewer than the keys.

func.func @forward(%x: tensor<1x1x2x3xui8>) -> tensor<1x1x3xui8>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
  %b = fxp.constant dense<5> : tensor<3xi32> -> tensor<3xi32>
  %0 = fxp.kernel "patches" -> tensor<1x2x3xui8> {
    %p = fxp.patches %x {height = 1 : i64, width = 1 : i64}
      : tensor<1x1x2x3xui8> -> tensor<1x2x3xui8>
    fxp.yield %p : tensor<1x2x3xui8>
  }
  %2 = fxp.kernel "patches" -> tensor<1x1x6xui8> {
    %p = fxp.patches %x {height = 1 : i64, width = 2 : i64}
      : tensor<1x1x2x3xui8> -> tensor<1x1x6xui8>
    fxp.yield %p : tensor<1x1x6xui8>
  }
  %w6 = fxp.constant dense<1> : tensor<3x6xi8> -> tensor<3x6xi8>
  %q = fxp.kernel "gemm" -> tensor<1x1x3xi8> {
    %y = fxp.linear %2, %w6, %b
      : (tensor<1x1x6xui8>, tensor<3x6xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<1x1x3xi32>, tensor<3xi32>) -> tensor<1x1x3xi8>
    fxp.yield %r : tensor<1x1x3xi8>
  }
  %k = fxp.kernel "gemm" -> tensor<1x2x3xi8> {
    %y = fxp.linear %0, %w, %b
      : (tensor<1x2x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x2x3xi32>
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<1x2x3xi32>, tensor<3xi32>) -> tensor<1x2x3xi8>
    fxp.yield %r : tensor<1x2x3xi8>
  }
  // expected-error @+1 {{'fxp.kernel' op expected queries, keys and values of one shape}}
  %1 = fxp.kernel "attention" -> tensor<1x1x3xui8> {
    %qh = fxp.split_heads %q : tensor<1x1x3xi8> -> tensor<1x1x1x3xi8>
    %kh = fxp.split_heads %k : tensor<1x2x3xi8> -> tensor<1x1x2x3xi8>
    %s = fxp.matmul %qh, %kh {transpose_rhs}
      : (tensor<1x1x1x3xi8>, tensor<1x1x2x3xi8>) -> tensor<1x1x1x2xi32>
    %y, %sum = fxp.softmax %s {multiplier = 1400000000 : i64,
        pre_shift = 2 : i64, limit = 300000 : i64}
      : tensor<1x1x1x2xi32> -> tensor<1x1x1x2xui8>, tensor<1x1x1xi32>
    %m = fxp.matmul %y, %kh
      : (tensor<1x1x1x2xui8>, tensor<1x1x2x3xi8>) -> tensor<1x1x1x3xi32>
    %n = fxp.normalize %m, %sum {multiplier = 137438953472 : i64,
        shift = 7 : i64, zero_point = 128 : i64, low = 0 : i64,
        high = 255 : i64}
      : (tensor<1x1x1x3xi32>, tensor<1x1x1xi32>) -> tensor<1x1x1x3xui8>
    %merged = fxp.merge_heads %n : tensor<1x1x1x3xui8> -> tensor<1x1x3xui8>
    fxp.yield %merged : tensor<1x1x3xui8>
  }
  return %1 : tensor<1x1x3xui8>
}

// -----

// Codes that are queries and keys at once: the two are stored differently.

func.func @forward(%x: tensor<1x1x2x3xui8>) -> tensor<1x2x3xui8>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
  %b = fxp.constant dense<5> : tensor<3xi32> -> tensor<3xi32>
  %0 = fxp.kernel "patches" -> tensor<1x2x3xui8> {
    %p = fxp.patches %x {height = 1 : i64, width = 1 : i64}
      : tensor<1x1x2x3xui8> -> tensor<1x2x3xui8>
    fxp.yield %p : tensor<1x2x3xui8>
  }
  // expected-error @+1 {{'fxp.kernel' op expected codes that are a left or a right operand, found both}}
  %k = fxp.kernel "gemm" -> tensor<1x2x3xi8> {
    %y = fxp.linear %0, %w, %b
      : (tensor<1x2x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x2x3xi32>
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<1x2x3xi32>, tensor<3xi32>) -> tensor<1x2x3xi8>
    fxp.yield %r : tensor<1x2x3xi8>
  }
  %1 = fxp.kernel "attention" -> tensor<1x2x3xui8> {
    %kh = fxp.split_heads %k : tensor<1x2x3xi8> -> tensor<1x1x2x3xi8>
    %s = fxp.matmul %kh, %kh {transpose_rhs}
      : (tensor<1x1x2x3xi8>, tensor<1x1x2x3xi8>) -> tensor<1x1x2x2xi32>
    %y, %sum = fxp.softmax %s {multiplier = 1400000000 : i64,
        pre_shift = 2 : i64, limit = 300000 : i64}
      : tensor<1x1x2x2xi32> -> tensor<1x1x2x2xui8>, tensor<1x1x2xi32>
    %m = fxp.matmul %y, %kh
      : (tensor<1x1x2x2xui8>, tensor<1x1x2x3xi8>) -> tensor<1x1x2x3xi32>
    %n = fxp.normalize %m, %sum {multiplier = 137438953472 : i64,
        shift = 7 : i64, zero_point = 128 : i64, low = 0 : i64,
        high = 255 : i64}
      : (tensor<1x1x2x3xi32>, tensor<1x1x2xi32>) -> tensor<1x1x2x3xui8>
    %merged = fxp.merge_heads %n : tensor<1x1x2x3xui8> -> tensor<1x2x3xui8>
    fxp.yield %merged : tensor<1x2x3xui8>
  }
  return %1 : tensor<1x2x3xui8>
}

// -----

func.func @forward(%x: tensor<1x1x1x3xui8>) -> tensor<1x1x3xi32>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %0 = fxp.kernel "patches" -> tensor<1x1x3xui8> {
    %p = fxp.patches %x {height = 1 : i64, width = 1 : i64}
      : tensor<1x1x1x3xui8> -> tensor<1x1x3xui8>
    fxp.yield %p : tensor<1x1x3xui8>
  }
  %w = fxp.constant dense<-128> : tensor<3x3xi8> -> tensor<3x3xi8>
  %b = fxp.constant dense<0> : tensor<3xi32> -> tensor<3xi32>
  %1 = fxp.kernel "gemm" -> tensor<1x1x3xi32> {
    // expected-error @+1 {{'fxp.linear' op expected weight codes within [-127, 127], found -128}}
    %y = fxp.linear %0, %w, %b
      : (tensor<1x1x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -99 : i64, high = 99 : i64}
      : (tensor<1x1x3xi32>, tensor<3xi32>) -> tensor<1x1x3xi32>
    fxp.yield %r : tensor<1x1x3xi32>
  }
  return %1 : tensor<1x1x3xi32>
}

// -----

func.func @forward(%x: tensor<1x1x1x3xui8>) -> tensor<1x1x3xi8>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %0 = fxp.kernel "patches" -> tensor<1x1x3xui8> {
    %p = fxp.patches %x {height = 1 : i64, width = 1 : i64}
      : tensor<1x1x1x3xui8> -> tensor<1x1x3xui8>
    fxp.yield %p : tensor<1x1x3xui8>
  }
  %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
  %b = fxp.constant dense<0> : tensor<3xi32> -> tensor<3xi32>
  %1 = fxp.kernel "gemm" -> tensor<1x1x3xi8> {
    %y = fxp.linear %0, %w, %b
      : (tensor<1x1x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x1x3xi32>
    // expected-error @+1 {{'fxp.requantize' op expected s8 codes within [-127, 127], found the lower bound -128}}
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -128 : i64, high = 99 : i64}
      : (tensor<1x1x3xi32>, tensor<3xi32>) -> tensor<1x1x3xi8>
    fxp.yield %r : tensor<1x1x3xi8>
  }
  return %1 : tensor<1x1x3xi8>
}
