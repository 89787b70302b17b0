// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s | deit-opt | FileCheck %s

// Every mixture of float and quantized operands is one operation's meaning.

!s8 = !quant.uniform<i8<-127:127>:f32, 0.25>
!u8 = !quant.uniform<u8:f32, 0.5:128>
!s16 = !quant.uniform<i16<-32767:32767>:f32, 0.125>
!s32 = !quant.uniform<i32:f32, 0.0625>
!rows = !quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>

// CHECK-LABEL: func @linear
func.func @linear(%x: tensor<1x4x!u8>, %w: tensor<2x4x!rows>,
                  %b: tensor<2xf32>) -> tensor<1x2x!s32> {
  // CHECK: (tensor<1x4x!quant.uniform<u8:f32, 5.000000e-01:128>>, tensor<2x4x!quant.uniform<i8<-127:127>:f32:0, {5.000000e-01,2.500000e-01}>>, tensor<2xf32>) -> tensor<1x2x!quant.uniform<i32:f32, 6.250000e-02>>
  %0 = deit.linear %x, %w bias %b
    : (tensor<1x4x!u8>, tensor<2x4x!rows>, tensor<2xf32>) -> tensor<1x2x!s32>
  return %0 : tensor<1x2x!s32>
}

// CHECK-LABEL: func @mixed
func.func @mixed(%x: tensor<1x4xf32>, %y: tensor<1x4x!s8>) -> tensor<1x4x!s16> {
  // CHECK: deit.add %{{.*}} : (tensor<1x4xf32>, tensor<1x4x!quant.uniform<i8<-127:127>:f32, 2.500000e-01>>) -> tensor<1x4x!quant.uniform<i16<-32767:32767>:f32, 1.250000e-01>>
  %0 = deit.add %x, %y : (tensor<1x4xf32>, tensor<1x4x!s8>) -> tensor<1x4x!s16>
  return %0 : tensor<1x4x!s16>
}
