// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -split-input-file -verify-diagnostics

// constant C1
func.func @constant_shape() {
  // expected-error @below {{expected a value of shape 3, found 2}}
  %0 = deit.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<3xf32>
  return
}

// -----

// constant C2
func.func @constant_float() {
  // expected-error @below {{expected a value of 'f32', found 'i8'}}
  %0 = deit.constant dense<[1, 2]> : tensor<2xi8> -> tensor<2xf32>
  return
}

// -----

// constant C2
func.func @constant_codes() {
  // expected-error @below {{expected a value of 'i8', found 'f32'}}
  %0 = deit.constant dense<[1.0, 2.0]> : tensor<2xf32>
    -> tensor<2x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

// quantize C1
func.func @quantize(%x: tensor<2xf32>) {
  // expected-error @below {{expected a float operand and a quantized result}}
  %0 = deit.quantize %x : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

func.func @quantize_shape(%x: tensor<2xf32>) {
  // expected-error @below {{requires the same shape for all operands and results}}
  %0 = deit.quantize %x : tensor<2xf32>
    -> tensor<3x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

// dequantize C1
func.func @dequantize(%x: tensor<2xf32>) {
  // expected-error @below {{expected a quantized operand and a float result}}
  %0 = deit.dequantize %x : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

// normalize C1
func.func @normalize_shape(%x: tensor<1x4x4x3xui8>) {
  // expected-error @below {{expected a result of shape 1x4x4x3, found 1x4x5x3}}
  %0 = deit.normalize %x {mean = array<f32: 0.0, 0.0, 0.0>,
                          std = array<f32: 1.0, 1.0, 1.0>}
    : tensor<1x4x4x3xui8> -> tensor<1x4x5x3xf32>
  return
}

// -----

// normalize C1
func.func @normalize_colours(%x: tensor<1x4x4x1xui8>) {
  // expected-error @below {{expected 3 colours, found 1}}
  %0 = deit.normalize %x {mean = array<f32: 0.0, 0.0, 0.0>,
                          std = array<f32: 1.0, 1.0, 1.0>}
    : tensor<1x4x4x1xui8> -> tensor<1x4x4x1xf32>
  return
}

// -----

// normalize C2
func.func @normalize_count(%x: tensor<1x4x4x3xui8>) {
  // expected-error @below {{expected 3 means and 3 deviations, found 2 and 3}}
  %0 = deit.normalize %x {mean = array<f32: 0.0, 0.0>,
                          std = array<f32: 1.0, 1.0, 1.0>}
    : tensor<1x4x4x3xui8> -> tensor<1x4x4x3xf32>
  return
}

// -----

// normalize C2
func.func @normalize_deviation(%x: tensor<1x4x4x3xui8>) {
  // expected-error @below {{expected positive deviations, found 0}}
  %0 = deit.normalize %x {mean = array<f32: 0.0, 0.0, 0.0>,
                          std = array<f32: 1.0, 0.0, 1.0>}
    : tensor<1x4x4x3xui8> -> tensor<1x4x4x3xf32>
  return
}

// -----

// patch_embed C1
func.func @patches(%x: tensor<1x5x4x3xf32>, %w: tensor<8x2x2x3xf32>,
                   %b: tensor<8xf32>) {
  // expected-error @below {{expected an image that 2x2 patches cover, found 5x4 pixels}}
  %0 = deit.patch_embed %x, %w, %b
    : (tensor<1x5x4x3xf32>, tensor<8x2x2x3xf32>, tensor<8xf32>)
    -> tensor<1x4x8xf32>
  return
}

// -----

// patch_embed C2
func.func @patch_colours(%x: tensor<1x4x4x3xf32>, %w: tensor<8x2x2x1xf32>,
                         %b: tensor<8xf32>) {
  // expected-error @below {{expected 3 colours, found 3 in the image and 1 in the weight}}
  %0 = deit.patch_embed %x, %w, %b
    : (tensor<1x4x4x3xf32>, tensor<8x2x2x1xf32>, tensor<8xf32>)
    -> tensor<1x4x8xf32>
  return
}

// -----

// patch_embed C3
func.func @patch_result(%x: tensor<1x4x4x3xf32>, %w: tensor<8x2x2x3xf32>,
                        %b: tensor<8xf32>) {
  // expected-error @below {{expected a result of shape 1x4x8, found 1x8x4}}
  %0 = deit.patch_embed %x, %w, %b
    : (tensor<1x4x4x3xf32>, tensor<8x2x2x3xf32>, tensor<8xf32>)
    -> tensor<1x8x4xf32>
  return
}

// -----

// patch_embed C3
func.func @patch_bias(%x: tensor<1x4x4x3xf32>, %w: tensor<8x2x2x3xf32>,
                      %b: tensor<4xf32>) {
  // expected-error @below {{expected a bias of shape 8, found 4}}
  %0 = deit.patch_embed %x, %w, %b
    : (tensor<1x4x4x3xf32>, tensor<8x2x2x3xf32>, tensor<4xf32>)
    -> tensor<1x4x8xf32>
  return
}

// -----

// prepend_token C1
func.func @prepend_result(%x: tensor<1x4x8xf32>, %t: tensor<8xf32>) {
  // expected-error @below {{expected a result of shape 1x5x8, found 1x4x8}}
  %0 = deit.prepend_token %x, %t
    : (tensor<1x4x8xf32>, tensor<8xf32>) -> tensor<1x4x8xf32>
  return
}

// -----

// prepend_token C1
func.func @prepend_token(%x: tensor<1x4x8xf32>, %t: tensor<4xf32>) {
  // expected-error @below {{expected a token of shape 8, found 4}}
  %0 = deit.prepend_token %x, %t
    : (tensor<1x4x8xf32>, tensor<4xf32>) -> tensor<1x5x8xf32>
  return
}

// -----

// select_token C1
func.func @select_index(%x: tensor<1x5x8xf32>) {
  // expected-error @below {{expected an index below 5, found 5}}
  %0 = deit.select_token %x {index = 5 : i64}
    : tensor<1x5x8xf32> -> tensor<1x8xf32>
  return
}

// -----

// select_token C1
func.func @select_result(%x: tensor<1x5x8xf32>) {
  // expected-error @below {{expected a result of shape 1x8, found 1x5}}
  %0 = deit.select_token %x {index = 0 : i64}
    : tensor<1x5x8xf32> -> tensor<1x5xf32>
  return
}

// -----

// linear C1
func.func @linear_operand(%x: tensor<1x5x4xf32>, %w: tensor<2x8xf32>) {
  // expected-error @below {{expected an operand with 8 channels, found 1x5x4}}
  %0 = deit.linear %x, %w
    : (tensor<1x5x4xf32>, tensor<2x8xf32>) -> tensor<1x5x2xf32>
  return
}

// -----

// linear C2
func.func @linear_result(%x: tensor<1x5x8xf32>, %w: tensor<2x8xf32>) {
  // expected-error @below {{expected a result of shape 1x5x2, found 1x5x8}}
  %0 = deit.linear %x, %w
    : (tensor<1x5x8xf32>, tensor<2x8xf32>) -> tensor<1x5x8xf32>
  return
}

// -----

// linear C2
func.func @linear_bias(%x: tensor<1x5x8xf32>, %w: tensor<2x8xf32>,
                       %b: tensor<8xf32>) {
  // expected-error @below {{expected a bias of shape 2, found 8}}
  %0 = deit.linear %x, %w bias %b
    : (tensor<1x5x8xf32>, tensor<2x8xf32>, tensor<8xf32>) -> tensor<1x5x2xf32>
  return
}

// -----

// layer_norm C1
func.func @norm_result(%x: tensor<1x8xf32>, %g: tensor<8xf32>) {
  // expected-error @below {{expected a result of shape 1x8, found 8x1}}
  %0 = deit.layer_norm %x, %g, %g {epsilon = 0.0 : f64}
    : (tensor<1x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<8x1xf32>
  return
}

// -----

// layer_norm C1
func.func @norm_gamma(%x: tensor<1x8xf32>, %g: tensor<4xf32>,
                      %b: tensor<8xf32>) {
  // expected-error @below {{expected gamma of shape 8, found 4}}
  %0 = deit.layer_norm %x, %g, %b {epsilon = 0.0 : f64}
    : (tensor<1x8xf32>, tensor<4xf32>, tensor<8xf32>) -> tensor<1x8xf32>
  return
}

// -----

// layer_norm C1
func.func @norm_beta(%x: tensor<1x8xf32>, %g: tensor<8xf32>,
                     %b: tensor<4xf32>) {
  // expected-error @below {{expected beta of shape 8, found 4}}
  %0 = deit.layer_norm %x, %g, %b {epsilon = 0.0 : f64}
    : (tensor<1x8xf32>, tensor<8xf32>, tensor<4xf32>) -> tensor<1x8xf32>
  return
}

// -----

// layer_norm C2
func.func @norm_epsilon(%x: tensor<1x8xf32>, %g: tensor<8xf32>) {
  // expected-error @below {{expected an epsilon of at least 0, found -1}}
  %0 = deit.layer_norm %x, %g, %g {epsilon = -1.0 : f64}
    : (tensor<1x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<1x8xf32>
  return
}

// -----

// gelu, as scale and softmax: one shape
func.func @gelu(%x: tensor<1x8xf32>) {
  // expected-error @below {{requires the same shape for all operands and results}}
  %0 = deit.gelu %x : tensor<1x8xf32> -> tensor<8x1xf32>
  return
}

// -----

func.func @scale(%x: tensor<1x8xf32>) {
  // expected-error @below {{requires the same shape for all operands and results}}
  %0 = deit.scale %x {factor = 2.0 : f64} : tensor<1x8xf32> -> tensor<8x1xf32>
  return
}

// -----

func.func @softmax(%x: tensor<1x8xf32>) {
  // expected-error @below {{requires the same shape for all operands and results}}
  %0 = deit.softmax %x : tensor<1x8xf32> -> tensor<8x1xf32>
  return
}

// -----

// add C1
func.func @add_result(%x: tensor<2x8xf32>) {
  // expected-error @below {{expected a result of shape 2x8, found 8x2}}
  %0 = deit.add %x, %x
    : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<8x2xf32>
  return
}

// -----

// add C1: only the first dimension is repeated
func.func @add_operand(%x: tensor<2x8xf32>, %y: tensor<2x1xf32>) {
  // expected-error @below {{expected a right operand of shape 2x8, found 2x1}}
  %0 = deit.add %x, %y
    : (tensor<2x8xf32>, tensor<2x1xf32>) -> tensor<2x8xf32>
  return
}

// -----

// layer_scale C1
func.func @layer_scale_result(%x: tensor<1x8xf32>, %g: tensor<8xf32>) {
  // expected-error @below {{expected a result of shape 1x8, found 8x1}}
  %0 = deit.layer_scale %x, %g
    : (tensor<1x8xf32>, tensor<8xf32>) -> tensor<8x1xf32>
  return
}

// -----

// layer_scale C1
func.func @layer_scale_gamma(%x: tensor<1x8xf32>, %g: tensor<1xf32>) {
  // expected-error @below {{expected gamma of shape 8, found 1}}
  %0 = deit.layer_scale %x, %g
    : (tensor<1x8xf32>, tensor<1xf32>) -> tensor<1x8xf32>
  return
}

// -----

// split_qkv C1
func.func @split_channels(%x: tensor<1x5x8xf32>) {
  // expected-error @below {{expected channels divisible by 3, found 8}}
  %q, %k, %v = deit.split_qkv %x : tensor<1x5x8xf32>
    -> tensor<1x5x2xf32>, tensor<1x5x2xf32>, tensor<1x5x2xf32>
  return
}

// -----

// split_qkv C1
func.func @split_results(%x: tensor<1x5x24xf32>) {
  // expected-error @below {{expected results of shape 1x5x8, found 1x5x4}}
  %q, %k, %v = deit.split_qkv %x : tensor<1x5x24xf32>
    -> tensor<1x5x8xf32>, tensor<1x5x4xf32>, tensor<1x5x8xf32>
  return
}

// -----

// split_heads C1
func.func @split_heads(%x: tensor<1x5x8xf32>) {
  // expected-error @below {{expected tokens 1x5x6 for heads 1x2x5x3, found 1x5x8}}
  %0 = deit.split_heads %x : tensor<1x5x8xf32> -> tensor<1x2x5x3xf32>
  return
}

// -----

// split_heads C2
func.func @split_heads_type(%x: tensor<1x5x8xf32>) {
  // expected-error @below {{expected one element type, found 'f32' and '!quant.uniform<i8:f32, 5.000000e-01>'}}
  %0 = deit.split_heads %x : tensor<1x5x8xf32>
    -> tensor<1x2x5x4x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

// merge_heads C1
func.func @merge_heads(%x: tensor<1x2x5x4xf32>) {
  // expected-error @below {{expected tokens 1x5x8 for heads 1x2x5x4, found 1x8x5}}
  %0 = deit.merge_heads %x : tensor<1x2x5x4xf32> -> tensor<1x8x5xf32>
  return
}

// -----

// merge_heads C2
func.func @merge_heads_type(%x: tensor<1x2x5x4xf32>) {
  // expected-error @below {{expected one element type}}
  %0 = deit.merge_heads %x : tensor<1x2x5x4xf32>
    -> tensor<1x5x8x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

// matmul C1
func.func @matmul_heads(%x: tensor<1x2x5x4xf32>, %y: tensor<1x3x4x5xf32>) {
  // expected-error @below {{expected equal images and heads, found 1x2x5x4 and 1x3x4x5}}
  %0 = deit.matmul %x, %y
    : (tensor<1x2x5x4xf32>, tensor<1x3x4x5xf32>) -> tensor<1x2x5x5xf32>
  return
}

// -----

// matmul C2
func.func @matmul_contracted(%x: tensor<1x2x5x4xf32>,
                             %y: tensor<1x2x4x5xf32>) {
  // expected-error @below {{expected a right operand that contracts 4, found 5}}
  %0 = deit.matmul %x, %y {transpose_rhs}
    : (tensor<1x2x5x4xf32>, tensor<1x2x4x5xf32>) -> tensor<1x2x5x4xf32>
  return
}

// -----

// matmul C2
func.func @matmul_result(%x: tensor<1x2x5x4xf32>) {
  // expected-error @below {{expected a result of shape 1x2x5x5, found 1x2x5x4}}
  %0 = deit.matmul %x, %x {transpose_rhs}
    : (tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>) -> tensor<1x2x5x4xf32>
  return
}

// -----

// Operands outside the dialect's types
func.func @type(%x: tensor<1x8xf64>) {
  // expected-error @below {{operand #0 must be}}
  %0 = deit.gelu %x : tensor<1x8xf64> -> tensor<1x8xf64>
  return
}

// -----

func.func @rank(%x: tensor<1x8xf32>) {
  // expected-error @below {{operand #0 must be}}
  %0 = deit.select_token %x {index = 0 : i64}
    : tensor<1x8xf32> -> tensor<1x8xf32>
  return
}

// -----

func.func @range(%x: tensor<1x8xf32>) {
  // expected-error @below {{'deit.range' expected array<f64: low, high>, found array<f64: 2.000000e+00, 1.000000e+00>}}
  %0 = deit.gelu %x {deit.range = array<f64: 2.0, 1.0>}
    : tensor<1x8xf32> -> tensor<1x8xf32>
  return
}

// -----

func.func @mean(%x: tensor<1x8xf32>) {
  // expected-error @below {{'deit.channel_mean' expected array<f32: ...>, found 1 : i64}}
  %0 = deit.gelu %x {deit.channel_mean = 1 : i64}
    : tensor<1x8xf32> -> tensor<1x8xf32>
  return
}

// -----

func.func @unknown(%x: tensor<1x8xf32>) {
  // expected-error @below {{unknown attribute 'deit.ranges' of dialect 'deit'}}
  %0 = deit.gelu %x {deit.ranges = 1 : i64}
    : tensor<1x8xf32> -> tensor<1x8xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2xf32>) {
  // expected-error @below {{'deit.row_steps' expected array<f64: ...> of positive steps, found array<f64: 1.000000e+00, 0.000000e+00>}}
  %0 = deit.gelu %x {deit.row_steps = array<f64: 1.0, 0.0>}
    : tensor<1x2xf32> -> tensor<1x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2xf32>) {
  // expected-error @below {{'deit.weight_step' expected a positive f64, found -1.000000e+00 : f64}}
  %0 = deit.gelu %x {deit.weight_step = -1.0 : f64}
    : tensor<1x2xf32> -> tensor<1x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2xf32>) {
  // expected-error @below {{'deit.weight_bits' expected an f64 from 1 to 8, found 9.000000e+00 : f64}}
  %0 = deit.gelu %x {deit.weight_bits = 9.0 : f64}
    : tensor<1x2xf32> -> tensor<1x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2xf32>) {
  // expected-error @below {{'deit.row_octaves' expected array<i8: ...>, found array<i32: 1>}}
  %0 = deit.gelu %x {deit.row_octaves = array<i32: 1>}
    : tensor<1x2xf32> -> tensor<1x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2xf32>) {
  // expected-error @below {{'deit.sensitivity' expected array<f32: ...> of numbers that are not negative, found array<f32: -1.000000e+00>}}
  %0 = deit.gelu %x {deit.sensitivity = array<f32: -1.0>}
    : tensor<1x2xf32> -> tensor<1x2xf32>
  return
}

// -----

// expected-error @below {{'deit.class_names' expected an array of strings of one line}}
module attributes {deit.class_names = ["cat", "d\nog"]} {
}

// -----

func.func @constant_splat() -> tensor<4194305xf32> {
  // expected-error @below {{expected at most 4194304 elements that are all the same, found 4194305}}
  %0 = deit.constant dense<1.0> : tensor<4194305xf32> -> tensor<4194305xf32>
  return %0 : tensor<4194305xf32>
}

// -----

// More elements than 64 bits can count.
func.func @many_elements(%x: tensor<4294967296x4294967296x3xf32>)
    -> tensor<4294967296x4294967296x3xf32> {
  // expected-error @below {{operand #0 must be statically shaped tensor of}}
  %0 = deit.gelu %x : tensor<4294967296x4294967296x3xf32>
    -> tensor<4294967296x4294967296x3xf32>
  return %0 : tensor<4294967296x4294967296x3xf32>
}
