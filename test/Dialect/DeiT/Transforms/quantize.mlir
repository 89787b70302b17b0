// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -deit-quantize -split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,ROWS
// RUN: deit-opt %s -deit-quantize="weights=per-tensor residual-bits=8" \
// RUN:   -split-input-file | FileCheck %s --check-prefixes=CHECK,NAIVE
// RUN: deit-opt %s -deit-quantize -split-input-file -o /dev/null \
// RUN:   --remarks-filter=deit-quantize 2>&1 \
// RUN:   | FileCheck %s --check-prefix=REMARK

// Every value's format is told to those who ask.
// REMARK: [Analysis] Format | Category:deit-quantize | {{.*}}Range="-127 to 127", Remark=weight, Type="!quant.uniform<i8<-127:127>:f32, 1.000000e+00>"
// REMARK: [Analysis] Format {{.*}}Range="-32.77 to 32.77", Remark=activation, Type="!quant.uniform<i16<-32767:32767>:f32, 0.0010000000060537816>"
// REMARK: [Analysis] Format {{.*}}Range="-32.77 to 32.77", Remark="constant of the residual stream", Type=
// REMARK: [Analysis] Format {{.*}}Range="0 to 63.75", Remark=activation, Type="!quant.uniform<u8:f32, 2.500000e-01>"

// From pixels to the stream: patch embedding, positions and token share a
// type, of the union of their ranges: 1.25 * 26.2136 / 32767 = 0.001. Constants
// are multiples of the power of two that is nearest to a 127th of the largest:
// of 26214 / 127 that is 256, of 3000 / 127 it is 32.
// CHECK-LABEL: func @embed
func.func @embed(%image: tensor<1x1x2x3xui8>) -> tensor<1x3x1xf32> {
  // CHECK-DAG: deit.constant dense<{{\[\[\[\[}}64, 32, -127]]]]> : tensor<1x1x1x3xi8> -> tensor<1x1x1x3x!quant.uniform<i8<-127:127>:f32, 1.000000e+00>>
  %w = deit.constant dense<[[[[63.5, 32.5, -127.0]]]]>
    : tensor<1x1x1x3xf32> -> tensor<1x1x1x3xf32>
  // CHECK-DAG: %[[B:.*]] = deit.constant dense<7.000000e+00> : tensor<1xf32> -> tensor<1xf32>
  %b = deit.constant dense<[7.0]> : tensor<1xf32> -> tensor<1xf32>
  // ROWS-DAG: %[[POS:.*]] = deit.constant dense<{{\[\[\[}}1024], [-26112]]]> : tensor<1x2x1xi16>
  %pos = deit.constant dense<[[[1.0], [-26.2136]]]>
    : tensor<1x2x1xf32> -> tensor<1x2x1xf32>
  // ROWS-DAG: %[[CLS:.*]] = deit.constant dense<3008> : tensor<1xi16> -> tensor<1x!quant.uniform<i16<-32767:32767>:f32, 0.0010000000060537816>>
  %cls = deit.constant dense<[3.0]> : tensor<1xf32> -> tensor<1xf32>
  // CHECK: %[[X:.*]] = deit.patch_embed %{{.*}}, %[[B]] {deit.channel_mean = array<f32: 1.000000e+00>} : (tensor<1x1x2x3xui8>, tensor<1x1x1x3x!quant
  // ROWS-SAME: -> tensor<1x2x1x[[S16:!quant.uniform<i16<-32767:32767>:f32, 0.0010000000060537816>]]>
  // NAIVE-SAME: -> tensor<1x2x1x[[S16:!quant.uniform<i16<-131:124>:f32, [^>]*>]]>
  %0 = deit.patch_embed %image, %w, %b
    {deit.range = array<f64: -5.0, 6.0>, deit.channel_mean = array<f32: 1.0>}
    : (tensor<1x1x2x3xui8>, tensor<1x1x1x3xf32>, tensor<1xf32>)
    -> tensor<1x2x1xf32>
  // CHECK: deit.add {{.*}} -> tensor<1x2x1x[[S16]]>
  %1 = deit.add %0, %pos {deit.range = array<f64: -4.0, 25.0>}
    : (tensor<1x2x1xf32>, tensor<1x2x1xf32>) -> tensor<1x2x1xf32>
  // CHECK: deit.prepend_token {{.*}} -> tensor<1x3x1x[[S16]]>
  // CHECK-NOT: deit.range
  %2 = deit.prepend_token %1, %cls {deit.range = array<f64: -4.0, 25.0>}
    : (tensor<1x2x1xf32>, tensor<1xf32>) -> tensor<1x3x1xf32>
  // CHECK: return %{{.*}} : tensor<1x3x1x[[S16]]>
  return %2 : tensor<1x3x1xf32>
}

// -----

// CHECK-LABEL: func @attention
// CHECK-SAME: -> tensor<1x2x1x!quant.uniform<i16<
func.func @attention(%x: tensor<1x2x1xf32>) -> tensor<1x2x1xf32> {
  %g = deit.constant dense<[1.0]> : tensor<1xf32> -> tensor<1xf32>
  %wq = deit.constant dense<[[1.27]]> : tensor<1x1xf32> -> tensor<1x1xf32>
  %wk = deit.constant dense<[[-2.54]]> : tensor<1x1xf32> -> tensor<1x1xf32>
  %wv = deit.constant dense<[[5.08]]> : tensor<1x1xf32> -> tensor<1x1xf32>
  // The range is extended to include 0.
  // CHECK: deit.layer_norm {{.*}} -> tensor<1x2x1x!quant.uniform<u8:f32, 2.500000e-01>>
  %n = deit.layer_norm %x, %g, %g
    {epsilon = 0.0 : f64, deit.range = array<f64: 1.0, 63.75>}
    : (tensor<1x2x1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x2x1xf32>
  // CHECK: deit.linear {{.*}} -> tensor<1x2x1x[[Q:!quant.uniform<i8<-127:127>:f32, 5.000000e-01>]]>
  %q = deit.linear %n, %wq {deit.range = array<f64: -10.0, 63.5>}
    : (tensor<1x2x1xf32>, tensor<1x1xf32>) -> tensor<1x2x1xf32>
  // CHECK: deit.linear {{.*}} -> tensor<1x2x1x[[K:!quant.uniform<i8<-127:127>:f32, 2.500000e-01>]]>
  %k = deit.linear %n, %wk {deit.range = array<f64: -31.75, 0.0>}
    : (tensor<1x2x1xf32>, tensor<1x1xf32>) -> tensor<1x2x1xf32>
  %v = deit.linear %n, %wv {deit.range = array<f64: -1.27, 1.27>}
    : (tensor<1x2x1xf32>, tensor<1x1xf32>) -> tensor<1x2x1xf32>
  // CHECK: deit.split_heads {{.*}} : tensor<1x2x1x[[Q]]> -> tensor<1x1x2x1x[[Q]]>
  %qh = deit.split_heads %q : tensor<1x2x1xf32> -> tensor<1x1x2x1xf32>
  %kh = deit.split_heads %k : tensor<1x2x1xf32> -> tensor<1x1x2x1xf32>
  %vh = deit.split_heads %v : tensor<1x2x1xf32> -> tensor<1x1x2x1xf32>
  // CHECK: deit.matmul {{.*}} {transpose_rhs} {{.*}} -> tensor<1x1x2x2x!quant.uniform<i32:f32, 1.250000e-01>>
  %s = deit.matmul %qh, %kh {transpose_rhs}
    : (tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>) -> tensor<1x1x2x2xf32>
  // CHECK: deit.softmax {{.*}} -> tensor<1x1x2x2x!quant.uniform<u8:f32, 0.0039215686274509803>>
  %p = deit.softmax %s : tensor<1x1x2x2xf32> -> tensor<1x1x2x2xf32>
  // CHECK: deit.matmul {{.*}} -> tensor<1x1x2x1x[[O:!quant.uniform<u8:f32, 2.500000e-01:64>]]>
  %o = deit.matmul %p, %vh {deit.range = array<f64: -16.0, 47.75>}
    : (tensor<1x1x2x2xf32>, tensor<1x1x2x1xf32>) -> tensor<1x1x2x1xf32>
  // CHECK: deit.merge_heads {{.*}} -> tensor<1x2x1x[[O]]>
  %m = deit.merge_heads %o : tensor<1x1x2x1xf32> -> tensor<1x2x1xf32>
  // The branch has the sum's type and its share in the range.
  // CHECK: deit.linear {{.*}} -> tensor<1x2x1x[[S16:!quant.uniform<i16<[^>]*>[^>]*>]]>
  %proj = deit.linear %m, %wq {deit.range = array<f64: -3.0, 3.0>}
    : (tensor<1x2x1xf32>, tensor<1x1xf32>) -> tensor<1x2x1xf32>
  // CHECK: deit.add {{.*}} -> tensor<1x2x1x[[S16]]>
  %y = deit.add %x, %proj {deit.range = array<f64: -1.0, 1.0>}
    : (tensor<1x2x1xf32>, tensor<1x2x1xf32>) -> tensor<1x2x1xf32>
  return %y : tensor<1x2x1xf32>
}

// -----

// The head's codes are 16 of its coarsest accumulator's; the class token is
// taken out of the stream as it is.
// CHECK-LABEL: func @mlp
// CHECK-SAME: -> tensor<1x2x!quant.uniform<i32:f32
func.func @mlp(%x: tensor<1x2x1xf32>, %b: tensor<1x2x1xf32>)
    -> tensor<1x2xf32> {
  %g = deit.constant dense<[1.0]> : tensor<1xf32> -> tensor<1xf32>
  %w = deit.constant dense<[[0.9921875], [1.984375]]> : tensor<2x1xf32> -> tensor<2x1xf32>
  %w2 = deit.constant dense<[[1.27, 2.54]]> : tensor<1x2xf32> -> tensor<1x2xf32>
  // CHECK: %[[S:.*]] = deit.add {{.*}} -> tensor<1x2x1x[[S16:!quant.uniform<i16<[^>]*>[^>]*>]]>
  %pos = deit.constant dense<[[[1.0], [2.0]]]>
    : tensor<1x2x1xf32> -> tensor<1x2x1xf32>
  %s = deit.add %x, %pos {deit.range = array<f64: -1.0, 1.0>}
    : (tensor<1x2x1xf32>, tensor<1x2x1xf32>) -> tensor<1x2x1xf32>
  // CHECK: deit.select_token %[[S]] {{.*}} -> tensor<1x1x[[S16]]>
  %c = deit.select_token %s {index = 0 : i64}
    : tensor<1x2x1xf32> -> tensor<1x1xf32>
  %n = deit.layer_norm %c, %g, %g
    {epsilon = 0.0 : f64, deit.range = array<f64: 0.0, 63.75>}
    : (tensor<1x1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  // ROWS: %[[FC1:.*]] = deit.linear {{.*}}:f32:0, {7.812500e-03,1.562500e-02}>>) ->
  // NAIVE: %[[FC1:.*]] = deit.linear {{.*}}:f32, 1.562500e-02>>) ->
  // CHECK-SAME: tensor<1x2x!quant.uniform<u8:f32, 2.500000e-01:128>>
  %fc1 = deit.linear %n, %w {deit.range = array<f64: -32.0, 31.75>}
    : (tensor<1x1xf32>, tensor<2x1xf32>) -> tensor<1x2xf32>
  // CHECK: deit.gelu %[[FC1]] {{.*}} -> tensor<1x2x!quant.uniform<u8:f32, 5.000000e-01:2>>
  %a = deit.gelu %fc1 {deit.range = array<f64: -1.0, 126.5>}
    : tensor<1x2xf32> -> tensor<1x2xf32>
  %fc2 = deit.linear %a, %w2 {deit.range = array<f64: -1.0, 1.0>}
    : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  %y = deit.add %c, %fc2 {deit.range = array<f64: -1.0, 1.0>}
    : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %last = deit.layer_norm %y, %g, %g
    {epsilon = 0.0 : f64, deit.range = array<f64: 0.0, 63.75>}
    : (tensor<1x1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  // 16 * 0.25 * 2^-6
  // CHECK: deit.linear {{.*}} -> tensor<1x2x!quant.uniform<i32:f32, 6.250000e-02>>
  %logits = deit.linear %last, %w {deit.range = array<f64: -1.0, 1.0>}
    : (tensor<1x1xf32>, tensor<2x1xf32>) -> tensor<1x2xf32>
  return %logits : tensor<1x2xf32>
}

// -----

// A norm of constant rows: codes are no finer than half of gamma times 2^-20,
// 1.9073522e-6 for gammas of 1, nor is the stream's scale finer than 2^-28.
// CHECK-LABEL: func @constant_rows
func.func @constant_rows(%image: tensor<1x1x1x3xui8>) -> tensor<1x1x2xf32> {
  %w = deit.constant dense<0.0> : tensor<1x1x1x3xf32> -> tensor<1x1x1x3xf32>
  %g = deit.constant dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %b = deit.constant dense<0.0> : tensor<1xf32> -> tensor<1xf32>
  // CHECK: deit.patch_embed {{.*}} -> tensor<1x1x1x!quant.uniform<i16<{{.*}}>:f32, 3.7252902984619141E-9>>
  %0 = deit.patch_embed %image, %w, %b {deit.range = array<f64: -1.0e-8, 1.0e-8>}
    : (tensor<1x1x1x3xui8>, tensor<1x1x1x3xf32>, tensor<1xf32>)
    -> tensor<1x1x1xf32>
  // CHECK: deit.layer_norm {{.*}} -> tensor<1x1x1x!quant.uniform<u8:f32, 1.907352{{[0-9]*}}E-6:64>>
  %1 = deit.layer_norm %0, %g, %b
    {epsilon = 1.0e-6 : f64, deit.range = array<f64: -1.0e-9, 3.0e-9>}
    : (tensor<1x1x1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x1xf32>
  %v = deit.constant dense<1.0> : tensor<2x1xf32> -> tensor<2x1xf32>
  %2 = deit.linear %1, %v {deit.range = array<f64: -1.0, 1.0>}
    : (tensor<1x1x1xf32>, tensor<2x1xf32>) -> tensor<1x1x2xf32>
  return %2 : tensor<1x1x2xf32>
}

// -----

// A dead channel's bias fits: its scale is 2^20 / 2^28 over the operand's 1.
// CHECK-LABEL: func @dead_channel
func.func @dead_channel(%image: tensor<1x1x1x3xui8>) -> tensor<1x1x2xf32> {
  // ROWS: deit.constant dense<{{.*}}-127, 0, 0{{.*}}0, 0, 0{{.*}}:f32:0, {9.765625E-4,3.906250e-03}>
  %w = deit.constant dense<[[[[-0.1240234375, 0.0, 0.0]]], [[[0.0, 0.0, 0.0]]]]>
    : tensor<2x1x1x3xf32> -> tensor<2x1x1x3xf32>
  %b = deit.constant dense<[0.0, 1048576.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = deit.patch_embed %image, %w, %b {deit.range = array<f64: -1.0, 1.0>}
    : (tensor<1x1x1x3xui8>, tensor<2x1x1x3xf32>, tensor<2xf32>)
    -> tensor<1x1x2xf32>
  return %0 : tensor<1x1x2xf32>
}

// -----

// Values of scale 1 cancel: their mean has steps of 1/127, however small it is.
// The queries' sums have steps of 2^-7; that of three inputs may be finer by
// 2^29 over 3 * 255 * 127, 2^-7 * 97155 / 2^29 = 1.41380e-6.
// CHECK-LABEL: func @cancelling
func.func @cancelling(%x: tensor<1x2x3xf32>) -> tensor<1x2x3xf32> {
  // ROWS: deit.gelu {{.*}}:f32, 1.000000e+00>
  %w = deit.constant dense<0.9921875> : tensor<3x3xf32> -> tensor<3x3xf32>
  %i = deit.gelu %x {deit.range = array<f64: 0.0, 255.0>}
    : tensor<1x2x3xf32> -> tensor<1x2x3xf32>
  // CHECK: deit.linear {{.*}} -> tensor<1x2x3x!quant.uniform<i8<-127:127>:f32, 1.41379{{[0-9]*}}E-6>>
  %q = deit.linear %i, %w {deit.range = array<f64: -1.0e-9, 1.0e-9>}
    : (tensor<1x2x3xf32>, tensor<3x3xf32>) -> tensor<1x2x3xf32>
  // CHECK: deit.linear {{.*}} -> tensor<1x2x3x!quant.uniform<i8<-127:127>:f32, 1.000000e+00>>
  %v = deit.linear %i, %w {deit.range = array<f64: -127.0, 127.0>}
    : (tensor<1x2x3xf32>, tensor<3x3xf32>) -> tensor<1x2x3xf32>
  %qh = deit.split_heads %q : tensor<1x2x3xf32> -> tensor<1x1x2x3xf32>
  %vh = deit.split_heads %v : tensor<1x2x3xf32> -> tensor<1x1x2x3xf32>
  %s = deit.matmul %qh, %qh {transpose_rhs}
    : (tensor<1x1x2x3xf32>, tensor<1x1x2x3xf32>) -> tensor<1x1x2x2xf32>
  %p = deit.softmax %s : tensor<1x1x2x2xf32> -> tensor<1x1x2x2xf32>
  // CHECK: deit.matmul {{.*}} -> tensor<1x1x2x3x!quant.uniform<u8:f32, 0.0078740157480314{{[0-9]*}}:128>>
  %o = deit.matmul %p, %vh {deit.range = array<f64: -1.0e-3, 1.0e-3>}
    : (tensor<1x1x2x2xf32>, tensor<1x1x2x3xf32>) -> tensor<1x1x2x3xf32>
  %m = deit.merge_heads %o : tensor<1x1x2x3xf32> -> tensor<1x2x3xf32>
  return %m : tensor<1x2x3xf32>
}
