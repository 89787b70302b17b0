// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gradients tell what errors cost, steps are chosen by that, weights go onto
// them; deit-quantize finds them there.
//
// REQUIRES: torch
// RUN: %python %S/Inputs/make-cifar.py %t.bin 4
// RUN: deit-opt %s -deit-measure-sensitivity="data=%t.bin samples=4" -o %t.measured.mlir \
// RUN:   --remarks-filter=deit-measure-sensitivity 2>&1 | FileCheck %s --check-prefix=MEASURED
// RUN: FileCheck %s --check-prefix=SENSITIVITY < %t.measured.mlir
// RUN: deit-opt %t.measured.mlir -deit-choose-steps="bits=3" \
// RUN:   --remarks-filter=deit-choose-steps 2>&1 | FileCheck %s --check-prefix=STEPS
// RUN: deit-opt %s -deit-round-weights="data=%t.bin samples=4" | FileCheck %s --check-prefix=ROUND
// RUN: not deit-opt %t.measured.mlir -deit-choose-steps="bits=9" 2>&1 | FileCheck %s --check-prefix=BITS
// RUN: not deit-opt %s -deit-choose-steps="bits=3" 2>&1 | FileCheck %s --check-prefix=UNMEASURED
// RUN: not deit-opt %s -deit-measure-sensitivity="data=%t.bin samples=5" 2>&1 | FileCheck %s --check-prefix=FEWER
// RUN: not deit-opt %s -deit-round-weights="data=%t.bin samples=4 damping=0" 2>&1 | FileCheck %s --check-prefix=DAMPING
// RUN: sed 's/{deit.weight_step = [^}]*}//' %s > %t.plain.mlir
// RUN: not deit-opt %t.plain.mlir -deit-round-weights="data=%t.bin samples=4" 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: sed 's/array<i8: 0, 4>/array<i8: 4>/' %s > %t.short.mlir
// RUN: not deit-opt %t.short.mlir -deit-round-weights="data=%t.bin samples=4" 2>&1 | FileCheck %s --check-prefix=SHORT
//
// A layer of 8 bits gets no steps, one of 2 bits its own.
//
// RUN: sed 's/deit.linear %c, %wide$/deit.linear %c, %wide {deit.weight_bits = 8.0 : f64}/' %s > %t.pinned.mlir
// RUN: deit-opt %t.pinned.mlir -deit-measure-sensitivity="data=%t.bin samples=4" \
// RUN:   -deit-choose-steps="bits=3" | FileCheck %s --check-prefix=PINNED

// BITS: error: deit-choose-steps: expected bits from 1 to 8, found 9
// UNMEASURED: error: deit-choose-steps: 'patch_embed.proj' has no 'deit.sensitivity'; run deit-measure-sensitivity first
// FEWER: error: deit-measure-sensitivity: {{.*}} holds 4 images, fewer than the 5 asked for
// DAMPING: error: deit-round-weights: expected damping above 0 and at most 10, found 0
// NONE: error: deit-round-weights: no layer has 'deit.weight_step'; run deit-choose-steps first
// SHORT: error: deit-round-weights: 'head' has 1 steps for 2 channels

// MEASURED: remark: {{.*}}[Analysis] Sensitivity{{.*}}Mean=
// SENSITIVITY: deit.patch_embed {{.*}} {deit.sensitivity = array<f32: {{[0-9.e+-]+}}>}
// SENSITIVITY: deit.linear {{.*}} {deit.sensitivity = array<f32: {{[0-9.e+-]+}}, {{[0-9.e+-]+}}>}

// STEPS: remark: {{.*}}[Analysis] Step{{.*}}deit-choose-steps{{.*}}Bits={{[0-9.]+}}{{.*}}Remark="rate by what an error costs at the logits"
// STEPS: remark: {{.*}}[Analysis] Step{{.*}}Remark="rate as given"
// STEPS: deit.patch_embed {{.*}}deit.row_octaves = array<i8: 0>{{.*}}deit.weight_step = {{[0-9.E-]+}} : f64
// STEPS: deit.linear {{.*}}deit.row_octaves = array<i8: {{-?[0-9]+}}, {{-?[0-9]+}}>{{.*}}deit.weight_step = {{[0-9.E-]+}} : f64
// STEPS: deit.linear {{.*}}deit.row_octaves = array<i8: 0, 4>{{.*}}deit.weight_step = 2.500000e-01 : f64

// PINNED: deit.linear {{.*}} {deit.sensitivity = {{[^}]*}}, deit.weight_bits = 8.000000e+00 : f64}
// PINNED: deit.linear {{.*}}deit.weight_step = 2.500000e-01 : f64

// A layer without steps stays as it is. Of the two columns of the head's input
// the first is twice the second, so that what is lost of 0.6 in the one (0.1,
// two steps of 0.25 are 0.5) is made up for in the other. The bias takes back
// what is left in the mean.

// ROUND: deit.constant dense<3.906250e-03>
// ROUND: %[[W:.*]] = deit.constant dense<{{\[\[}}5.000000e-01, 2.500000e-01], [1.000000e+00, 0.000000e+00]]>
// ROUND: deit.linear %{{.*}}, %[[W]] bias %{{.*}} {deit.row_octaves = array<i8: 0, 4>, deit.row_steps = array<f64: 2.500000e-01, 5.000000e-01>, deit.weight_step = 2.500000e-01 : f64}

func.func @model(%image: tensor<1x32x32x3xui8>) -> tensor<1x2xf32> {
  %w = deit.constant dense<0.00390625> : tensor<1x16x16x3xf32>
    -> tensor<1x16x16x3xf32>
  %b = deit.constant dense<[-31.0]> : tensor<1xf32> -> tensor<1xf32>
  %wide = deit.constant dense<[[2.0], [1.0]]>
    : tensor<2x1xf32> -> tensor<2x1xf32>
  %head = deit.constant dense<[[0.6, 0.05], [0.9, 0.1]]>
    : tensor<2x2xf32> -> tensor<2x2xf32>
  %x = deit.patch_embed %image, %w, %b
    : (tensor<1x32x32x3xui8>, tensor<1x16x16x3xf32>, tensor<1xf32>)
    -> tensor<1x4x1xf32> loc("patch_embed.proj")
  %c = deit.select_token %x {index = 0 : i64}
    : tensor<1x4x1xf32> -> tensor<1x1xf32>
  %y = deit.linear %c, %wide
    : (tensor<1x1xf32>, tensor<2x1xf32>) -> tensor<1x2xf32> loc("wide")
  %z = deit.linear %y, %head {deit.weight_step = 0.25 : f64, deit.row_octaves = array<i8: 0, 4>}
    : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32> loc("head")
  return %z : tensor<1x2xf32>
}
