// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -convert-deit-to-fxp -split-input-file -verify-diagnostics

!u8 = !quant.uniform<u8:f32, 0.5>
!i8 = !quant.uniform<i8<-127:127>:f32, 0.5>

func.func @quantized(%x: tensor<1x2x2x3x!u8>) -> tensor<1x3x!u8> {
  %w = deit.constant dense<1> : tensor<3x1x1x3xi8> -> tensor<3x1x1x3x!i8>
  // expected-error @below {{has no counterpart in 'fxp', which is for vision transformers; stop a convolutional network at --emit=quant and run it with deit-eval}}
  %0 = deit.conv2d %x, %w
    {strides = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>,
     groups = 1 : i64}
    : (tensor<1x2x2x3x!u8>, tensor<3x1x1x3x!i8>) -> tensor<1x2x2x3x!u8>
  %1 = deit.global_average_pool %0 : tensor<1x2x2x3x!u8> -> tensor<1x3x!u8>
  return %1 : tensor<1x3x!u8>
}

// -----

// Before anything else that may be wrong with it.
func.func @float(%x: tensor<1x2x2x3xf32>) -> tensor<1x3xf32> {
  // expected-error @below {{has no counterpart in 'fxp'}}
  %0 = deit.global_average_pool %x : tensor<1x2x2x3xf32> -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}
