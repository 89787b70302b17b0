// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attributes that recipes leave.
//
// RUN: deit-opt %s -split-input-file -verify-diagnostics

func.func @method(%x: tensor<2xf32>) {
  // expected-error @below {{'deit.range_method' expected one of minmax, percentile, mse, entropy, fisher, gelu-output, search, found "best"}}
  %0 = deit.gelu %x {deit.range_method = "best"}
    : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

func.func @balance(%x: tensor<1x4x2xf32>, %w: tensor<2xf32>) {
  // expected-error @below {{'deit.balance' expected off, repq, or smooth:A with A from 0 to 1, found "smooth:1.5"}}
  %0 = deit.layer_norm %x, %w, %w
    {epsilon = 1.0e-6 : f64, deit.balance = "smooth:1.5"}
    : (tensor<1x4x2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x4x2xf32>
  return
}

// -----

func.func @parts(%x: tensor<4xf32>) {
  // expected-error @below {{'deit.parts' expected array<i32: ...> with a neuron for each channel that was added, found array<i32: 2, 3>}}
  %0 = deit.gelu %x {deit.parts = array<i32: 2, 3>} : tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @split(%x: tensor<2xf32>) {
  // expected-error @below {{'deit.split' expected a limit, or 0 for none, as f64, found -1.000000e+00 : f64}}
  %0 = deit.gelu %x {deit.split = -1.0 : f64} : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

func.func @split_elsewhere(%x: tensor<2xf32>) {
  // expected-error @below {{'deit.split' expected on deit.gelu only}}
  %0 = deit.scale %x {factor = 2.0 : f64, deit.split = 1.0 : f64} : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

func.func @limit(%x: tensor<2xf32>) {
  // expected-error @below {{expected a positive and finite limit, found 0.000000e+00}}
  %0 = deit.gelu %x {limit = 0.0 : f64} : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

func.func @balance_elsewhere(%x: tensor<2xf32>) {
  // expected-error @below {{'deit.balance' expected on deit.layer_norm only}}
  %0 = deit.gelu %x {deit.balance = "off"} : tensor<2xf32> -> tensor<2xf32>
  return
}
