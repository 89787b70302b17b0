// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// fxp-to-loops and fxp-to-llvm lower everything, for every target.
//
// RUN: deit-opt %s -fxp-to-loops | FileCheck %s --check-prefix=LOOPS
// RUN: deit-opt %s "-fxp-to-llvm=target=x86-64-avx512vnni name=tiny" | FileCheck %s --check-prefixes=LLVM,AVX512
// RUN: deit-opt %s "-fxp-to-llvm=target=x86-64-v3 name=tiny" | FileCheck %s --check-prefixes=LLVM,V3
// RUN: deit-opt %s "-fxp-to-llvm=target=rpi5 name=tiny" | FileCheck %s --check-prefixes=LLVM,RPI5
// RUN: deit-opt %s "-fxp-to-llvm=target=rpi4 name=tiny" | FileCheck %s --check-prefixes=LLVM,RPI4
// RUN: deit-opt %s "-fxp-to-llvm=target=x86-64 name=tiny" | FileCheck %s --check-prefix=FAMILY
// RUN: not deit-opt %s -fxp-to-llvm=target=z80 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: unknown target 'z80'

// LOOPS: func.func @gemm_4x3x3_s32
// LOOPS: fxp.program @deit_program

// Nothing but the LLVM dialect is left, and buffers are bare pointers.

// LLVM-NOT: {{(func|memref|vector|scf|cf|arith|math|fxp|builtin)\.[a-z]}}
// LLVM: llvm.func @gemm_4x3x3_s32(%{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: i64, %{{.*}}: i64)
// LLVM-NOT: {{(func|memref|vector|scf|cf|arith|math|fxp|builtin)\.[a-z]}}
// AVX512: "llvm.x86.avx512.vpdpbusd.512"
// V3: "llvm.x86.avx2.pmadd.wd"
// RPI5: "llvm.aarch64.neon.sdot.v4i32.v16i8"
// RPI4: "llvm.aarch64.neon.smull.v8i16"
// LLVM: llvm.mlir.global external constant @deit_container()
// LLVM: ("tiny\00")
// AVX512: ("x86-64-avx512vnni\00")
// V3: ("x86-64-v3\00")
// RPI5: ("rpi5\00")
// RPI4: ("rpi4\00")
// LLVM: llvm.mlir.global internal constant @deit_program()
// LLVM: llvm.mlir.global external constant @deit_programs(){{.*}} : !llvm.array<2 x ptr>

// A family's kernels name their CPUs; the programs share the container.

// FAMILY: llvm.func @gemm_4x3x3_s32.x86_64_avx512vnni({{.*}} attributes {passthrough = {{.*}}["target-cpu", "icelake-client"]
// FAMILY: "llvm.x86.avx512.vpdpbusd.512"
// FAMILY: llvm.func @gemm_4x3x3_s32.x86_64_avxvnni({{.*}}["target-features", "+avxvnni"]
// FAMILY: "llvm.x86.avx512.vpdpbusd.256"
// FAMILY: llvm.func @gemm_4x3x3_s32.x86_64_v3(
// FAMILY: "llvm.x86.avx2.pmadd.wd"
// FAMILY-COUNT-1: llvm.mlir.global external constant @deit_container()
// FAMILY-NOT: @deit_container() {
// FAMILY: llvm.mlir.global internal constant @deit_program.x86_64_avx512vnni()
// FAMILY: llvm.mlir.global internal constant @deit_program.x86_64_avxvnni()
// FAMILY: llvm.mlir.global internal constant @deit_program.x86_64_v3()
// FAMILY: llvm.mlir.global external constant @deit_programs(){{.*}} : !llvm.array<4 x ptr> {
// FAMILY: %[[FIRST:.*]] = llvm.mlir.addressof @deit_program.x86_64_avx512vnni
// FAMILY-NEXT: llvm.insertvalue %[[FIRST]], %{{.*}}[0]

func.func @forward(%image: tensor<1x2x2x3xui8>) -> tensor<1x4x3xi32>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %0 = fxp.kernel "patches" -> tensor<1x4x3xui8> {
    %p = fxp.patches %image {height = 1 : i64, width = 1 : i64}
      : tensor<1x2x2x3xui8> -> tensor<1x4x3xui8>
    fxp.yield %p : tensor<1x4x3xui8>
  }
  %w = fxp.constant dense<1> : tensor<3x3xi8> -> tensor<3x3xi8>
  %b = fxp.constant dense<0> : tensor<3xi32> -> tensor<3xi32>
  %1 = fxp.kernel "gemm" -> tensor<1x4x3xi32> {
    %y = fxp.linear %0, %w, %b
      : (tensor<1x4x3xui8>, tensor<3x3xi8>, tensor<3xi32>) -> tensor<1x4x3xi32>
    %r = fxp.requantize %y, %b {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 0 : i64, low = -100 : i64, high = 100 : i64}
      : (tensor<1x4x3xi32>, tensor<3xi32>) -> tensor<1x4x3xi32>
    fxp.yield %r : tensor<1x4x3xi32>
  }
  return %1 : tensor<1x4x3xi32>
}
