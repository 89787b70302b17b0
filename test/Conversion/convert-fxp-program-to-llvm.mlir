// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -convert-fxp-program-to-llvm=name=tiny | FileCheck %s
// RUN: deit-opt %s -convert-fxp-program-to-llvm | FileCheck %s --check-prefix=UNNAMED
// RUN: deit-opt %s -convert-fxp-program-to-llvm=container-bytes=1234 \
// RUN:   | FileCheck %s --check-prefix=KNOWN

// KNOWN: @deit_container() {{.*}}: !llvm.array<1234 x i8>

// UNNAMED: llvm.mlir.global private constant @{{.*}}("model\00")

module attributes {deit.class_names = ["cat", "dog"]} {
  llvm.func @first(!llvm.ptr)
  llvm.func @second(!llvm.ptr)

  // CHECK-NOT: fxp.
  fxp.program @deit_program attributes {target = "here", features = 21 : i64,
      batch = 5 : i64, image_height = 22 : i64, image_width = 23 : i64, classes = 2 : i64,
      logit_scale = 0.5 : f64, arena_bytes = 64 : i64, packed_bytes = 128 : i64,
      logits_offset = 8 : i64, logits_stride = 9 : i64, peak = @second,
      peak_macs = 10 : i64, deit.resize = "bilinear"} {
    %0 = fxp.constant dense<[[1, -99, 45, 7], [-120, 64, 3, 88]]> : tensor<2x4xi8>
      -> tensor<2x4xi8>
    %1 = fxp.constant dense<[123456789, -987654321, 246813579]> : tensor<3xi32>
      -> tensor<3xi32>
    fxp.pack_rows {source = 1 : i64, destination = 64 : i64, stride = 16 : i64,
        flip = 128 : i64}
    fxp.pack_gemm {source = 31 : i64, destination = 32 : i64, bias = 33 : i64,
        bias_destination = 34 : i64, block = 35 : i64, group = 36 : i64,
        width = 37 : i64, padded_n = 38 : i64, padded_k = 39 : i64,
        activation_offset = -128 : i64}
    fxp.step @first {parameters = array<i64: 41, -42>, items = 43 : i64,
        kind = "gemm", macs = 44 : i64} loc("blocks.0.mlp")
    fxp.step @second {parameters = array<i64>, items = 45 : i64, kind = "gemm",
        macs = 46 : i64} loc("head")
  }
}

// The container: a header of 24 bytes, two records of 12, payloads of 8 and 12,
// which are too short to be coded.

// CHECK: llvm.mlir.global external constant @deit_container() {{.*}}: !llvm.array<68 x i8>

// Texts are shared. A step without parameters points to one word all the same.

// CHECK: llvm.mlir.global private constant @[[P0:parameters_[0-9]+]](dense<[41, -42]> : tensor<2xi64>)
// CHECK: llvm.mlir.global private constant @[[N0:text_[0-9]+]]("blocks.0.mlp\00")
// CHECK: llvm.mlir.global private constant @[[GEMM:text_[0-9]+]]("gemm\00")
// CHECK: llvm.mlir.global private constant @[[P1:parameters_[0-9]+]](dense<0> : tensor<1xi64>)
// CHECK: llvm.mlir.global private constant @[[N1:text_[0-9]+]]("head\00")
// CHECK-NOT: "gemm\00"

// A step is kernel, parameters, items, name, kind, macs.

// CHECK: llvm.mlir.global private constant @deit_program.steps() {{.*}}: !llvm.array<2 x struct<(ptr, ptr, i64, ptr, ptr, i64)>> {
// CHECK-DAG: %[[FIRST:.*]] = llvm.mlir.addressof @first
// CHECK-DAG: %[[V0:.*]] = llvm.mlir.addressof @[[P0]]
// CHECK-DAG: %[[ITEMS:.*]] = llvm.mlir.constant(43 : i64)
// CHECK-DAG: %[[NAME:.*]] = llvm.mlir.addressof @[[N0]]
// CHECK-DAG: %[[KIND:.*]] = llvm.mlir.addressof @[[GEMM]]
// CHECK-DAG: %[[MACS:.*]] = llvm.mlir.constant(44 : i64)
// CHECK: llvm.insertvalue %[[FIRST]], %{{.*}}[0]
// CHECK-NEXT: llvm.insertvalue %[[V0]], %{{.*}}[1]
// CHECK-NEXT: llvm.insertvalue %[[ITEMS]], %{{.*}}[2]
// CHECK-NEXT: llvm.insertvalue %[[NAME]], %{{.*}}[3]
// CHECK-NEXT: llvm.insertvalue %[[KIND]], %{{.*}}[4]
// CHECK-NEXT: llvm.insertvalue %[[MACS]], %{{.*}}[5]
// CHECK: llvm.mlir.addressof @second
// CHECK: llvm.mlir.addressof @[[P1]]

// A packing is kind, source, destination, stride, flip, bias, its destination,
// block, group, width, padded_n, padded_k, activation offset.

// CHECK: llvm.mlir.global private constant @[[PACKS:parameters_[0-9]+]](dense<[0, 1, 64, 16, 128, 0, 0, 0, 0, 0, 0, 0, 0, 1, 31, 32, 0, 0, 33, 34, 35, 36, 37, 38, 39, -128]> : tensor<26xi64>)
// CHECK: llvm.mlir.global private constant @[[NAME:text_[0-9]+]]("tiny\00")
// CHECK: llvm.mlir.global private constant @[[TARGET:text_[0-9]+]]("here\00")
// CHECK: llvm.mlir.global private constant @[[CLASSNAMES:text_[0-9]+]]("cat\0Adog\00")

// CHECK: llvm.mlir.global internal constant @deit_program() {{.*}}: !llvm.struct<(i64, i64, ptr, ptr, i64, i64, i64, i64, f64, i64, i64, i64, i64, i64, ptr, i64, ptr, i64, ptr, i64, ptr, i64, ptr, i64)> {
// CHECK: %[[SCALE:.*]] = llvm.mlir.constant(5.000000e-01 : f64)
// CHECK: %[[VERSION:.*]] = llvm.mlir.constant(3 : i64)
// CHECK: %[[FEATURES:.*]] = llvm.mlir.constant(21 : i64)
// CHECK: %[[NAMED:.*]] = llvm.mlir.addressof @[[NAME]]
// CHECK: %[[TARGETED:.*]] = llvm.mlir.addressof @[[TARGET]]
// CHECK: %[[BATCH:.*]] = llvm.mlir.constant(5 : i64)
// CHECK: %[[HEIGHT:.*]] = llvm.mlir.constant(22 : i64)
// CHECK: %[[WIDTH:.*]] = llvm.mlir.constant(23 : i64)
// CHECK: %[[CLASSES:.*]] = llvm.mlir.constant(2 : i64)
// CHECK: %[[ARENA:.*]] = llvm.mlir.constant(64 : i64)
// CHECK: %[[PACKED:.*]] = llvm.mlir.constant(128 : i64)
// CHECK: %[[LOGITS:.*]] = llvm.mlir.constant(8 : i64)
// CHECK: %[[STRIDE:.*]] = llvm.mlir.constant(9 : i64)
// CHECK: %[[ENTRIES:.*]] = llvm.mlir.constant(2 : i64)
// CHECK: %[[STEPS:.*]] = llvm.mlir.addressof @deit_program.steps
// CHECK: %[[STEPCOUNT:.*]] = llvm.mlir.constant(2 : i64)
// CHECK: %[[TABLE:.*]] = llvm.mlir.addressof @[[PACKS]]
// CHECK: %[[PACKCOUNT:.*]] = llvm.mlir.constant(2 : i64)
// CHECK: %[[PEAK:.*]] = llvm.mlir.addressof @second
// CHECK: %[[PEAKMACS:.*]] = llvm.mlir.constant(10 : i64)
// CHECK: %[[CONTAINER:.*]] = llvm.mlir.addressof @deit_container
// CHECK: %[[BYTES:.*]] = llvm.mlir.constant(68 : i64)
// CHECK: %[[LISTED:.*]] = llvm.mlir.addressof @[[CLASSNAMES]]
// CHECK: %[[BILINEAR:.*]] = llvm.mlir.constant(1 : i64)
// CHECK: llvm.insertvalue %[[VERSION]], %{{.*}}[0]
// CHECK-NEXT: llvm.insertvalue %[[FEATURES]], %{{.*}}[1]
// CHECK-NEXT: llvm.insertvalue %[[NAMED]], %{{.*}}[2]
// CHECK-NEXT: llvm.insertvalue %[[TARGETED]], %{{.*}}[3]
// CHECK-NEXT: llvm.insertvalue %[[BATCH]], %{{.*}}[4]
// CHECK-NEXT: llvm.insertvalue %[[HEIGHT]], %{{.*}}[5]
// CHECK-NEXT: llvm.insertvalue %[[WIDTH]], %{{.*}}[6]
// CHECK-NEXT: llvm.insertvalue %[[CLASSES]], %{{.*}}[7]
// CHECK-NEXT: llvm.insertvalue %[[SCALE]], %{{.*}}[8]
// CHECK-NEXT: llvm.insertvalue %[[ARENA]], %{{.*}}[9]
// CHECK-NEXT: llvm.insertvalue %[[PACKED]], %{{.*}}[10]
// CHECK-NEXT: llvm.insertvalue %[[LOGITS]], %{{.*}}[11]
// CHECK-NEXT: llvm.insertvalue %[[STRIDE]], %{{.*}}[12]
// CHECK-NEXT: llvm.insertvalue %[[ENTRIES]], %{{.*}}[13]
// CHECK-NEXT: llvm.insertvalue %[[STEPS]], %{{.*}}[14]
// CHECK-NEXT: llvm.insertvalue %[[STEPCOUNT]], %{{.*}}[15]
// CHECK-NEXT: llvm.insertvalue %[[TABLE]], %{{.*}}[16]
// CHECK-NEXT: llvm.insertvalue %[[PACKCOUNT]], %{{.*}}[17]
// CHECK-NEXT: llvm.insertvalue %[[PEAK]], %{{.*}}[18]
// CHECK-NEXT: llvm.insertvalue %[[PEAKMACS]], %{{.*}}[19]
// CHECK-NEXT: llvm.insertvalue %[[CONTAINER]], %{{.*}}[20]
// CHECK-NEXT: llvm.insertvalue %[[BYTES]], %{{.*}}[21]
// CHECK-NEXT: llvm.insertvalue %[[LISTED]], %{{.*}}[22]
// CHECK-NEXT: llvm.insertvalue %[[BILINEAR]], %{{.*}}[23]

// The runtime finds programs through one list, which ends in a null.

// CHECK: llvm.mlir.global external constant @deit_programs() {{.*}}: !llvm.array<2 x ptr> {
// CHECK: %[[NULL:.*]] = llvm.mlir.zero : !llvm.array<2 x ptr>
// CHECK: %[[PROGRAM:.*]] = llvm.mlir.addressof @deit_program
// CHECK: %[[LIST:.*]] = llvm.insertvalue %[[PROGRAM]], %[[NULL]][0]
// CHECK: llvm.return %[[LIST]]
