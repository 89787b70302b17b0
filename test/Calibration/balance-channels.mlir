// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A layer norm of a wide and a narrow channel, read by one layer: the norm is
// divided by what the layer is multiplied with.
//
// REQUIRES: torch
// RUN: %python %S/Inputs/make-cifar.py %t.bin 4
// RUN: deit-opt %s -deit-balance-channels="data=%t.bin samples=4" \
// RUN:   --remarks-filter=deit-balance-channels 2>&1 | FileCheck %s --check-prefixes=SEARCH
// RUN: deit-opt %s -deit-balance-channels="data=%t.bin samples=4 method=repq" | FileCheck %s --check-prefix=REPQ
// RUN: deit-opt %s -deit-balance-channels="data=%t.bin samples=4 method=off" | FileCheck %s --check-prefix=OFF
// RUN: sed 's/epsilon = 1.0e-6 : f64/&, deit.balance = "off"/' %s > %t.pinned.mlir
// RUN: deit-opt %t.pinned.mlir -deit-balance-channels="data=%t.bin samples=4" | FileCheck %s --check-prefix=OFF
// RUN: not deit-opt %s -deit-balance-channels="data=%t.bin samples=4 method=half" 2>&1 | FileCheck %s --check-prefix=METHOD

// METHOD: error: deit-balance-channels: expected method search, off, repq, or smooth:A with A from 0 to 1; found 'half'

// SEARCH: [Analysis] Balance{{.*}}Errors="off {{.*}} %, smooth:0.25 {{.*}} %, smooth:0.5 {{.*}} %, smooth:0.75 {{.*}} %, repq {{.*}} %", Method={{smooth:0.[257]+|repq}}, Module=norm
// SEARCH: deit.layer_norm {{.*}}deit.balance = "{{smooth:0.[257]+|repq}}"

// The channels have the ranges 16 and 1 times the same: factors are 4 and 1/4.
// REPQ: %[[GAMMA:.*]] = deit.constant dense<4.000000e+00>
// REPQ: deit.layer_norm %{{.*}}, %[[GAMMA]], %{{.*}} {deit.balance = "repq"
// REPQ: %[[W:.*]] = deit.constant dense<{{\[\[}}1.200000e+00, 1.250000e-01], [-8.000000e-01, 2.250000e-01]]>
// REPQ: deit.linear %{{.*}}, %[[W]]

// OFF: deit.constant dense<[1.600000e+01, 1.000000e+00]>
// OFF: deit.balance = "off"
// OFF: deit.constant dense<{{\[\[}}3.000000e-01, 5.000000e-01], [-2.000000e-01, 0.899999976]]>

func.func @model(%image: tensor<1x32x32x3xui8>) -> tensor<1x2xf32> {
  %w = deit.constant dense<[[[[0.01, 0.0, 0.0]]], [[[0.0, 0.02, 0.0]]]]>
    : tensor<2x1x1x3xf32> -> tensor<2x1x1x3xf32>
  %b = deit.constant dense<[0.5, -0.25]> : tensor<2xf32> -> tensor<2xf32>
  %gamma = deit.constant dense<[16.0, 1.0]> : tensor<2xf32> -> tensor<2xf32>
  %beta = deit.constant dense<0.0> : tensor<2xf32> -> tensor<2xf32>
  %head = deit.constant dense<[[0.3, 0.5], [-0.2, 0.9]]>
    : tensor<2x2xf32> -> tensor<2x2xf32>
  %x = deit.patch_embed %image, %w, %b
    : (tensor<1x32x32x3xui8>, tensor<2x1x1x3xf32>, tensor<2xf32>)
    -> tensor<1x1024x2xf32> loc("patch_embed.proj")
  %c = deit.select_token %x {index = 0 : i64}
    : tensor<1x1024x2xf32> -> tensor<1x2xf32>
  %n = deit.layer_norm %c, %gamma, %beta {epsilon = 1.0e-6 : f64}
    : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32> loc("norm")
  %y = deit.linear %n, %head
    : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32> loc("head")
  return %y : tensor<1x2xf32>
}
