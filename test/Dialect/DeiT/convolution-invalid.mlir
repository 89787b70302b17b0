// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -split-input-file -verify-diagnostics

// conv2d C1
func.func @strides(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x2xf32>) {
  // expected-error @below {{expected 2 strides from 1, found 1, 0}}
  %0 = deit.conv2d %x, %w
    {strides = array<i64: 1, 0>, padding = array<i64: 0, 0, 0, 0>, groups = 2 : i64}
    : (tensor<1x8x8x4xf32>, tensor<6x3x3x2xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// conv2d C1
func.func @paddings(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x2xf32>) {
  // expected-error @below {{expected 4 paddings from 0, found 1, 1}}
  %0 = deit.conv2d %x, %w
    {strides = array<i64: 1, 1>, padding = array<i64: 1, 1>, groups = 2 : i64}
    : (tensor<1x8x8x4xf32>, tensor<6x3x3x2xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// conv2d C2
func.func @groups(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x2xf32>) {
  // expected-error @below {{expected groups that divide 4 channels and 6 outputs, found 3}}
  %0 = deit.conv2d %x, %w
    {strides = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, groups = 3 : i64}
    : (tensor<1x8x8x4xf32>, tensor<6x3x3x2xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// conv2d C2
func.func @group(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x2xf32>) {
  // expected-error @below {{expected a weight of 4 channels a group, found 2}}
  %0 = deit.conv2d %x, %w
    {strides = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, groups = 1 : i64}
    : (tensor<1x8x8x4xf32>, tensor<6x3x3x2xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// conv2d C3
func.func @filter(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x9x2xf32>) {
  // expected-error @below {{expected a padded operand of at least 3x9, found 8x8}}
  %0 = deit.conv2d %x, %w
    {strides = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, groups = 2 : i64}
    : (tensor<1x8x8x4xf32>, tensor<6x3x9x2xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// conv2d C4
func.func @conv_result(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x2xf32>) {
  // expected-error @below {{expected a result of shape 1x3x6x6, found 1x6x6x6}}
  %0 = deit.conv2d %x, %w
    {strides = array<i64: 2, 1>, padding = array<i64: 0, 0, 0, 0>, groups = 2 : i64}
    : (tensor<1x8x8x4xf32>, tensor<6x3x3x2xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// conv2d C4
func.func @conv_bias(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @below {{expected a bias of shape 6, found 4}}
  %0 = deit.conv2d %x, %w bias %b
    {strides = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, groups = 2 : i64}
    : (tensor<1x8x8x4xf32>, tensor<6x3x3x2xf32>, tensor<4xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// batch_norm C1
func.func @variance(%x: tensor<1x8x8x4xf32>, %p: tensor<4xf32>,
    %v: tensor<3xf32>) {
  // expected-error @below {{expected variance of shape 4, found 3}}
  %0 = deit.batch_norm %x, %p, %p, %p, %v {epsilon = 1.0e-05 : f64}
    : (tensor<1x8x8x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>,
       tensor<3xf32>) -> tensor<1x8x8x4xf32>
  return
}

// -----

// batch_norm C1
func.func @norm_result(%x: tensor<1x8x8x4xf32>, %p: tensor<4xf32>,
    %v: tensor<4xf32>) {
  // expected-error @below {{expected a result of shape 1x8x8x4, found 1x8x8x5}}
  %0 = deit.batch_norm %x, %p, %p, %p, %v {epsilon = 1.0e-05 : f64}
    : (tensor<1x8x8x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>,
       tensor<4xf32>) -> tensor<1x8x8x5xf32>
  return
}

// -----

// batch_norm C2
func.func @epsilon(%x: tensor<1x8x8x4xf32>, %p: tensor<4xf32>,
    %v: tensor<4xf32>) {
  // expected-error @below {{expected an epsilon of at least 0, found -1}}
  %0 = deit.batch_norm %x, %p, %p, %p, %v {epsilon = -1.0 : f64}
    : (tensor<1x8x8x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>,
       tensor<4xf32>) -> tensor<1x8x8x4xf32>
  return
}

// -----

// relu C1
func.func @ceiling(%x: tensor<1x8x8x4xf32>) {
  // expected-error @below {{expected a positive finite ceiling, found 0}}
  %0 = deit.relu %x {ceiling = 0.0 : f64}
    : tensor<1x8x8x4xf32> -> tensor<1x8x8x4xf32>
  return
}

// -----

// max_pool C1
func.func @window(%x: tensor<1x8x8x4xf32>) {
  // expected-error @below {{expected 2 window sides from 1, found 0, 2}}
  %0 = deit.max_pool %x
    {window = array<i64: 0, 2>, strides = array<i64: 2, 2>,
     padding = array<i64: 0, 0, 0, 0>}
    : tensor<1x8x8x4xf32> -> tensor<1x4x4x4xf32>
  return
}

// -----

// max_pool C1
func.func @pool_padding(%x: tensor<1x8x8x4xf32>) {
  // expected-error @below {{expected paddings below the window, found 2}}
  %0 = deit.max_pool %x
    {window = array<i64: 2, 2>, strides = array<i64: 2, 2>,
     padding = array<i64: 0, 0, 2, 0>}
    : tensor<1x8x8x4xf32> -> tensor<1x4x4x4xf32>
  return
}

// -----

// max_pool C2
func.func @pool_room(%x: tensor<1x8x8x4xf32>) {
  // expected-error @below {{expected a padded operand of at least 9x2, found 8x8}}
  %0 = deit.max_pool %x
    {window = array<i64: 9, 2>, strides = array<i64: 2, 2>,
     padding = array<i64: 0, 0, 0, 0>}
    : tensor<1x8x8x4xf32> -> tensor<1x4x4x4xf32>
  return
}

// -----

// average_pool C3
func.func @pool_result(%x: tensor<1x8x8x4xf32>) {
  // expected-error @below {{expected a result of shape 1x4x4x4, found 1x4x4x3}}
  %0 = deit.average_pool %x
    {window = array<i64: 2, 2>, strides = array<i64: 2, 2>,
     padding = array<i64: 0, 0, 0, 0>}
    : tensor<1x8x8x4xf32> -> tensor<1x4x4x3xf32>
  return
}

// -----

// global_average_pool C1
func.func @global_pool(%x: tensor<1x8x8x4xf32>) {
  // expected-error @below {{expected a result of shape 1x4, found 1x8}}
  %0 = deit.global_average_pool %x
    : tensor<1x8x8x4xf32> -> tensor<1x8xf32>
  return
}

// -----

// shortcut C1
func.func @shortcut_stride(%x: tensor<1x8x8x4xf32>) {
  // expected-error @below {{expected a stride of at least 1, found 0}}
  %0 = deit.shortcut %x {stride = 0 : i64, before = 2 : i64}
    : tensor<1x8x8x4xf32> -> tensor<1x4x4x8xf32>
  return
}

// -----

// shortcut C2
func.func @shortcut_result(%x: tensor<1x8x8x4xf32>) {
  // expected-error @below {{expected a result of shape 1x4x4x8, found 1x8x8x8}}
  %0 = deit.shortcut %x {stride = 2 : i64, before = 2 : i64}
    : tensor<1x8x8x4xf32> -> tensor<1x8x8x8xf32>
  return
}

// -----

// shortcut C3
func.func @shortcut_channels(%x: tensor<1x8x8x4xf32>) {
  // expected-error @below {{expected a result with room for 4 channels after 5 others, found 8}}
  %0 = deit.shortcut %x {stride = 2 : i64, before = 5 : i64}
    : tensor<1x8x8x4xf32> -> tensor<1x4x4x8xf32>
  return
}

// -----

// expected-error @below {{'deit.resize' expected "bicubic" or "bilinear", found "nearest"}}
func.func @resize() attributes {deit.resize = "nearest"} {
  return
}
