// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ranges out of a file are those out of images; what is no file of this model
// is one error that says what to do.
//
// REQUIRES: torch
// RUN: %python %S/Inputs/make-cifar.py %t.bin 8
// RUN: deit-opt %s -deit-collect-statistics="data=%t.bin samples=8 file=%t.stats" -o %t.mlir
// RUN: deit-opt %s -o - | diff %t.mlir -
// RUN: deit-opt %s -deit-collect-statistics="data=%t.bin samples=8 file=%t.again" -o %t.mlir
// RUN: cmp %t.stats %t.again

// RUN: deit-opt %s -deit-calibrate="data=%t.bin samples=8 observer=mse" -o %t.images
// RUN: deit-opt %s -deit-calibrate="statistics=%t.stats observer=mse" | diff %t.images -
// RUN: deit-opt %s -deit-calibrate="data=%t.bin samples=8 observer=fisher" -o %t.images
// RUN: deit-opt %s -deit-calibrate="statistics=%t.stats observer=fisher" | diff %t.images -
// RUN: deit-opt %s -deit-calibrate="data=%t.bin samples=8 observer=search" -o %t.images
// RUN: deit-opt %s -deit-calibrate="statistics=%t.stats data=%t.bin observer=search" | diff %t.images -

// RUN: not deit-opt %s -deit-calibrate="statistics=%t.stats observer=search" 2>&1 | FileCheck %s --check-prefix=IMAGES
// IMAGES: error: deit-calibrate: {{.*}}.stats: searching for ranges takes images beside statistics; set data=FILE, or choose another observer

// Without a run backwards.
// RUN: deit-opt %s -deit-collect-statistics="data=%t.bin samples=8 file=%t.plain fisher=false" -o /dev/null
// RUN: deit-opt %s -deit-calibrate="statistics=%t.plain" -o /dev/null
// RUN: not deit-opt %s -deit-calibrate="statistics=%t.plain observer=fisher" 2>&1 | FileCheck %s --check-prefix=FISHER
// FISHER: error: deit-calibrate: {{.*}}.plain: the statistics of 'act' have no weights by the Fisher information; make them again with deit-collect-statistics{fisher=true}, or choose another observer

// RUN: sed 's/dense<-3.0>/dense<-2.0>/' %s > %t.other.mlir
// RUN: not deit-opt %t.other.mlir -deit-calibrate="statistics=%t.stats" 2>&1 | FileCheck %s --check-prefix=OTHER
// OTHER: error: deit-calibrate: {{.*}}.stats: the statistics are of another model, or of this one with other folds or weights; make them of this one with deit-collect-statistics

// RUN: %python %S/Inputs/damage-statistics.py %t.stats %t
// RUN: not deit-opt %s -deit-calibrate="statistics=%t.short" 2>&1 | FileCheck %s --check-prefix=SHORT
// RUN: not deit-opt %s -deit-calibrate="statistics=%t.header" 2>&1 | FileCheck %s --check-prefix=HEADER
// RUN: not deit-opt %s -deit-calibrate="statistics=%t.flipped" 2>&1 | FileCheck %s --check-prefix=FLIPPED
// RUN: not deit-opt %s -deit-calibrate="statistics=%t.version" 2>&1 | FileCheck %s --check-prefix=VERSION
// RUN: not deit-opt %s -deit-calibrate="statistics=%t.absurd" 2>&1 | FileCheck %s --check-prefix=ABSURD
// RUN: not deit-opt %s -deit-calibrate="statistics=%s" 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not deit-opt %s -deit-calibrate="statistics=%t.missing" 2>&1 | FileCheck %s --check-prefix=MISSING
// SHORT: error: deit-calibrate: {{.*}}.short is cut short: {{[0-9]+}} of {{[0-9]+}} bytes; make it again with deit-collect-statistics
// HEADER: error: deit-calibrate: {{.*}}.header is cut short; make it again
// FLIPPED: error: deit-calibrate: {{.*}}.flipped is damaged: its checksum is another; make it again
// VERSION: error: deit-calibrate: {{.*}}.version is of version 2, expected 1; make it again
// ABSURD: error: deit-calibrate: {{.*}}.absurd is damaged: {{.*}}; make it again
// NONE: error: deit-calibrate: {{.*}}.mlir is no file of statistics; make it again
// MISSING: error: deit-calibrate: {{.*}}.missing: cannot be read: No such file or directory

// RUN: not deit-opt %s -deit-collect-statistics="data=%t.bin samples=8" 2>&1 | FileCheck %s --check-prefix=FILE
// FILE: error: deit-collect-statistics: expected a file to write to; set file=FILE
// RUN: not deit-opt %s -deit-collect-statistics="data=%t.bin samples=9 file=%t.never" 2>&1 | FileCheck %s --check-prefix=FEWER
// FEWER: error: deit-collect-statistics: {{.*}} holds 8 images, fewer than the 9 asked for
// RUN: not ls %t.never

// RUN: sed 's/= deit.gelu %l/& {deit.range_method = "gelu-output"}/' %s > %t.gelu.mlir
// RUN: not deit-opt %t.gelu.mlir -deit-calibrate="statistics=%t.stats" 2>&1 | FileCheck %s --check-prefix=GELU
// GELU: error: deit-calibrate: {{.*}}: 'act' has 'deit.range_method' gelu-output, but no deit.gelu uses its result; choose another method

func.func @model(%image: tensor<1x32x32x3xui8>) -> tensor<1x2xf32> {
  %w = deit.constant dense<0.0001> : tensor<2x16x16x3xf32>
    -> tensor<2x16x16x3xf32>
  %b = deit.constant dense<-3.0> : tensor<2xf32> -> tensor<2xf32>
  %m = deit.constant dense<[[2.0, 0.5], [-2.0, 0.0]]>
    : tensor<2x2xf32> -> tensor<2x2xf32>
  %x = deit.patch_embed %image, %w, %b
    : (tensor<1x32x32x3xui8>, tensor<2x16x16x3xf32>, tensor<2xf32>)
    -> tensor<1x4x2xf32>
  %l = deit.linear %x, %m
    : (tensor<1x4x2xf32>, tensor<2x2xf32>) -> tensor<1x4x2xf32> loc("wide")
  %a = deit.gelu %l : tensor<1x4x2xf32> -> tensor<1x4x2xf32> loc("act")
  %c = deit.select_token %a {index = 0 : i64}
    : tensor<1x4x2xf32> -> tensor<1x2xf32>
  %z = deit.linear %c, %m
    : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %z : tensor<1x2xf32>
}
