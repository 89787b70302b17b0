// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Observers by what rounding does: to the distribution, to the likelihood, to
// the logits. What a recipe has pinned stays.
//
// REQUIRES: torch
// RUN: %python %S/Inputs/make-cifar.py %t.bin 8
// RUN: deit-opt %s -deit-calibrate="data=%t.bin samples=8 observer=entropy gelu-range=observer" \
// RUN:   | FileCheck %s --check-prefixes=CHECK,ENTROPY
// RUN: deit-opt %s -deit-calibrate="data=%t.bin samples=8 observer=fisher" \
// RUN:   | FileCheck %s --check-prefixes=CHECK,FISHER
// RUN: deit-opt %s -deit-calibrate="data=%t.bin samples=8 observer=search" \
// RUN:   --remarks-filter=deit-calibrate 2> %t.remarks \
// RUN:   | FileCheck %s --check-prefixes=CHECK,SEARCH
// RUN: FileCheck %s --check-prefix=REMARKS < %t.remarks

// The second channel of "wide" reaches far, but the head does not look at it:
// neither the likelihood nor the logits depend on it. "mse" and "minmax" pay
// for it all the same.

// CHECK-LABEL: func @model
// CHECK: deit.patch_embed {{.*}}deit.range_method = "minmax"
// ENTROPY: deit.layer_norm {{.*}}deit.range_method = "entropy"
// FISHER: deit.layer_norm {{.*}}deit.range_method = "fisher"
// SEARCH: deit.layer_norm {{.*}}deit.range_method = "{{minmax|mse|percentile|entropy|fisher|search}}"
// ENTROPY: deit.linear {{.*}}deit.range_method = "entropy"
// FISHER: deit.linear {{.*}}deit.range_method = "gelu-output"
// FISHER: deit.gelu {{.*}}deit.range = array<f64: {{[^,]*}}, {{[0-3]\..*}}>, deit.range_method = "fisher"
// SEARCH: deit.gelu {{.*}}deit.range = array<f64: {{[^,]*}}, {{[0-3]\..*}}>, deit.range_method = "fisher"
// CHECK: deit.linear {{.*}} {deit.channel_mean = {{.*}}, deit.range = array<f64: -3.000000e+00, 4.000000e+00>}
// CHECK: deit.linear {{.*}}deit.range = array<f64: [[LOW:[^,]*]], [[HIGH:[^>]*]]>, deit.range_method = "percentile"
// CHECK: deit.split_heads {{.*}} {deit.range = array<f64: [[LOW]], [[HIGH]]>}
// CHECK: deit.linear {{.*}}deit.range_method = "minmax"

// REMARKS: [Analysis] Range | Category:deit-calibrate | Divergence="mse={{[0-9.e+-]+}} minmax={{[0-9.e+-]+}} percentile={{[0-9.e+-]+}} entropy={{[0-9.e+-]+}} fisher={{[0-9.e+-]+}}{{( search=[0-9.e+-]+)*}}", Method=fisher, Module=act
// REMARKS: Category:deit-calibrate | Method=given, Module=pinned, Range="-3 to 4"
func.func @model(%image: tensor<1x32x32x3xui8>) -> tensor<1x2xf32> {
  %w = deit.constant dense<0.0001> : tensor<2x16x16x3xf32>
    -> tensor<2x16x16x3xf32>
  %b = deit.constant dense<[-3.0, -2.0]> : tensor<2xf32> -> tensor<2xf32>
  %scales = deit.constant dense<[0.1, 0.1]> : tensor<2xf32> -> tensor<2xf32>
  %g = deit.constant dense<1.0> : tensor<2xf32> -> tensor<2xf32>
  %far = deit.constant dense<[[0.3, 0.0], [0.0, 50.0]]>
    : tensor<2x2xf32> -> tensor<2x2xf32>
  %near = deit.constant dense<[[2.0, 0.0], [-2.0, 0.0]]>
    : tensor<2x2xf32> -> tensor<2x2xf32>
  %x = deit.patch_embed %image, %w, %b
    : (tensor<1x32x32x3xui8>, tensor<2x16x16x3xf32>, tensor<2xf32>)
    -> tensor<1x4x2xf32>
  %n = deit.layer_norm %x, %g, %scales {epsilon = 1.0 : f64}
    : (tensor<1x4x2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x4x2xf32>
  %wide = deit.linear %x, %far
    : (tensor<1x4x2xf32>, tensor<2x2xf32>) -> tensor<1x4x2xf32> loc("wide")
  %a = deit.gelu %wide : tensor<1x4x2xf32> -> tensor<1x4x2xf32> loc("act")
  %p = deit.linear %n, %near {deit.range = array<f64: -3.0, 4.0>}
    : (tensor<1x4x2xf32>, tensor<2x2xf32>) -> tensor<1x4x2xf32> loc("pinned")
  %q = deit.linear %p, %near {deit.range_method = "percentile"}
    : (tensor<1x4x2xf32>, tensor<2x2xf32>) -> tensor<1x4x2xf32>
  %h = deit.split_heads %q : tensor<1x4x2xf32> -> tensor<1x1x4x2xf32>
  %c = deit.select_token %a {index = 0 : i64}
    : tensor<1x4x2xf32> -> tensor<1x2xf32>
  %z = deit.linear %c, %near
    : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %z : tensor<1x2xf32>
}
