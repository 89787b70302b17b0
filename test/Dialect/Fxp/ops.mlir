// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every operation parses, and prints as it parsed.
//
// RUN: deit-opt %s | deit-opt | FileCheck %s

// CHECK-LABEL: func.func @constants
func.func @constants() -> (tensor<2xi32>, tensor<2xui8>, tensor<2xi16>) {
  // CHECK: fxp.constant dense<[1, -2]> : tensor<2xi32> -> tensor<2xi32>
  %0 = fxp.constant dense<[1, -2]> : tensor<2xi32> -> tensor<2xi32>
  // CHECK: fxp.constant dense<[1, -56]> : tensor<2xi8> -> tensor<2xui8>
  %1 = fxp.constant dense<[1, 200]> : tensor<2xi8> -> tensor<2xui8>
  // CHECK: fxp.constant dense<-7> : tensor<2xi16> -> tensor<2xi16>
  %2 = fxp.constant dense<-7> : tensor<2xi16> -> tensor<2xi16>
  return %0, %1, %2 : tensor<2xi32>, tensor<2xui8>, tensor<2xi16>
}

// CHECK-LABEL: func.func @patches
func.func @patches(%image: tensor<1x32x32x3xui8>) -> tensor<1x4x768xui8> {
  // CHECK: fxp.patches %{{.*}} {height = 16 : i64, width = 16 : i64} : tensor<1x32x32x3xui8> -> tensor<1x4x768xui8>
  %0 = fxp.patches %image {height = 16 : i64, width = 16 : i64}
    : tensor<1x32x32x3xui8> -> tensor<1x4x768xui8>
  return %0 : tensor<1x4x768xui8>
}

// CHECK-LABEL: func.func @tokens
func.func @tokens(%x: tensor<1x4x8xi16>, %token: tensor<1x8xi16>)
    -> tensor<1x8xi16> {
  // CHECK: fxp.prepend_token %{{.*}}, %{{.*}} : (tensor<1x4x8xi16>, tensor<1x8xi16>) -> tensor<1x5x8xi16>
  %0 = fxp.prepend_token %x, %token
    : (tensor<1x4x8xi16>, tensor<1x8xi16>) -> tensor<1x5x8xi16>
  // CHECK: fxp.select_token %{{.*}} {index = 0 : i64} : tensor<1x5x8xi16> -> tensor<1x8xi16>
  %1 = fxp.select_token %0 {index = 0 : i64}
    : tensor<1x5x8xi16> -> tensor<1x8xi16>
  return %1 : tensor<1x8xi16>
}

// CHECK-LABEL: func.func @select_codes
func.func @select_codes(%x: tensor<1x5x8xui8>) -> tensor<1x8xui8> {
  // CHECK: fxp.select_token %{{.*}} {index = 4 : i64} : tensor<1x5x8xui8> -> tensor<1x8xui8>
  %0 = fxp.select_token %x {index = 4 : i64}
    : tensor<1x5x8xui8> -> tensor<1x8xui8>
  return %0 : tensor<1x8xui8>
}

// CHECK-LABEL: func.func @attention
func.func @attention(%x: tensor<1x5x8xi8>) -> tensor<1x5x8xui8> {
  // CHECK: fxp.split_heads %{{.*}} : tensor<1x5x8xi8> -> tensor<1x2x5x4xi8>
  %q = fxp.split_heads %x : tensor<1x5x8xi8> -> tensor<1x2x5x4xi8>
  // CHECK: fxp.matmul %{{.*}}, %{{.*}} {transpose_rhs} : (tensor<1x2x5x4xi8>, tensor<1x2x5x4xi8>) -> tensor<1x2x5x5xi32>
  %s = fxp.matmul %q, %q {transpose_rhs}
    : (tensor<1x2x5x4xi8>, tensor<1x2x5x4xi8>) -> tensor<1x2x5x5xi32>
  // CHECK: fxp.softmax %{{.*}} {limit = 300000 : i64, multiplier = 1400000000 : i64, pre_shift = 2 : i64} : tensor<1x2x5x5xi32> -> tensor<1x2x5x5xui8>, tensor<1x2x5xi32>
  %y, %sum = fxp.softmax %s {multiplier = 1400000000 : i64,
      pre_shift = 2 : i64, limit = 300000 : i64}
    : tensor<1x2x5x5xi32> -> tensor<1x2x5x5xui8>, tensor<1x2x5xi32>
  // CHECK: fxp.matmul %{{.*}}, %{{.*}} : (tensor<1x2x5x5xui8>, tensor<1x2x5x4xi8>) -> tensor<1x2x5x4xi32>
  %o = fxp.matmul %y, %q
    : (tensor<1x2x5x5xui8>, tensor<1x2x5x4xi8>) -> tensor<1x2x5x4xi32>
  // CHECK: fxp.normalize %{{.*}}, %{{.*}} {high = 255 : i64, low = 0 : i64, multiplier = 137438953472 : i64, shift = 7 : i64, zero_point = 128 : i64} : (tensor<1x2x5x4xi32>, tensor<1x2x5xi32>) -> tensor<1x2x5x4xui8>
  %n = fxp.normalize %o, %sum {multiplier = 137438953472 : i64,
      shift = 7 : i64, zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<1x2x5x4xi32>, tensor<1x2x5xi32>) -> tensor<1x2x5x4xui8>
  // CHECK: fxp.merge_heads %{{.*}} : tensor<1x2x5x4xui8> -> tensor<1x5x8xui8>
  %m = fxp.merge_heads %n : tensor<1x2x5x4xui8> -> tensor<1x5x8xui8>
  return %m : tensor<1x5x8xui8>
}

// CHECK-LABEL: func.func @kernel
func.func @kernel(%x: tensor<1x5x8xui8>, %w: tensor<24x8xi8>,
                  %b: tensor<24xi32>, %m: tensor<24xi32>,
                  %t: tensor<256xui8>) -> tensor<1x5x24xui8> {
  // CHECK: %[[R:.*]] = fxp.kernel "gemm" -> tensor<1x5x24xui8> {
  %r = fxp.kernel "gemm" -> tensor<1x5x24xui8> {
    // CHECK: fxp.linear %{{.*}}, %{{.*}}, %{{.*}} : (tensor<1x5x8xui8>, tensor<24x8xi8>, tensor<24xi32>) -> tensor<1x5x24xi32>
    %0 = fxp.linear %x, %w, %b
      : (tensor<1x5x8xui8>, tensor<24x8xi8>, tensor<24xi32>)
      -> tensor<1x5x24xi32>
    // CHECK: fxp.requantize %{{.*}}, %{{.*}} {high = 255 : i64, low = 0 : i64, pre_shift = 0 : i64, shift = 8 : i64, zero_point = 128 : i64} : (tensor<1x5x24xi32>, tensor<24xi32>) -> tensor<1x5x24xui8>
    %1 = fxp.requantize %0, %m {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
      : (tensor<1x5x24xi32>, tensor<24xi32>) -> tensor<1x5x24xui8>
    // CHECK: fxp.lookup %{{.*}} in %{{.*}} : (tensor<1x5x24xui8>, tensor<256xui8>) -> tensor<1x5x24xui8>
    %2 = fxp.lookup %1 in %t
      : (tensor<1x5x24xui8>, tensor<256xui8>) -> tensor<1x5x24xui8>
    // CHECK: fxp.yield %{{.*}} : tensor<1x5x24xui8>
    fxp.yield %2 : tensor<1x5x24xui8>
  }
  // CHECK: return %[[R]]
  return %r : tensor<1x5x24xui8>
}

// CHECK-LABEL: func.func @stream
// CHECK-SAME: attributes {fxp.logit_scale = 2.500000e-01 : f64}
func.func @stream(%x: tensor<2x5x8xi16>, %y: tensor<1x5x8xi16>,
                  %g: tensor<8xi32>) -> tensor<2x5x8xui8>
    attributes {fxp.logit_scale = 0.25 : f64} {
  // CHECK: fxp.add %{{.*}}, %{{.*}} {high = 32767 : i64, low = -32767 : i64, multiplier = 1073741824 : i64, pre_shift = 12 : i64, shift = 11 : i64} : (tensor<2x5x8xi16>, tensor<1x5x8xi16>) -> tensor<2x5x8xi16>
  %0 = fxp.add %x, %y {multiplier = 1073741824 : i64, pre_shift = 12 : i64,
      shift = 11 : i64, low = -32767 : i64, high = 32767 : i64}
    : (tensor<2x5x8xi16>, tensor<1x5x8xi16>) -> tensor<2x5x8xi16>
  // CHECK: fxp.layer_norm %{{.*}}, %{{.*}}, %{{.*}} {epsilon = 64 : i64, high = 255 : i64, low = 0 : i64, shift = 14 : i64, zero_point = 128 : i64} : (tensor<2x5x8xi16>, tensor<8xi32>, tensor<8xi32>) -> tensor<2x5x8xui8>
  %1 = fxp.layer_norm %0, %g, %g {epsilon = 64 : i64, shift = 14 : i64,
      zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<2x5x8xi16>, tensor<8xi32>, tensor<8xi32>) -> tensor<2x5x8xui8>
  return %1 : tensor<2x5x8xui8>
}
