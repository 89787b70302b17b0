// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Of eight neurons one reaches 8.7, the others 2.996: it becomes three that
// reach 3.296 each, with biases lower by once and twice that.
//
// REQUIRES: torch
// RUN: %python %S/Inputs/make-cifar.py %t.bin 4
// RUN: deit-opt %s -deit-split-neurons="data=%t.bin samples=4 extra=1" \
// RUN:   --remarks-filter=deit-split-neurons > %t.mlir 2> %t.remarks
// RUN: FileCheck %s --check-prefix=REMARK < %t.remarks
// RUN: FileCheck %s < %t.mlir
// RUN: deit-opt %s -deit-split-neurons="data=%t.bin samples=4" | FileCheck %s --check-prefix=DEAR
//
// The sum of the parts is the neuron, but for where a part begins: there GELU is
// at most 0.17 below max(x, 0), and 0.02 more in the part before; the last layer
// halves that.
// RUN: deit-eval %s --data %t.bin --logits %t.whole.f32 > %t.log
// RUN: deit-eval %t.mlir --data %t.bin --logits %t.split.f32 > %t.log
// RUN: %python -c "import struct, sys; a, b = (struct.unpack('<8f', open(f, 'rb').read()) for f in sys.argv[1:]); \
// RUN:   d = [abs(x - y) for x, y in zip(a, b)]; assert 0 < max(d) < 0.1 and max(a) > 10, (a, b)" %t.whole.f32 %t.split.f32
//
// Comparisons put the parts together again.
// RUN: deit-opt %s -deit-split-neurons="data=%t.bin samples=4 extra=1" --emit-bytecode -o %t.mlirbc
// RUN: deit-eval %t.mlirbc --compare %s --data %t.bin --image 3 | FileCheck %s --check-prefix=JOINED
// JOINED: {{^}}fc1 exact
// JOINED-NEXT: {{^}}act {{[2-9][0-9]\.[0-9]}}
// JOINED-NOT: not compared
//
// RUN: sed 's/%g = deit.gelu %h/& {deit.split = 0.0 : f64}/' %s > %t.none.mlir
// RUN: deit-opt %t.none.mlir -deit-split-neurons="data=%t.bin samples=4 extra=1" | FileCheck %s --check-prefix=DEAR
// RUN: sed 's/%g = deit.gelu %h/& {deit.split = 5.0 : f64}/' %s > %t.five.mlir
// RUN: deit-opt %t.five.mlir -deit-split-neurons="data=%t.bin samples=4" | FileCheck %s --check-prefix=FIVE
// RUN: sed 's/%g = deit.gelu %h/& {deit.split = 0.5 : f64}/' %s > %t.half.mlir
// RUN: not deit-opt %t.half.mlir -deit-split-neurons="data=%t.bin samples=4" 2>&1 | FileCheck %s --check-prefix=HALF
// RUN: not deit-opt %s -deit-split-neurons="data=%t.bin samples=4 extra=2" 2>&1 | FileCheck %s --check-prefix=EXTRA

// REMARK: [Analysis] Split{{.*}}Added=2, Largest=8.70, Limit=3.30, Module=act

// CHECK: %[[B1:.*]] = deit.constant dense<[0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, -3.29{{[0-9]+}}, -6.59{{[0-9]+}}]>
// CHECK: deit.linear %{{.*}}, %{{.*}} bias %[[B1]] {{.*}} -> tensor<1x10xf32>
// CHECK: deit.gelu {{.*}} {deit.parts = array<i32: 0, 0>, deit.split = 3.29{{[0-9]+}} : f64, limit = 3.29{{[0-9]+}} : f64} : tensor<1x10xf32>
// CHECK: deit.linear {{.*}} (tensor<1x10xf32>, tensor<2x10xf32>) -> tensor<1x2xf32>

// Without neurons to spend, or where somebody says so, nothing is split.
// DEAR: deit.gelu {{.*}} {deit.split = 0.000000e+00 : f64} : tensor<1x8xf32> -> tensor<1x8xf32>

// FIVE: deit.gelu {{.*}} {deit.parts = array<i32: 0>, deit.split = 5.000000e+00 : f64, limit = 5.000000e+00 : f64} : tensor<1x9xf32>

// HALF: error: deit-split-neurons: 'act' has values up to 8.70; to keep all below the limit 0.50, {{[0-9]+}} neurons would have to be added to 8; choose a higher limit
// EXTRA: error: deit-split-neurons: expected 'extra' from 0 to 1, a part of the neurons

func.func @forward(%image: tensor<1x32x32x3xui8>) -> tensor<1x2xf32> {
  %w = deit.constant dense<[[[[0.1, 0.0, 0.0]]], [[[0.0, 0.02, 0.0]]]]>
    : tensor<2x1x1x3xf32> -> tensor<2x1x1x3xf32>
  %b = deit.constant dense<0.0> : tensor<2xf32> -> tensor<2xf32>
  %w1 = deit.constant dense<[[2.9, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0],
                             [1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]]>
    : tensor<8x2xf32> -> tensor<8x2xf32>
  %b1 = deit.constant dense<0.0> : tensor<8xf32> -> tensor<8xf32>
  %w2 = deit.constant dense<[[0.5, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3],
                             [-0.25, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]]>
    : tensor<2x8xf32> -> tensor<2x8xf32>
  %x = deit.patch_embed %image, %w, %b
    : (tensor<1x32x32x3xui8>, tensor<2x1x1x3xf32>, tensor<2xf32>)
    -> tensor<1x1024x2xf32> loc("patch_embed.proj")
  %c = deit.select_token %x {index = 0 : i64}
    : tensor<1x1024x2xf32> -> tensor<1x2xf32>
  %h = deit.linear %c, %w1 bias %b1
    : (tensor<1x2xf32>, tensor<8x2xf32>, tensor<8xf32>) -> tensor<1x8xf32> loc("fc1")
  %g = deit.gelu %h : tensor<1x8xf32> -> tensor<1x8xf32> loc("act")
  %y = deit.linear %g, %w2
    : (tensor<1x8xf32>, tensor<2x8xf32>) -> tensor<1x2xf32> loc("head")
  return %y : tensor<1x2xf32>
}
