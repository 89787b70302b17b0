// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -deit-quantize -split-input-file -verify-diagnostics
// RUN: not deit-opt %s -deit-quantize=residual-bits=12 2>&1 \
// RUN:   | FileCheck %s --check-prefix=BITS
// RUN: not deit-opt %s -deit-quantize=residual-headroom=0.5 2>&1 \
// RUN:   | FileCheck %s --check-prefix=HEADROOM

// BITS: deit-quantize: expected residual-bits of 16 or 8, found 12
// HEADROOM: deit-quantize: expected a residual-headroom from 1 to 1024, found 5.0

func.func @no_range(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  // expected-error @unknown {{at 'blocks.3.mlp.act' has no calibrated range; run deit-calibrate first}}
  %0 = deit.gelu %x : tensor<1x1xf32> -> tensor<1x1xf32> loc("blocks.3.mlp.act")
  return %0 : tensor<1x1xf32>
}

// -----

func.func @stream_range(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  // expected-error @unknown {{at 'blocks.3' has no calibrated range}}
  %0 = deit.add %x, %x
    : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32> loc("blocks.3")
  return %0 : tensor<1x1xf32>
}

// -----

func.func @infinite(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  // expected-error @below {{has no finite range}}
  %0 = deit.gelu %x {deit.range = array<f64: 0.0, 0x7FF0000000000000>}
    : tensor<1x1xf32> -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// -----

func.func @unfolded(%x: tensor<1x1xf32>, %g: tensor<1xf32>) -> tensor<1x1xf32> {
  // expected-error @unknown {{at 'ls1' has no quantized form; run the folds of parameters first}}
  %0 = deit.layer_scale %x, %g
    : (tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x1xf32> loc("ls1")
  return %0 : tensor<1x1xf32>
}

// -----

func.func @float_operand(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = deit.constant dense<[[1.0]]> : tensor<1x1xf32> -> tensor<1x1xf32>
  // expected-error @unknown {{at 'head' expected a quantized operand, found 'f32'}}
  %0 = deit.linear %x, %w
    : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32> loc("head")
  return %0 : tensor<1x1xf32>
}

// -----

func.func @unknown_user(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = deit.constant dense<[[1.0]]> : tensor<1x1xf32> -> tensor<1x1xf32>
  %0 = deit.gelu %x {deit.range = array<f64: 0.0, 1.0>}
    : tensor<1x1xf32> -> tensor<1x1xf32>
  // expected-error @unknown {{at 'fc' expected its only user to be deit.gelu, deit.split_heads, the branch of a deit.add, or the return}}
  %1 = deit.linear %0, %w
    : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32> loc("fc")
  %2 = deit.softmax %1 : tensor<1x1xf32> -> tensor<1x1xf32>
  return %2 : tensor<1x1xf32>
}

// -----

func.func @weight(%x: tensor<1x1xf32>, %w: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %0 = deit.gelu %x {deit.range = array<f64: 0.0, 1.0>}
    : tensor<1x1xf32> -> tensor<1x1xf32>
  // expected-error @unknown {{at 'head' has a parameter that is not a constant}}
  %1 = deit.linear %0, %w
    : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32> loc("head")
  return %1 : tensor<1x1xf32>
}

// -----

// Products of queries and keys have the product of their scales.

func.func @huge_scores(%x: tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32> {
  %w = deit.constant dense<1.0> : tensor<1x1xf32> -> tensor<1x1xf32>
  %i = deit.gelu %x {deit.range = array<f64: 0.0, 1.0>}
    : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %m = deit.merge_heads %i : tensor<1x1x1x1xf32> -> tensor<1x1x1xf32>
  %q = deit.linear %m, %w {deit.range = array<f64: 0.0, 1.0e30>}
    : (tensor<1x1x1xf32>, tensor<1x1xf32>) -> tensor<1x1x1xf32>
  %h = deit.split_heads %q : tensor<1x1x1xf32> -> tensor<1x1x1x1xf32>
  // expected-error @unknown {{at 'attn' has a result of scale 6.2}}
  %s = deit.matmul %h, %h {transpose_rhs}
    : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
    loc("attn")
  return %s : tensor<1x1x1x1xf32>
}

// -----

func.func @quantized_already(%x: tensor<1x2x1xf32>) -> tensor<1x2x1xf32> {
  // expected-error @unknown {{at 'pos' expected a float constant in the residual stream; is the model quantized already?}}
  %pos = deit.constant dense<[[[1], [2]]]> : tensor<1x2x1xi8>
    -> tensor<1x2x1x!quant.uniform<i8:f32, 1.0>> loc("pos")
  %0 = deit.add %x, %pos {deit.range = array<f64: 0.0, 1.0>}
    : (tensor<1x2x1xf32>, tensor<1x2x1x!quant.uniform<i8:f32, 1.0>>)
    -> tensor<1x2x1xf32>
  return %0 : tensor<1x2x1xf32>
}

// -----

func.func @float_heads(%x: tensor<1x1x2xf32>) -> tensor<1x2x1x1xf32> {
  // expected-error @unknown {{at 'attn' expected a quantized operand, found 'tensor<1x1x2xf32>'}}
  %0 = deit.split_heads %x : tensor<1x1x2xf32> -> tensor<1x2x1x1xf32>
    loc("attn")
  return %0 : tensor<1x2x1x1xf32>
}
