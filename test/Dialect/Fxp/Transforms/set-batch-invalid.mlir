// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What has no batch.
//
// RUN: deit-opt %s --fxp-set-batch=images=2 -split-input-file -verify-diagnostics
// RUN: not deit-opt %S/Inputs/network.mlir --fxp-set-batch=images=0 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not deit-opt %S/Inputs/network.mlir --fxp-set-batch=images=-3 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not deit-opt %S/Inputs/network.mlir --fxp-set-batch=images=1025 2>&1 | FileCheck %s --check-prefix=MANY
// RUN: deit-opt %S/Inputs/network.mlir --fxp-set-batch=images=1024 -o /dev/null
// NONE: error: fxp-set-batch: expected images from 1 to 1024, found 0
// NEGATIVE: error: fxp-set-batch: expected images from 1 to 1024, found -3
// MANY: error: fxp-set-batch: expected images from 1 to 1024, found 1025

// expected-error @+1 {{expected a function @forward with a body of one block}}
module {
  func.func private @forward(tensor<1x2x2x3xui8>) -> tensor<1x2x2x3xui8>
}

// -----

// expected-error @+1 {{expected one image, tensor<1xHxWx3xui8>, and one result, found '(tensor<1x4xui8>) -> tensor<1x4xui8>'}}
func.func @forward(%x: tensor<1x4xui8>) -> tensor<1x4xui8> {
  return %x : tensor<1x4xui8>
}

// -----

// expected-error @+1 {{has a batch of 4, expected 1; set the batch of the network for one image}}
func.func @forward(%x: tensor<4x2x2x3xui8>) -> tensor<4x2x2x3xui8> {
  return %x : tensor<4x2x2x3xui8>
}

// -----

func.func @forward(%x: tensor<1x2x2x3xui8>) -> tensor<1x2x2x3xf32> {
  // expected-error @+1 {{expected operations of 'fxp' only; run convert-deit-to-fxp first}}
  %0 = deit.normalize %x {mean = array<f32: 0.5, 0.25, 0.0>,
      std = array<f32: 0.5, 0.25, 2.0>}
    : tensor<1x2x2x3xui8> -> tensor<1x2x2x3xf32>
  return %0 : tensor<1x2x2x3xf32>
}

// -----

func.func @forward(%x: tensor<1x2x2x3xui8>) -> tensor<1x2xi32> {
  %0 = fxp.constant dense<[[1, 2]]> : tensor<1x2xi32> -> tensor<1x2xi32>
  // expected-error @+1 {{expected logits that depend on the image}}
  return %0 : tensor<1x2xi32>
}

// -----

// One token would go to all images.

func.func @forward(%x: tensor<1x1x2x3xui8>) -> tensor<1x3x3xi16> {
  %m = fxp.constant dense<1> : tensor<3xi32> -> tensor<3xi32>
  %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
  %0 = fxp.patches %x {height = 1 : i64, width = 1 : i64}
    : tensor<1x1x2x3xui8> -> tensor<1x2x3xui8>
  %1 = fxp.linear %0, %w, %m
    : (tensor<1x2x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x2x3xi32>
  %2 = fxp.requantize %1, %m {pre_shift = 0 : i64, shift = 8 : i64,
      zero_point = 0 : i64, low = -9 : i64, high = 9 : i64}
    : (tensor<1x2x3xi32>, tensor<3xi32>) -> tensor<1x2x3xi16>
  %3 = fxp.select_token %2 {index = 1 : i64}
    : tensor<1x2x3xi16> -> tensor<1x3xi16>
  // expected-error @+1 {{expected operand 1 to be the same for every image, found one that depends on the image}}
  %4 = fxp.prepend_token %2, %3
    : (tensor<1x2x3xi16>, tensor<1x3xi16>) -> tensor<1x3x3xi16>
  return %4 : tensor<1x3x3xi16>
}

// -----

// The stream of one image alone.

func.func @forward(%x: tensor<1x1x2x3xui8>) -> tensor<1x2x3xi16> {
  %m = fxp.constant dense<1> : tensor<3xi32> -> tensor<3xi32>
  %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
  %s = fxp.constant dense<1> : tensor<1x2x3xi16> -> tensor<1x2x3xi16>
  %0 = fxp.patches %x {height = 1 : i64, width = 1 : i64}
    : tensor<1x1x2x3xui8> -> tensor<1x2x3xui8>
  %1 = fxp.linear %0, %w, %m
    : (tensor<1x2x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x2x3xi32>
  %2 = fxp.requantize %1, %m {pre_shift = 0 : i64, shift = 8 : i64,
      zero_point = 0 : i64, low = -9 : i64, high = 9 : i64}
    : (tensor<1x2x3xi32>, tensor<3xi32>) -> tensor<1x2x3xi16>
  // expected-error @+1 {{expected operand 0 to depend on the image, as the others do}}
  %3 = fxp.add %s, %2 {multiplier = 1073741824 : i64, pre_shift = 12 : i64,
      shift = 11 : i64, low = -9 : i64, high = 9 : i64}
    : (tensor<1x2x3xi16>, tensor<1x2x3xi16>) -> tensor<1x2x3xi16>
  return %3 : tensor<1x2x3xi16>
}
