// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A recipe becomes attributes by module path, and attributes a recipe.
//
// RUN: rm -rf %t && split-file %s %t
// RUN: deit-opt %t/model.mlir --deit-apply-recipe="file=%t/recipe.json splits" \
// RUN:   --deit-apply-recipe=file=%t/recipe.json \
// RUN:   --remarks-filter=deit-apply-recipe --mlir-print-debuginfo 2>&1 \
// RUN:   | FileCheck %t/model.mlir
// RUN: deit-opt %t/model.mlir --deit-apply-recipe="file=%t/recipe.json splits" \
// RUN:   --deit-apply-recipe=file=%t/recipe.json \
// RUN:   --deit-write-recipe=file=%t/written.json -o %t/a.mlir
// RUN: FileCheck %s --check-prefix=WRITTEN --input-file=%t/written.json

// What was written leaves the same attributes and is written again the same.
// RUN: deit-opt %t/model.mlir --deit-apply-recipe="file=%t/written.json splits" \
// RUN:   --deit-apply-recipe=file=%t/written.json \
// RUN:   --deit-write-recipe=file=%t/again.json -o %t/b.mlir
// RUN: cmp %t/a.mlir %t/b.mlir
// RUN: cmp %t/written.json %t/again.json

// Nothing to say, nothing said.
// RUN: deit-opt %t/model.mlir --deit-write-recipe=file=%t/empty.json -o %t/c.mlir
// RUN: FileCheck %s --check-prefix=EMPTY --input-file=%t/empty.json

// WRITTEN:      {
// WRITTEN-NEXT:   "base": "w8a8",
// WRITTEN-NEXT:   "modules": [
// WRITTEN-NEXT:     {"match":"embed","weight_bits":4},
// WRITTEN-NEXT:     {"match":"pos","weight_step":0.0625},
// WRITTEN-NEXT:     {"match":"norm","balance":"smooth:0.5"},
// WRITTEN-NEXT:     {"match":"blocks.0.fc1","weight_step":0.10000000000000001,"row_octaves":[-1,2],"range":[-0.30000000000000004,3],"range_method":"mse"},
// WRITTEN-NEXT:     {"match":"blocks.0.act","range_method":"entropy","split":3.5},
// WRITTEN-NEXT:     {"match":"head","weight_bits":8}
// WRITTEN-NEXT:   ]
// WRITTEN-NEXT: }

// EMPTY:      "base": "w8a8",
// EMPTY-NEXT: "modules": []

//--- recipe.json
{
  "base": "w8a8",
  "modules": [
    {"match": "*", "weight_bits": 4},
    {"match": "blocks.*.fc?", "weight_step": 0.1, "row_octaves": [-1, 2]},
    {"match": "blocks.{0,1}.fc1", "range": [-0.30000000000000004, 3], "range_method": "mse"},
    {"match": "blocks.0.act", "range_method": "entropy", "split": 3.5},
    {"match": "norm", "balance": "repq"},
    {"match": "n[a-z]rm", "balance": "smooth:0.5"},
    {"match": "pos", "weight_step": 0.0625},
    {"match": "head", "exclude": true}
  ]
}

//--- model.mlir
// CHECK: remark: {{.*}}Module=blocks.0.act, Remark=deit.split
// CHECK: remark: {{.*}}[Passed] Setting {{.*}}deit-apply-recipe{{.*}}Module=embed, Remark=deit.weight_bits
// CHECK: deit.patch_embed {{.*}} {deit.weight_bits = 4.000000e+00 : f64}
// CHECK: deit.add {{.*}} {deit.weight_step = 6.250000e-02 : f64}
// CHECK: deit.layer_norm {{.*}} {deit.balance = "smooth:0.5",
// CHECK: deit.linear {{.*}} {deit.range = array<f64: -0.30000000000000004, 3.000000e+00>, deit.range_method = "mse", deit.row_octaves = array<i8: -1, 2>, deit.weight_step = 1.000000e-01 : f64}
// CHECK: deit.gelu {{.*}} {deit.range_method = "entropy", deit.split = 3.500000e+00 : f64}
// CHECK: deit.linear {{.*}} {deit.weight_bits = 8.000000e+00 : f64}
func.func @model(%image: tensor<1x32x32x3xui8>) -> tensor<1x2xf32> {
  %w = deit.constant dense<0.00390625> : tensor<1x16x16x3xf32>
    -> tensor<1x16x16x3xf32>
  %b = deit.constant dense<[-31.0]> : tensor<1xf32> -> tensor<1xf32>
  %p = deit.constant dense<0.5> : tensor<1x4x1xf32> -> tensor<1x4x1xf32>
  %wide = deit.constant dense<[[2.0], [1.0]]>
    : tensor<2x1xf32> -> tensor<2x1xf32>
  %head = deit.constant dense<[[0.6, 0.05], [0.9, 0.1]]>
    : tensor<2x2xf32> -> tensor<2x2xf32>
  %x = deit.patch_embed %image, %w, %b
    : (tensor<1x32x32x3xui8>, tensor<1x16x16x3xf32>, tensor<1xf32>)
    -> tensor<1x4x1xf32> loc("embed")
  %y = deit.add %x, %p
    : (tensor<1x4x1xf32>, tensor<1x4x1xf32>) -> tensor<1x4x1xf32> loc("pos")
  %n = deit.layer_norm %y, %b, %b {epsilon = 1.0e-6 : f64}
    : (tensor<1x4x1xf32>, tensor<1xf32>, tensor<1xf32>)
    -> tensor<1x4x1xf32> loc("norm")
  %c = deit.select_token %n {index = 0 : i64}
    : tensor<1x4x1xf32> -> tensor<1x1xf32> loc("select")
  %z = deit.linear %c, %wide
    : (tensor<1x1xf32>, tensor<2x1xf32>) -> tensor<1x2xf32>
    loc("blocks.0.fc1")
  %a = deit.gelu %z : tensor<1x2xf32> -> tensor<1x2xf32> loc("blocks.0.act")
  %l = deit.linear %a, %head
    : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32> loc("head")
  return %l : tensor<1x2xf32>
}
