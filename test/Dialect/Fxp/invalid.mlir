// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every constraint of the dialect.
//
// RUN: deit-opt %s -split-input-file -verify-diagnostics

func.func @constant_shape() { // C1
  // expected-error @+1 {{expected a value of shape 3, found 2}}
  %0 = fxp.constant dense<[1, 2]> : tensor<2xi32> -> tensor<3xi32>
  return
}

// -----

func.func @constant_width() { // C1
  // expected-error @+1 {{expected a value of i16, found 'i32'}}
  %0 = fxp.constant dense<[1, 2]> : tensor<2xi32> -> tensor<2xi16>
  return
}

// -----

func.func @float() {
  // expected-error @+1 {{result #0 must be statically shaped tensor of}}
  %0 = fxp.constant dense<1.0> : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

func.func @patches_cover(%x: tensor<1x32x32x3xui8>) { // C1
  // expected-error @+1 {{expected an image that 16x12 patches cover, found 32x32 pixels}}
  %0 = fxp.patches %x {height = 16 : i64, width = 12 : i64}
    : tensor<1x32x32x3xui8> -> tensor<1x4x768xui8>
  return
}

// -----

func.func @patches_positive(%x: tensor<1x32x32x3xui8>) { // C1
  // expected-error @+1 {{expected an image that 0x16 patches cover}}
  %0 = fxp.patches %x {height = 0 : i64, width = 16 : i64}
    : tensor<1x32x32x3xui8> -> tensor<1x4x768xui8>
  return
}

// -----

func.func @patches_result(%x: tensor<1x32x32x3xui8>) { // C2
  // expected-error @+1 {{expected a result of shape 1x4x768, found 1x4x256}}
  %0 = fxp.patches %x {height = 16 : i64, width = 16 : i64}
    : tensor<1x32x32x3xui8> -> tensor<1x4x256xui8>
  return
}

// -----

func.func @prepend_rank(%x: tensor<4x8xi16>, %t: tensor<1x8xi16>) { // C1
  // expected-error @+1 {{expected tokens of rank 3, found 2}}
  %0 = fxp.prepend_token %x, %t
    : (tensor<4x8xi16>, tensor<1x8xi16>) -> tensor<5x8xi16>
  return
}

// -----

func.func @prepend_token(%x: tensor<1x4x8xi16>, %t: tensor<1x7xi16>) { // C1
  // expected-error @+1 {{expected a token of shape 1x8, found 1x7}}
  %0 = fxp.prepend_token %x, %t
    : (tensor<1x4x8xi16>, tensor<1x7xi16>) -> tensor<1x5x8xi16>
  return
}

// -----

func.func @prepend_result(%x: tensor<1x4x8xi16>, %t: tensor<1x8xi16>) { // C1
  // expected-error @+1 {{expected a result of shape 1x5x8, found 1x4x8}}
  %0 = fxp.prepend_token %x, %t
    : (tensor<1x4x8xi16>, tensor<1x8xi16>) -> tensor<1x4x8xi16>
  return
}

// -----

func.func @select_index(%x: tensor<1x4x8xi16>) { // C1
  // expected-error @+1 {{expected 'index' from 0 to 3, found 4}}
  %0 = fxp.select_token %x {index = 4 : i64}
    : tensor<1x4x8xi16> -> tensor<1x8xi16>
  return
}

// -----

func.func @select_result(%x: tensor<1x4x8xi16>) { // C1
  // expected-error @+1 {{expected a result of shape 1x8, found 1x4}}
  %0 = fxp.select_token %x {index = 0 : i64}
    : tensor<1x4x8xi16> -> tensor<1x4xi16>
  return
}

// -----

func.func @select_element(%x: tensor<1x4x8xui8>) { // C2
  // expected-error @+1 {{expected a result of 'ui8', found 'i8'}}
  %0 = fxp.select_token %x {index = 0 : i64}
    : tensor<1x4x8xui8> -> tensor<1x8xi8>
  return
}

// -----

func.func @split_heads(%x: tensor<1x5x8xi8>) { // C1
  // expected-error @+1 {{expected tokens of shape 1x5x6, found 1x5x8}}
  %0 = fxp.split_heads %x : tensor<1x5x8xi8> -> tensor<1x2x5x3xi8>
  return
}

// -----

func.func @split_element(%x: tensor<1x5x8xi8>) { // C1
  // expected-error @+1 {{expected one element type, found 'i8' and 'ui8'}}
  %0 = fxp.split_heads %x : tensor<1x5x8xi8> -> tensor<1x2x5x4xui8>
  return
}

// -----

func.func @merge_heads(%x: tensor<1x2x5x4xi8>) { // C1
  // expected-error @+1 {{expected tokens of shape 1x5x8, found 1x5x4}}
  %0 = fxp.merge_heads %x : tensor<1x2x5x4xi8> -> tensor<1x5x4xi8>
  return
}

// -----

func.func @linear_inputs(%x: tensor<1x5x7xui8>, %w: tensor<24x8xi8>,
                         %b: tensor<24xi32>) { // C1
  // expected-error @+1 {{expected an operand with 8 channels, found 7}}
  %0 = fxp.linear %x, %w, %b
    : (tensor<1x5x7xui8>, tensor<24x8xi8>, tensor<24xi32>)
    -> tensor<1x5x24xi32>
  return
}

// -----

func.func @linear_bias(%x: tensor<1x5x8xui8>, %w: tensor<24x8xi8>,
                       %b: tensor<23xi32>) { // C2
  // expected-error @+1 {{expected a bias of shape 24, found 23}}
  %0 = fxp.linear %x, %w, %b
    : (tensor<1x5x8xui8>, tensor<24x8xi8>, tensor<23xi32>)
    -> tensor<1x5x24xi32>
  return
}

// -----

func.func @linear_result(%x: tensor<1x5x8xui8>, %w: tensor<24x8xi8>,
                         %b: tensor<24xi32>) { // C2
  // expected-error @+1 {{expected a result of shape 1x5x24, found 1x6x24}}
  %0 = fxp.linear %x, %w, %b
    : (tensor<1x5x8xui8>, tensor<24x8xi8>, tensor<24xi32>)
    -> tensor<1x6x24xi32>
  return
}

// -----

func.func @matmul_contracts(%x: tensor<1x2x5x4xi8>, %y: tensor<1x2x3x5xi8>) { // C1
  // expected-error @+1 {{expected a right operand of 1 images, 2 heads that contracts 4, found 1, 2 and 5}}
  %0 = fxp.matmul %x, %y {transpose_rhs}
    : (tensor<1x2x5x4xi8>, tensor<1x2x3x5xi8>) -> tensor<1x2x5x3xi32>
  return
}

// -----

func.func @matmul_heads(%x: tensor<1x2x5x4xi8>, %y: tensor<1x3x4x5xi8>) { // C1
  // expected-error @+1 {{found 1, 3 and 4}}
  %0 = fxp.matmul %x, %y
    : (tensor<1x2x5x4xi8>, tensor<1x3x4x5xi8>) -> tensor<1x2x5x5xi32>
  return
}

// -----

func.func @matmul_result(%x: tensor<1x2x5x4xi8>, %y: tensor<1x2x4x3xi8>) { // C1
  // expected-error @+1 {{expected a result of shape 1x2x5x3, found 1x2x3x5}}
  %0 = fxp.matmul %x, %y
    : (tensor<1x2x5x4xi8>, tensor<1x2x4x3xi8>) -> tensor<1x2x3x5xi32>
  return
}

// -----

func.func @matmul_unsigned(%x: tensor<1x2x5x4xi8>, %y: tensor<1x2x4x3xui8>) { // C2
  // expected-error @+1 {{expected an i8 right operand, found ui8}}
  %0 = fxp.matmul %x, %y
    : (tensor<1x2x5x4xi8>, tensor<1x2x4x3xui8>) -> tensor<1x2x5x3xi32>
  return
}

// -----

func.func @requantize_result(%x: tensor<5x8xi32>, %m: tensor<8xi32>) { // C1
  // expected-error @+1 {{expected a result of shape 5x8, found 5x7}}
  %0 = fxp.requantize %x, %m {pre_shift = 0 : i64, shift = 8 : i64,
      zero_point = 0 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<5x8xi32>, tensor<8xi32>) -> tensor<5x7xui8>
  return
}

// -----

func.func @requantize_multiplier(%x: tensor<5x8xi32>, %m: tensor<5xi32>) { // C1
  // expected-error @+1 {{expected a multiplier of shape 8, found 5}}
  %0 = fxp.requantize %x, %m {pre_shift = 0 : i64, shift = 8 : i64,
      zero_point = 0 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<5x8xi32>, tensor<5xi32>) -> tensor<5x8xui8>
  return
}

// -----

func.func @requantize_pre_shift(%x: tensor<5x8xi32>, %m: tensor<8xi32>) { // C2
  // expected-error @+1 {{expected 'pre_shift' from 0 to 24, found 25}}
  %0 = fxp.requantize %x, %m {pre_shift = 25 : i64, shift = 8 : i64,
      zero_point = 0 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<5x8xi32>, tensor<8xi32>) -> tensor<5x8xui8>
  return
}

// -----

func.func @requantize_shift(%x: tensor<5x8xi32>, %m: tensor<8xi32>) { // C2
  // expected-error @+1 {{expected 'shift' from 1 to 30, found 0}}
  %0 = fxp.requantize %x, %m {pre_shift = 0 : i64, shift = 0 : i64,
      zero_point = 0 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<5x8xi32>, tensor<8xi32>) -> tensor<5x8xui8>
  return
}

// -----

func.func @requantize_order(%x: tensor<5x8xi32>, %m: tensor<8xi32>) { // C3
  // expected-error @+1 {{expected low <= high, found 9 and 8}}
  %0 = fxp.requantize %x, %m {pre_shift = 0 : i64, shift = 8 : i64,
      zero_point = 0 : i64, low = 9 : i64, high = 8 : i64}
    : (tensor<5x8xi32>, tensor<8xi32>) -> tensor<5x8xui8>
  return
}

// -----

func.func @requantize_clamp(%x: tensor<5x8xi32>, %m: tensor<8xi32>) { // C3
  // expected-error @+1 {{expected low and high to fit 'i8', found -128 and 128}}
  %0 = fxp.requantize %x, %m {pre_shift = 0 : i64, shift = 8 : i64,
      zero_point = 0 : i64, low = -128 : i64, high = 128 : i64}
    : (tensor<5x8xi32>, tensor<8xi32>) -> tensor<5x8xi8>
  return
}

// -----

func.func @requantize_zero_point(%x: tensor<5x8xi32>, %m: tensor<8xi32>) { // C3
  // expected-error @+1 {{expected 'zero_point' from -32768 to 32767, found 32768}}
  %0 = fxp.requantize %x, %m {pre_shift = 0 : i64, shift = 8 : i64,
      zero_point = 32768 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<5x8xi32>, tensor<8xi32>) -> tensor<5x8xui8>
  return
}

// -----

func.func @lookup_table(%x: tensor<1x4xui8>, %t: tensor<255xui8>) { // C1
  // expected-error @+1 {{expected a table of shape 256, found 255}}
  %0 = fxp.lookup %x in %t
    : (tensor<1x4xui8>, tensor<255xui8>) -> tensor<1x4xui8>
  return
}

// -----

func.func @lookup_result(%x: tensor<1x4xui8>, %t: tensor<256xui8>) { // C2
  // expected-error @+1 {{expected a result of shape 1x4, found 4x1}}
  %0 = fxp.lookup %x in %t
    : (tensor<1x4xui8>, tensor<256xui8>) -> tensor<4x1xui8>
  return
}

// -----

func.func @add_result(%x: tensor<2x4xi16>) { // C1
  // expected-error @+1 {{expected a result of shape 2x4, found 1x4}}
  %0 = fxp.add %x, %x {multiplier = 1 : i64, pre_shift = 0 : i64,
      shift = 1 : i64, low = -1 : i64, high = 1 : i64}
    : (tensor<2x4xi16>, tensor<2x4xi16>) -> tensor<1x4xi16>
  return
}

// -----

func.func @add_branch(%x: tensor<2x4xi16>, %y: tensor<1x3xi16>) { // C1
  // expected-error @+1 {{expected a branch of shape 1x4, found 1x3}}
  %0 = fxp.add %x, %y {multiplier = 1 : i64, pre_shift = 0 : i64,
      shift = 1 : i64, low = -1 : i64, high = 1 : i64}
    : (tensor<2x4xi16>, tensor<1x3xi16>) -> tensor<2x4xi16>
  return
}

// -----

func.func @add_multiplier(%x: tensor<2x4xi16>) { // C2
  // expected-error @+1 {{expected 'multiplier' from 0 to 2147483647, found 2147483648}}
  %0 = fxp.add %x, %x {multiplier = 2147483648 : i64, pre_shift = 0 : i64,
      shift = 1 : i64, low = -1 : i64, high = 1 : i64}
    : (tensor<2x4xi16>, tensor<2x4xi16>) -> tensor<2x4xi16>
  return
}

// -----

func.func @add_shift(%x: tensor<2x4xi16>) { // C2
  // expected-error @+1 {{expected 'shift' from 1 to 30, found 31}}
  %0 = fxp.add %x, %x {multiplier = 1 : i64, pre_shift = 0 : i64,
      shift = 31 : i64, low = -1 : i64, high = 1 : i64}
    : (tensor<2x4xi16>, tensor<2x4xi16>) -> tensor<2x4xi16>
  return
}

// -----

func.func @add_clamp(%x: tensor<2x4xi16>) { // C3
  // expected-error @+1 {{expected low and high to fit 'i16', found -1 and 32768}}
  %0 = fxp.add %x, %x {multiplier = 1 : i64, pre_shift = 0 : i64,
      shift = 1 : i64, low = -1 : i64, high = 32768 : i64}
    : (tensor<2x4xi16>, tensor<2x4xi16>) -> tensor<2x4xi16>
  return
}

// -----

func.func @layer_norm_gamma(%x: tensor<2x4xi16>, %g: tensor<4xi32>,
                            %b: tensor<3xi32>) { // C1
  // expected-error @+1 {{expected gamma and beta of shape 4, found 3}}
  %0 = fxp.layer_norm %x, %g, %b {epsilon = 64 : i64, shift = 14 : i64,
      zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<2x4xi16>, tensor<4xi32>, tensor<3xi32>) -> tensor<2x4xui8>
  return
}

// -----

func.func @layer_norm_channels(%x: tensor<1x4097xi16>,
                               %g: tensor<4097xi32>) { // C1
  // expected-error @+1 {{expected channels from 1 to 4096, found 4097}}
  %0 = fxp.layer_norm %x, %g, %g {epsilon = 64 : i64, shift = 14 : i64,
      zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<1x4097xi16>, tensor<4097xi32>, tensor<4097xi32>)
    -> tensor<1x4097xui8>
  return
}

// -----

func.func @layer_norm_shift(%x: tensor<2x4xi16>, %g: tensor<4xi32>) { // C2
  // expected-error @+1 {{expected 'shift' from 1 to 24, found 25}}
  %0 = fxp.layer_norm %x, %g, %g {epsilon = 64 : i64, shift = 25 : i64,
      zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<2x4xi16>, tensor<4xi32>, tensor<4xi32>) -> tensor<2x4xui8>
  return
}

// -----

func.func @layer_norm_epsilon(%x: tensor<2x4xi16>, %g: tensor<4xi32>) { // C2
  // expected-error @+1 {{expected 'epsilon' from 0 to 2305843009213693952, found -1}}
  %0 = fxp.layer_norm %x, %g, %g {epsilon = -1 : i64, shift = 14 : i64,
      zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<2x4xi16>, tensor<4xi32>, tensor<4xi32>) -> tensor<2x4xui8>
  return
}

// -----

func.func @layer_norm_clamp(%x: tensor<2x4xi16>, %g: tensor<4xi32>) { // C3
  // expected-error @+1 {{expected low and high to fit 'ui8', found -1 and 255}}
  %0 = fxp.layer_norm %x, %g, %g {epsilon = 64 : i64, shift = 14 : i64,
      zero_point = 128 : i64, low = -1 : i64, high = 255 : i64}
    : (tensor<2x4xi16>, tensor<4xi32>, tensor<4xi32>) -> tensor<2x4xui8>
  return
}

// -----

func.func @softmax_sums(%s: tensor<1x2x5x5xi32>) { // C1
  // expected-error @+1 {{expected sums of shape 1x2x5, found 1x2x4}}
  %y, %sum = fxp.softmax %s {multiplier = 1400000000 : i64,
      pre_shift = 2 : i64, limit = 300000 : i64}
    : tensor<1x2x5x5xi32> -> tensor<1x2x5x5xui8>, tensor<1x2x4xi32>
  return
}

// -----

func.func @softmax_multiplier(%s: tensor<1x2x5x5xi32>) { // C2
  // expected-error @+1 {{expected 'multiplier' from 0 to 2147483647, found -1}}
  %y, %sum = fxp.softmax %s {multiplier = -1 : i64,
      pre_shift = 2 : i64, limit = 300000 : i64}
    : tensor<1x2x5x5xi32> -> tensor<1x2x5x5xui8>, tensor<1x2x5xi32>
  return
}

// -----

func.func @softmax_limit(%s: tensor<1x2x5x5xi32>) { // C3
  // expected-error @+1 {{expected 'limit' from 1 to 127, found 128}}
  %y, %sum = fxp.softmax %s {multiplier = 1 : i64,
      pre_shift = 24 : i64, limit = 128 : i64}
    : tensor<1x2x5x5xi32> -> tensor<1x2x5x5xui8>, tensor<1x2x5xi32>
  return
}

// -----

func.func @softmax_exponent(%s: tensor<1x2x5x5xi32>) { // C3
  // expected-error @+1 {{expected the limit's exponent from 0 to 1114111, found 1303851}}
  %y, %sum = fxp.softmax %s {multiplier = 1400000000 : i64,
      pre_shift = 2 : i64, limit = 500000 : i64}
    : tensor<1x2x5x5xi32> -> tensor<1x2x5x5xui8>, tensor<1x2x5xi32>
  return
}

// -----

func.func @normalize_sums(%x: tensor<1x2x5x4xi32>, %s: tensor<1x2x4xi32>) { // C1
  // expected-error @+1 {{expected sums of shape 1x2x5, found 1x2x4}}
  %0 = fxp.normalize %x, %s {multiplier = 1 : i64,
      shift = 7 : i64, zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<1x2x5x4xi32>, tensor<1x2x4xi32>) -> tensor<1x2x5x4xui8>
  return
}

// -----

func.func @normalize_multiplier(%x: tensor<1x2x5x4xi32>,
                                %s: tensor<1x2x5xi32>) { // C2
  // expected-error @+1 {{expected 'multiplier' from 0 to 547608330239, found 547608330240}}
  %0 = fxp.normalize %x, %s {multiplier = 547608330240 : i64,
      shift = 7 : i64, zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<1x2x5x4xi32>, tensor<1x2x5xi32>) -> tensor<1x2x5x4xui8>
  return
}

// -----

func.func @normalize_clamp(%x: tensor<1x2x5x4xi32>, %s: tensor<1x2x5xi32>) { // C3
  // expected-error @+1 {{expected low and high to fit 'ui8', found 0 and 256}}
  %0 = fxp.normalize %x, %s {multiplier = 1 : i64,
      shift = 7 : i64, zero_point = 128 : i64, low = 0 : i64, high = 256 : i64}
    : (tensor<1x2x5x4xi32>, tensor<1x2x5xi32>) -> tensor<1x2x5x4xui8>
  return
}

// -----

func.func @kernel_end(%x: tensor<2xui8>) { // C1
  // expected-error @+1 {{expected a body that ends in 'fxp.yield'}}
  %0 = fxp.kernel "gemm" -> tensor<2xui8> {
    %1 = fxp.constant dense<1> : tensor<2xi8> -> tensor<2xui8>
  }
  return
}

// -----

func.func @kernel_type(%x: tensor<2xui8>) { // C1
  // expected-error @+1 {{expected to yield 'tensor<2xi8>', found 'tensor<2xui8>'}}
  %0 = fxp.kernel "gemm" -> tensor<2xi8> {
    fxp.yield %x : tensor<2xui8>
  }
  return
}

// -----

func.func @yield(%x: tensor<2xui8>) {
  // expected-error @+1 {{expects parent op 'fxp.kernel'}}
  fxp.yield %x : tensor<2xui8>
}

// -----

// expected-error @+1 {{'fxp.logit_scale' expected a positive f64, found 1 : i32}}
func.func private @logit_scale() attributes {fxp.logit_scale = 1 : i32}

// -----

// expected-error @+1 {{unknown attribute 'fxp.other' of dialect 'fxp'}}
func.func private @other() attributes {fxp.other}

// -----

func.func @format_kind(%x: tensor<1x2x4x3xui8>) {
  // expected-error @+1 {{'fxp.format' expected a quantized type with one scale, found i8}}
  %0 = fxp.patches %x {height = 2 : i64, width = 2 : i64, fxp.format = i8}
    : tensor<1x2x4x3xui8> -> tensor<1x2x12xui8>
  return
}

// -----

func.func @format_storage(%x: tensor<1x2x4x3xui8>) {
  // expected-error @+1 {{'fxp.format' '!quant.uniform<i8:f32, 5.000000e-01>' expected a first result of its storage type}}
  %0 = fxp.patches %x {height = 2 : i64, width = 2 : i64,
      fxp.format = !quant.uniform<i8:f32, 0.5>}
    : tensor<1x2x4x3xui8> -> tensor<1x2x12xui8>
  return
}

// -----

// expected-error @+1 {{expected a first result of its storage type}}
func.func private @format_place() attributes {fxp.format = !quant.uniform<i8:f32, 0.5>}

// -----

func.func @constant_splat() -> tensor<4194305xi8> {
  // expected-error @+1 {{expected at most 4194304 elements that are all the same, found 4194305}}
  %0 = fxp.constant dense<1> : tensor<4194305xi8> -> tensor<4194305xi8>
  return %0 : tensor<4194305xi8>
}

// -----

// More elements than 64 bits can count.
func.func @many_elements(%x: tensor<4294967296x4294967296x3x3xui8>)
    -> tensor<4294967296x4294967296x9xui8> {
  // expected-error @+1 {{operand #0 must be statically shaped tensor of}}
  %0 = fxp.patches %x {height = 1 : i64, width = 3 : i64}
    : tensor<4294967296x4294967296x3x3xui8>
    -> tensor<4294967296x4294967296x9xui8>
  return %0 : tensor<4294967296x4294967296x9xui8>
}
