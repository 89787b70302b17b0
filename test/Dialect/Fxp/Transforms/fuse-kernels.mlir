// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every kind of kernel, and what stays alone.
//
// RUN: deit-opt %s --fxp-fuse-kernels | FileCheck %s
// RUN: deit-opt %s --fxp-fuse-kernels --remarks-filter=fxp-fuse-kernels \
// RUN:   --mlir-disable-threading -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=REMARK
// RUN: deit-opt %s --fxp-fuse-kernels --remarks-filter=other -o /dev/null \
// RUN:   2>&1 | count 0

// CHECK-LABEL: func.func @patches_and_embedding(
func.func @patches_and_embedding(%image: tensor<1x2x4x3xui8>,
    %w: tensor<8x12xi8>, %b: tensor<8xi32>, %m: tensor<8xi32>)
    -> tensor<1x3x8xi16> {
  // CHECK: %[[PATCHES:.*]] = fxp.kernel "patches" -> tensor<1x2x12xui8> {
  // CHECK-NEXT: %[[P:.*]] = fxp.patches
  // CHECK-NEXT: fxp.yield %[[P]]
  // CHECK-NEXT: }
  // REMARK: [Passed] Kernel | Category:fxp-fuse-kernels | {{.*}}Kind=patches, {{.*}}Operations=patches
  %0 = fxp.patches %image {height = 2 : i64, width = 2 : i64}
    : tensor<1x2x4x3xui8> -> tensor<1x2x12xui8>
  // CHECK-DAG: %[[POSITION:.*]] = fxp.constant dense<5>
  // CHECK-DAG: %[[TOKEN:.*]] = fxp.constant dense<9>
  // CHECK: %[[TOKENS:.*]] = fxp.kernel "gemm" -> tensor<1x3x8xi16> {
  // CHECK-NEXT: %[[S:.*]] = fxp.linear %[[PATCHES]]
  // CHECK-NEXT: %[[R:.*]] = fxp.requantize %[[S]]
  // CHECK-NEXT: %[[A:.*]] = fxp.add %[[R]], %[[POSITION]]
  // CHECK-NEXT: %[[T:.*]] = fxp.prepend_token %[[A]], %[[TOKEN]]
  // CHECK-NEXT: fxp.yield %[[T]]
  // CHECK-NEXT: }
  // CHECK-NEXT: return %[[TOKENS]]
  // REMARK: [Passed] Kernel | Category:fxp-fuse-kernels | {{.*}}Kind=gemm, {{.*}}Operations="linear + requantize + add + prepend_token"
  %1 = fxp.linear %0, %w, %b
    : (tensor<1x2x12xui8>, tensor<8x12xi8>, tensor<8xi32>)
    -> tensor<1x2x8xi32>
  %2 = fxp.requantize %1, %m {pre_shift = 0 : i64, shift = 8 : i64,
      zero_point = 0 : i64, low = -32767 : i64, high = 32767 : i64}
    : (tensor<1x2x8xi32>, tensor<8xi32>) -> tensor<1x2x8xi16>
  %position = fxp.constant dense<5> : tensor<1x2x8xi16> -> tensor<1x2x8xi16>
  %3 = fxp.add %2, %position {multiplier = 1073741824 : i64,
      pre_shift = 12 : i64, shift = 11 : i64, low = -32767 : i64,
      high = 32767 : i64}
    : (tensor<1x2x8xi16>, tensor<1x2x8xi16>) -> tensor<1x2x8xi16>
  %token = fxp.constant dense<9> : tensor<1x8xi16> -> tensor<1x8xi16>
  %4 = fxp.prepend_token %3, %token
    : (tensor<1x2x8xi16>, tensor<1x8xi16>) -> tensor<1x3x8xi16>
  return %4 : tensor<1x3x8xi16>
}

// The residual stream has two users; each layer takes what is its own.

// CHECK-LABEL: func.func @mlp(
// CHECK-SAME: %[[X:[a-z0-9]*]]: tensor<1x3x8xi16>
func.func @mlp(%x: tensor<1x3x8xi16>, %g: tensor<8xi32>, %w: tensor<8x8xi8>,
               %b: tensor<8xi32>, %m: tensor<8xi32>, %t: tensor<256xui8>)
    -> tensor<1x8xi16> {
  // CHECK: %[[NORM:.*]] = fxp.kernel "layer_norm"
  // CHECK-NEXT: fxp.layer_norm %[[X]]
  // REMARK: [Passed] Kernel | Category:fxp-fuse-kernels | {{.*}}Kind=layer_norm, {{.*}}Operations=layer_norm
  %0 = fxp.layer_norm %x, %g, %g {epsilon = 64 : i64, shift = 14 : i64,
      zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<1x3x8xi16>, tensor<8xi32>, tensor<8xi32>) -> tensor<1x3x8xui8>
  // CHECK: %[[HIDDEN:.*]] = fxp.kernel "gemm" -> tensor<1x3x8xui8> {
  // CHECK-NEXT: %[[S:.*]] = fxp.linear %[[NORM]]
  // CHECK-NEXT: %[[R:.*]] = fxp.requantize %[[S]]
  // CHECK-NEXT: %[[L:.*]] = fxp.lookup %[[R]]
  // CHECK-NEXT: fxp.yield %[[L]]
  // REMARK: [Passed] Kernel | Category:fxp-fuse-kernels | {{.*}}Kind=gemm, {{.*}}Operations="linear + requantize + lookup"
  %1 = fxp.linear %0, %w, %b
    : (tensor<1x3x8xui8>, tensor<8x8xi8>, tensor<8xi32>) -> tensor<1x3x8xi32>
  %2 = fxp.requantize %1, %m {pre_shift = 0 : i64, shift = 8 : i64,
      zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<1x3x8xi32>, tensor<8xi32>) -> tensor<1x3x8xui8>
  %3 = fxp.lookup %2 in %t
    : (tensor<1x3x8xui8>, tensor<256xui8>) -> tensor<1x3x8xui8>
  // CHECK: %[[SUM:.*]] = fxp.kernel "gemm" -> tensor<1x3x8xi16> {
  // CHECK-NEXT: %[[S:.*]] = fxp.linear %[[HIDDEN]]
  // CHECK-NEXT: %[[R:.*]] = fxp.requantize %[[S]]
  // CHECK-NEXT: %[[A:.*]] = fxp.add %[[X]], %[[R]]
  // CHECK-NEXT: fxp.yield %[[A]]
  // REMARK: [Passed] Kernel | Category:fxp-fuse-kernels | {{.*}}Kind=gemm, {{.*}}Operations="linear + requantize + add"
  %4 = fxp.linear %3, %w, %b
    : (tensor<1x3x8xui8>, tensor<8x8xi8>, tensor<8xi32>) -> tensor<1x3x8xi32>
  %5 = fxp.requantize %4, %m {pre_shift = 0 : i64, shift = 8 : i64,
      zero_point = 0 : i64, low = -32767 : i64, high = 32767 : i64}
    : (tensor<1x3x8xi32>, tensor<8xi32>) -> tensor<1x3x8xi16>
  %6 = fxp.add %x, %5 {multiplier = 1073741824 : i64, pre_shift = 12 : i64,
      shift = 11 : i64, low = -32767 : i64, high = 32767 : i64}
    : (tensor<1x3x8xi16>, tensor<1x3x8xi16>) -> tensor<1x3x8xi16>
  // CHECK: fxp.select_token %[[SUM]]
  // CHECK-NEXT: return
  %7 = fxp.select_token %6 {index = 0 : i64}
    : tensor<1x3x8xi16> -> tensor<1x8xi16>
  return %7 : tensor<1x8xi16>
}

// CHECK-LABEL: func.func @attention(
func.func @attention(%q: tensor<1x3x4xi8>, %k: tensor<1x3x4xi8>,
                     %v: tensor<1x3x4xi8>) -> tensor<1x3x4xui8> {
  // CHECK-NEXT: %[[RESULT:.*]] = fxp.kernel "attention" -> tensor<1x3x4xui8> {
  // CHECK-NEXT: fxp.split_heads
  // CHECK-NEXT: fxp.split_heads
  // CHECK-NEXT: fxp.matmul
  // CHECK-NEXT: fxp.softmax
  // CHECK-NEXT: fxp.split_heads
  // CHECK-NEXT: fxp.matmul
  // CHECK-NEXT: fxp.normalize
  // CHECK-NEXT: %[[M:.*]] = fxp.merge_heads
  // CHECK-NEXT: fxp.yield %[[M]]
  // CHECK-NEXT: }
  // CHECK-NEXT: return %[[RESULT]]
  // REMARK: [Passed] Kernel | Category:fxp-fuse-kernels | {{.*}}Kind=attention, {{.*}}Operations="split_heads + split_heads + matmul + softmax + split_heads + matmul + normalize + merge_heads"
  %qh = fxp.split_heads %q : tensor<1x3x4xi8> -> tensor<1x2x3x2xi8>
  %kh = fxp.split_heads %k : tensor<1x3x4xi8> -> tensor<1x2x3x2xi8>
  %s = fxp.matmul %qh, %kh {transpose_rhs}
    : (tensor<1x2x3x2xi8>, tensor<1x2x3x2xi8>) -> tensor<1x2x3x3xi32>
  %y, %sum = fxp.softmax %s {multiplier = 1400000000 : i64,
      pre_shift = 2 : i64, limit = 300000 : i64}
    : tensor<1x2x3x3xi32> -> tensor<1x2x3x3xui8>, tensor<1x2x3xi32>
  %vh = fxp.split_heads %v : tensor<1x3x4xi8> -> tensor<1x2x3x2xi8>
  %o = fxp.matmul %y, %vh
    : (tensor<1x2x3x3xui8>, tensor<1x2x3x2xi8>) -> tensor<1x2x3x2xi32>
  %n = fxp.normalize %o, %sum {multiplier = 137438953472 : i64,
      shift = 7 : i64, zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<1x2x3x2xi32>, tensor<1x2x3xi32>) -> tensor<1x2x3x2xui8>
  %r = fxp.merge_heads %n : tensor<1x2x3x2xui8> -> tensor<1x3x4xui8>
  return %r : tensor<1x3x4xui8>
}

// What something else uses ends the kernel; the rest is alone.

// CHECK-LABEL: func.func @shared(
func.func @shared(%x: tensor<1x8xui8>, %w: tensor<8x8xi8>, %b: tensor<8xi32>,
                  %m: tensor<8xi32>, %t: tensor<256xui8>)
    -> (tensor<1x8xui8>, tensor<1x8xui8>, tensor<1x8xi32>) {
  // CHECK: %[[SUMS:.*]] = fxp.kernel "gemm" -> tensor<1x8xi32> {
  // CHECK-NEXT: fxp.linear
  // CHECK-NEXT: fxp.yield
  // CHECK: %[[CODES:.*]] = fxp.kernel "requantize" -> tensor<1x8xui8> {
  // CHECK-NEXT: fxp.requantize %[[SUMS]]
  // CHECK: %[[LOOKED:.*]] = fxp.kernel "lookup" -> tensor<1x8xui8> {
  // CHECK-NEXT: fxp.lookup %[[CODES]]
  // CHECK: return %[[CODES]], %[[LOOKED]], %[[SUMS]]
  // REMARK: fuse-kernels.mlir:[[#@LINE+4]]:8: remark: {{.*}}[Missed] Alone | Category:fxp-fuse-kernels | {{.*}}Reason="the sums of its product have several uses", Remark=fxp.requantize
  // REMARK: fuse-kernels.mlir:[[#@LINE+6]]:8: remark: {{.*}}[Missed] Alone {{.*}}Reason="its operand has several uses", Remark=fxp.lookup
  %0 = fxp.linear %x, %w, %b
    : (tensor<1x8xui8>, tensor<8x8xi8>, tensor<8xi32>) -> tensor<1x8xi32>
  %1 = fxp.requantize %0, %m {pre_shift = 0 : i64, shift = 8 : i64,
      zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<1x8xi32>, tensor<8xi32>) -> tensor<1x8xui8>
  %2 = fxp.lookup %1 in %t
    : (tensor<1x8xui8>, tensor<256xui8>) -> tensor<1x8xui8>
  return %1, %2, %0 : tensor<1x8xui8>, tensor<1x8xui8>, tensor<1x8xi32>
}

// A residual of two products: each can be the other's branch, one is fused.

// CHECK-LABEL: func.func @two_products(
func.func @two_products(%x: tensor<1x2x8xui8>, %w: tensor<8x8xi8>,
                        %b: tensor<8xi32>, %m: tensor<8xi32>)
    -> tensor<1x2x8xi16> {
  // CHECK: %[[FIRST:.*]] = fxp.kernel "gemm"
  // CHECK-NEXT: fxp.linear
  // CHECK-NEXT: fxp.requantize
  // CHECK-NEXT: fxp.yield
  // CHECK: fxp.kernel "gemm"
  // CHECK-NEXT: fxp.linear
  // CHECK-NEXT: %[[R:.*]] = fxp.requantize
  // CHECK-NEXT: fxp.add %[[FIRST]], %[[R]]
  %0 = fxp.linear %x, %w, %b
    : (tensor<1x2x8xui8>, tensor<8x8xi8>, tensor<8xi32>) -> tensor<1x2x8xi32>
  %1 = fxp.requantize %0, %m {pre_shift = 0 : i64, shift = 8 : i64,
      zero_point = 0 : i64, low = -32767 : i64, high = 32767 : i64}
    : (tensor<1x2x8xi32>, tensor<8xi32>) -> tensor<1x2x8xi16>
  %2 = fxp.linear %x, %w, %b
    : (tensor<1x2x8xui8>, tensor<8x8xi8>, tensor<8xi32>) -> tensor<1x2x8xi32>
  %3 = fxp.requantize %2, %m {pre_shift = 0 : i64, shift = 8 : i64,
      zero_point = 0 : i64, low = -32767 : i64, high = 32767 : i64}
    : (tensor<1x2x8xi32>, tensor<8xi32>) -> tensor<1x2x8xi16>
  %4 = fxp.add %1, %3 {multiplier = 1073741824 : i64, pre_shift = 12 : i64,
      shift = 11 : i64, low = -32767 : i64, high = 32767 : i64}
    : (tensor<1x2x8xi16>, tensor<1x2x8xi16>) -> tensor<1x2x8xi16>
  return %4 : tensor<1x2x8xi16>
}

// Why an operation is alone, module by module.

// REMARK-NOT: [Missed]
// REMARK: loc("add"): [Missed] Alone {{.*}}Module=add, Reason="neither operand is a requantized product", Remark=fxp.add
// REMARK: loc("prepend"): [Missed] Alone {{.*}}Module=prepend, Reason="the token is not a constant", Remark=fxp.prepend_token
// REMARK: loc("heads"): [Missed] Alone {{.*}}Module=heads, Reason="it is part of no attention", Remark=fxp.split_heads
// CHECK-LABEL: func.func @alone(
func.func @alone(%x: tensor<1x2x8xi16>, %token: tensor<1x8xi16>,
                 %q: tensor<1x3x4xi8>)
    -> (tensor<1x3x8xi16>, tensor<1x2x3x2xi8>) {
  // CHECK: fxp.kernel "add"
  // CHECK: fxp.kernel "prepend_token"
  // CHECK: fxp.kernel "split_heads"
  %0 = fxp.add %x, %x {multiplier = 1073741824 : i64,
      pre_shift = 12 : i64, shift = 11 : i64, low = -32767 : i64,
      high = 32767 : i64}
    : (tensor<1x2x8xi16>, tensor<1x2x8xi16>) -> tensor<1x2x8xi16> loc("add")
  %1 = fxp.prepend_token %0, %token
    : (tensor<1x2x8xi16>, tensor<1x8xi16>) -> tensor<1x3x8xi16> loc("prepend")
  %2 = fxp.split_heads %q : tensor<1x3x4xi8> -> tensor<1x2x3x2xi8>
    loc("heads")
  return %1, %2 : tensor<1x3x8xi16>, tensor<1x2x3x2xi8>
}
