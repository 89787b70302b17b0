// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations keep the module's path; constants are called after it.
//
// RUN: deit-opt %s --convert-deit-to-fxp --mlir-print-debuginfo \
// RUN:     --mlir-print-local-scope | FileCheck %s

!u8 = !quant.uniform<u8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32, 0.25>
!s16 = !quant.uniform<i16<-32767:32767>:f32, 1.25e-01>

// CHECK-LABEL: func.func @names(
func.func @names(%x: tensor<1x4x2x!u8>, %y: tensor<1x4x2x!s16>)
    -> (tensor<1x4x2x!u8>, tensor<1x4x2x!u8>) {
  // CHECK-DAG: fxp.constant {{.*}} loc("blocks.0.mlp.fc1.weight")
  // CHECK-DAG: fxp.constant {{.*}} loc("blocks.0.mlp.fc1.bias")
  %w = deit.constant dense<1> : tensor<2x2xi8> -> tensor<2x2x!w>
  // CHECK: fxp.linear {{.*}} loc("blocks.0.mlp.fc1")
  // CHECK: fxp.constant {{.*}} loc("blocks.0.mlp.fc1.multiplier")
  // CHECK: fxp.requantize {{.*}} loc("blocks.0.mlp.fc1")
  %0 = deit.linear %x, %w : (tensor<1x4x2x!u8>, tensor<2x2x!w>)
    -> tensor<1x4x2x!u8> loc("blocks.0.mlp.fc1")
  // CHECK: fxp.constant {{.*}} loc("blocks.0.mlp.act.table")
  // CHECK: fxp.lookup {{.*}} loc("blocks.0.mlp.act")
  %1 = deit.gelu %0 : tensor<1x4x2x!u8> -> tensor<1x4x2x!u8>
    loc("blocks.0.mlp.act")
  %g = deit.constant dense<1.0> : tensor<2xf32> -> tensor<2xf32>
  // CHECK-DAG: fxp.constant {{.*}} loc("norm.gamma")
  // CHECK-DAG: fxp.constant {{.*}} loc("norm.beta")
  // CHECK: fxp.layer_norm {{.*}} loc("norm")
  %2 = deit.layer_norm %y, %g, %g {epsilon = 1.0e-06 : f64}
    : (tensor<1x4x2x!s16>, tensor<2xf32>, tensor<2xf32>)
    -> tensor<1x4x2x!u8> loc("norm")
  return %1, %2 : tensor<1x4x2x!u8>, tensor<1x4x2x!u8>
}
