// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -deit-quantize -split-input-file -verify-diagnostics

!u8 = !quant.uniform<u8:f32, 0.5>

func.func @no_range(%x: tensor<1x1x1x1x!u8>) -> tensor<1x1x1x1xf32> {
  %w = deit.constant dense<2.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  // expected-error @below {{at '?' has no calibrated range; run deit-calibrate first}}
  %0 = deit.conv2d %x, %w
    {strides = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>,
     groups = 1 : i64}
    : (tensor<1x1x1x1x!u8>, tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  return %0 : tensor<1x1x1x1xf32>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5>

func.func @not_folded(%x: tensor<1x1x1x1x!u8>) -> tensor<1x1x1x1xf32> {
  %p = deit.constant dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  // expected-error @below {{at '?' has no quantized form; run the folds of parameters first}}
  %0 = deit.batch_norm %x, %p, %p, %p, %p {epsilon = 0.0 : f64}
    : (tensor<1x1x1x1x!u8>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
       tensor<1xf32>) -> tensor<1x1x1x1xf32>
  return %0 : tensor<1x1x1x1xf32>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5>

func.func @constant(%x: tensor<1x1x1x1x!u8>) -> tensor<1x1x1x1xf32> {
  %c = deit.constant dense<2.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  // expected-error @below {{at '?' adds a constant to features, which has no quantized form}}
  %0 = deit.add %x, %c {deit.range = array<f64: 0.0, 1.0>}
    : (tensor<1x1x1x1x!u8>, tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  return %0 : tensor<1x1x1x1xf32>
}
