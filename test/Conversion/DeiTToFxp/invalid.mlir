// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What cannot be converted names its module path and what is missing.
//
// RUN: deit-opt %s --convert-deit-to-fxp -split-input-file -verify-diagnostics

!u8 = !quant.uniform<u8:f32, 0.5:3>

// Every float value is reported, not the first alone.
func.func @float(%x: tensor<1x4x2x!u8>) -> tensor<1x4x2xf32> {
  // expected-error @unknown {{'deit.gelu' op at 'blocks.0.mlp.act': expected a quantized result, found 'tensor<1x4x2xf32>'; run deit-quantize first}}
  %0 = deit.gelu %x : tensor<1x4x2x!u8> -> tensor<1x4x2xf32>
    loc("blocks.0.mlp.act")
  // expected-error @unknown {{'deit.gelu' op at 'blocks.1.mlp.act': expected a quantized result}}
  %1 = deit.gelu %0 : tensor<1x4x2xf32> -> tensor<1x4x2xf32>
    loc("blocks.1.mlp.act")
  return %1 : tensor<1x4x2xf32>
}

// -----

// expected-error @+1 {{expected argument 0 to hold raw ui8 pixels, found 'tensor<1x4x2xf32>'; run deit-fold-normalize first}}
func.func @float_argument(%x: tensor<1x4x2xf32>) -> tensor<1x4x2xf32> {
  return %x : tensor<1x4x2xf32>
}

// -----

func.func @normalize(%x: tensor<1x2x2x3xui8>) -> tensor<1x2x2x3xf32> {
  // expected-error @unknown {{at 'normalize': expected a quantized result, found 'tensor<1x2x2x3xf32>'; run deit-fold-normalize first}}
  %0 = deit.normalize %x {mean = array<f32: 0.0, 0.0, 0.0>,
                          std = array<f32: 1.0, 1.0, 1.0>}
    : tensor<1x2x2x3xui8> -> tensor<1x2x2x3xf32> loc("normalize")
  return %0 : tensor<1x2x2x3xf32>
}

// -----

!s16 = !quant.uniform<i16<-32767:32767>:f32, 1.25e-01>

func.func @layer_scale(%x: tensor<1x2x2x!s16>) -> tensor<1x2x2x!s16> {
  %g = deit.constant dense<1.0> : tensor<2xf32> -> tensor<2xf32>
  // expected-error @unknown {{at 'blocks.0.ls1': has no counterpart in 'fxp'; run deit-fold-layer-scale first}}
  %0 = deit.layer_scale %x, %g
    : (tensor<1x2x2x!s16>, tensor<2xf32>) -> tensor<1x2x2x!s16>
    loc("blocks.0.ls1")
  return %0 : tensor<1x2x2x!s16>
}

// -----

!i8 = !quant.uniform<i8<-127:127>:f32, 0.5>

func.func @split_qkv(%x: tensor<1x2x6x!i8>) -> tensor<1x2x2x!i8> {
  // expected-error @unknown {{at 'blocks.0.attn': has no counterpart in 'fxp'; run deit-split-qkv first}}
  %q, %k, %v = deit.split_qkv %x : tensor<1x2x6x!i8>
    -> tensor<1x2x2x!i8>, tensor<1x2x2x!i8>, tensor<1x2x2x!i8>
    loc("blocks.0.attn")
  return %q : tensor<1x2x2x!i8>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5:3>

func.func @float_weight(%x: tensor<1x2x!u8>) -> tensor<1x2x!u8> {
  %w = deit.constant dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  // expected-error @unknown {{at 'head': expected a constant weight of i8 codes with zero point 0, one scale or one per output, found 'tensor<2x2xf32>'; run deit-quantize first}}
  %0 = deit.linear %x, %w : (tensor<1x2x!u8>, tensor<2x2xf32>)
    -> tensor<1x2x!u8> loc("head")
  return %0 : tensor<1x2x!u8>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32:1, {0.25, 0.5}>

func.func @weight_axis(%x: tensor<1x2x!u8>) -> tensor<1x2x!u8> {
  %w = deit.constant dense<1> : tensor<2x2xi8> -> tensor<2x2x!w>
  // expected-error @unknown {{at 'head': expected a constant weight of i8 codes}}
  %0 = deit.linear %x, %w : (tensor<1x2x!u8>, tensor<2x2x!w>)
    -> tensor<1x2x!u8> loc("head")
  return %0 : tensor<1x2x!u8>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32, 1.0e-12>

func.func @fine_weight(%x: tensor<1x2x!u8>) -> tensor<1x2x!u8> {
  %w = deit.constant dense<0> : tensor<2x2xi8> -> tensor<2x2x!w>
  %b = deit.constant dense<[0.0, 1.0]> : tensor<2xf32> -> tensor<2xf32>
  // expected-error @unknown {{at 'head': the bias of output 1, 1.000000e+00, is 2.000000e+12 steps of its sum, expected less than 2^30; its weights' scale is too fine}}
  %0 = deit.linear %x, %w bias %b
    : (tensor<1x2x!u8>, tensor<2x2x!w>, tensor<2xf32>) -> tensor<1x2x!u8>
    loc("head")
  return %0 : tensor<1x2x!u8>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32, 0.25>

func.func @many_inputs(%x: tensor<1x70000x!u8>) -> tensor<1x1x!u8> {
  %w = deit.constant dense<127> : tensor<1x70000xi8> -> tensor<1x70000x!w>
  // expected-error @unknown {{at 'head': the sum of output 0 may reach 2293620080, expected less than 2^31}}
  %0 = deit.linear %x, %w : (tensor<1x70000x!u8>, tensor<1x70000x!w>)
    -> tensor<1x1x!u8> loc("head")
  return %0 : tensor<1x1x!u8>
}

// -----

!u8 = !quant.uniform<u8:f32, 1.0:3>
!fine = !quant.uniform<i16<-32767:32767>:f32, 1.0e-12>
!w = !quant.uniform<i8<-127:127>:f32, 0.25>

func.func @fine_result(%x: tensor<1x2x!u8>) -> tensor<1x1x!fine> {
  %w = deit.constant dense<127> : tensor<1x2xi8> -> tensor<1x2x!w>
  // expected-error @unknown {{at 'head': a sum of up to 64008 times 2.5e+11 leaves 32 bits; expected a coarser scale of the result}}
  %0 = deit.linear %x, %w : (tensor<1x2x!u8>, tensor<1x2x!w>)
    -> tensor<1x1x!fine> loc("head")
  return %0 : tensor<1x1x!fine>
}

// -----

!s16 = !quant.uniform<i16<-32767:32767>:f32, 1.25e-01>
!s16b = !quant.uniform<i16<-32767:32767>:f32, 2.5e-01>

func.func @branch_scale(%x: tensor<1x2x2x!s16>, %y: tensor<1x2x2x!s16>)
    -> tensor<1x2x2x!s16b> {
  // expected-error @unknown {{at 'blocks.0.add1': expected a right operand at the result's scale 2.500000e-01, found 1.250000e-01}}
  %0 = deit.add %x, %y : (tensor<1x2x2x!s16>, tensor<1x2x2x!s16>)
    -> tensor<1x2x2x!s16b> loc("blocks.0.add1")
  return %0 : tensor<1x2x2x!s16b>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5:3>

func.func @narrow_norm(%x: tensor<1x2x2x!u8>) -> tensor<1x2x2x!u8> {
  %g = deit.constant dense<1.0> : tensor<2xf32> -> tensor<2xf32>
  // expected-error @unknown {{at 'norm': expected an input of i16 codes with zero point 0, found}}
  %0 = deit.layer_norm %x, %g, %g {epsilon = 1.0e-06 : f64}
    : (tensor<1x2x2x!u8>, tensor<2xf32>, tensor<2xf32>)
    -> tensor<1x2x2x!u8> loc("norm")
  return %0 : tensor<1x2x2x!u8>
}

// -----

!i8 = !quant.uniform<i8<-127:127>:f32, 0.5>
!scores = !quant.uniform<i32:f32, 1.0>

func.func @score_scale(%q: tensor<1x1x2x2x!i8>) -> tensor<1x1x2x2x!scores> {
  // expected-error @unknown {{at 'blocks.0.attn': expected scores at the operands' scale 2.500000e-01, found 1.000000e+00}}
  %0 = deit.matmul %q, %q {transpose_rhs}
    : (tensor<1x1x2x2x!i8>, tensor<1x1x2x2x!i8>) -> tensor<1x1x2x2x!scores>
    loc("blocks.0.attn")
  return %0 : tensor<1x1x2x2x!scores>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5:3>

func.func @dequantize(%x: tensor<1x2x!u8>) -> tensor<1x2x!u8> {
  // expected-error @unknown {{at 'act': expected a quantized result, found 'tensor<1x2xf32>'; run deit-quantize first}}
  %0 = deit.dequantize %x : tensor<1x2x!u8> -> tensor<1x2xf32> loc("act")
  %1 = deit.quantize %0 : tensor<1x2xf32> -> tensor<1x2x!u8>
  return %1 : tensor<1x2x!u8>
}
