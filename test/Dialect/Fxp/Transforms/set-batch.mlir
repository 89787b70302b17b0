// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every activation gets the batch, before fusion and after it; constants keep
// their shape.
//
// RUN: deit-opt %S/Inputs/network.mlir --fxp-set-batch=images=7 | FileCheck %s
// RUN: deit-opt %S/Inputs/network.mlir --fxp-set-batch=images=7 --fxp-fuse-kernels -o %t.before
// RUN: deit-opt %S/Inputs/network.mlir --fxp-fuse-kernels --fxp-set-batch=images=7 -o %t.after
// RUN: cmp %t.before %t.after
// RUN: FileCheck %s --check-prefix=KERNEL < %t.after

// One image is what it was.
// RUN: deit-opt %S/Inputs/network.mlir -o %t.one
// RUN: deit-opt %S/Inputs/network.mlir --fxp-set-batch=images=1 | cmp - %t.one

// CHECK-LABEL: func.func @forward
// CHECK-SAME: (%[[IMAGE:.*]]: tensor<7x4x4x3xui8>) -> tensor<7x3xi32> attributes {fxp.logit_scale
// CHECK: fxp.constant {{.*}} -> tensor<1x4x4xi16>
// CHECK: fxp.constant {{.*}} -> tensor<1x4xi16>
// CHECK: fxp.patches %[[IMAGE]] {{.*}} : tensor<7x4x4x3xui8> -> tensor<7x4x12xui8>
// CHECK: fxp.linear {{.*}} : (tensor<7x4x12xui8>, tensor<4x12xi8>, tensor<4xi32>) -> tensor<7x4x4xi32>
// CHECK: fxp.requantize {{.*}} : (tensor<7x4x4xi32>, tensor<4xi32>) -> tensor<7x4x4xi16>
// CHECK: fxp.add {{.*}} : (tensor<7x4x4xi16>, tensor<1x4x4xi16>) -> tensor<7x4x4xi16>
// CHECK: fxp.prepend_token {{.*}} : (tensor<7x4x4xi16>, tensor<1x4xi16>) -> tensor<7x5x4xi16>
// CHECK: fxp.layer_norm {{.*}} : (tensor<7x5x4xi16>, tensor<4xi32>, tensor<4xi32>) -> tensor<7x5x4xui8>
// CHECK: fxp.split_heads {{.*}} : tensor<7x5x4xi8> -> tensor<7x2x5x2xi8>
// CHECK: fxp.matmul {{.*}} -> tensor<7x2x5x5xi32>
// CHECK: fxp.softmax {{.*}} -> tensor<7x2x5x5xui8>, tensor<7x2x5xi32>
// CHECK: fxp.normalize {{.*}} -> tensor<7x2x5x2xui8>
// CHECK: fxp.merge_heads {{.*}} -> tensor<7x5x4xui8>
// CHECK: fxp.add {{.*}} : (tensor<7x5x4xi16>, tensor<7x5x4xi16>) -> tensor<7x5x4xi16>
// CHECK: fxp.select_token {{.*}} : tensor<7x5x4xi16> -> tensor<7x4xi16>
// CHECK: fxp.lookup {{.*}} : (tensor<7x6xui8>, tensor<256xui8>) -> tensor<7x6xui8>
// CHECK: return {{.*}} : tensor<7x3xi32>

// KERNEL: fxp.kernel "patches" -> tensor<7x4x12xui8>
// KERNEL: fxp.kernel "gemm" -> tensor<7x5x4xi16>
// KERNEL: fxp.prepend_token
// KERNEL: fxp.kernel "attention" -> tensor<7x5x4xui8>
// KERNEL-NOT: tensor<1x5
