// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Groups have scales of their own, the last of a row may be shorter; what is no
// weight becomes a number of 16 bits.
//
// RUN: deit-opt %s -pass-pipeline="builtin.module(func.func(deit-round-groups{bits=2 group=2}))" | FileCheck %s
// RUN: not deit-opt %s -pass-pipeline="builtin.module(func.func(deit-round-groups{bits=9}))" 2>&1 | FileCheck %s --check-prefix=BITS
// RUN: not deit-opt %s -pass-pipeline="builtin.module(func.func(deit-round-groups{group=0}))" 2>&1 | FileCheck %s --check-prefix=GROUP

// BITS: error: deit-round-groups: expected bits from 2 to 8, found 9
// GROUP: error: deit-round-groups: expected a group of at least 1 weight

// CHECK: deit.constant dense<{{\[\[}}1.000000e+00, 0.000000e+00, -4.000000e+00], [0.000000e+00, 0.000000e+00, 2.500000e-01]]>
// 0.1 of 16 bits, of which 10 are a fraction's.
// CHECK: deit.constant dense<[0.0999755859, 1.000000e+00]>
func.func @model(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %w = deit.constant dense<[[1.0, 0.4, -4.0], [0.0, 0.0, 0.25]]>
    : tensor<2x3xf32> -> tensor<2x3xf32>
  %b = deit.constant dense<[0.1, 1.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = deit.linear %x, %w bias %b
    : (tensor<1x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
