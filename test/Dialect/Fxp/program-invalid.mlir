// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: deit-opt %s -verify-diagnostics -split-input-file

// C1 of fxp.program: nothing but constants, packing and steps.

// expected-error @+1 {{'fxp.program' op expected constants, packing and steps}}
fxp.program @deit_program attributes {target = "t", features = 0 : i64,
    batch = 1 : i64, image_height = 4 : i64, image_width = 8 : i64, classes = 2 : i64,
    logit_scale = 0.5 : f64, arena_bytes = 64 : i64, packed_bytes = 128 : i64,
    logits_offset = 0 : i64, logits_stride = 8 : i64} {
  %0 = fxp.constant dense<1> : tensor<2x4xi8> -> tensor<2x4xui8>
  // expected-note @+1 {{found 'fxp.lookup'}}
  %1 = fxp.lookup %0 in %2 : (tensor<2x4xui8>, tensor<256xui8>)
    -> tensor<2x4xui8>
  %2 = fxp.constant dense<1> : tensor<256xi8> -> tensor<256xui8>
}

// -----

// C2: sizes.

// expected-error @+1 {{'fxp.program' op expected 'classes' from 1 to}}
fxp.program @deit_program attributes {target = "t", features = 0 : i64,
    batch = 1 : i64, image_height = 4 : i64, image_width = 8 : i64, classes = 0 : i64,
    logit_scale = 0.5 : f64, arena_bytes = 64 : i64, packed_bytes = 128 : i64,
    logits_offset = 0 : i64, logits_stride = 8 : i64} {
}

// -----

// expected-error @+1 {{'fxp.program' op expected 'image_height' from 1 to}}
fxp.program @deit_program attributes {target = "t", features = 0 : i64,
    batch = 1 : i64, image_height = 0 : i64, image_width = 8 : i64, classes = 2 : i64,
    logit_scale = 0.5 : f64, arena_bytes = 64 : i64, packed_bytes = 128 : i64,
    logits_offset = 0 : i64, logits_stride = 8 : i64} {
}

// -----

// expected-error @+1 {{'fxp.program' op expected 'image_width' from 1 to}}
fxp.program @deit_program attributes {target = "t", features = 0 : i64,
    batch = 1 : i64, image_height = 4 : i64, image_width = -8 : i64, classes = 2 : i64,
    logit_scale = 0.5 : f64, arena_bytes = 64 : i64, packed_bytes = 128 : i64,
    logits_offset = 0 : i64, logits_stride = 8 : i64} {
}

// -----

// expected-error @+1 {{'fxp.program' op expected 'packed_bytes' from 1 to}}
fxp.program @deit_program attributes {target = "t", features = 0 : i64,
    batch = 1 : i64, image_height = 4 : i64, image_width = 8 : i64, classes = 2 : i64,
    logit_scale = 0.5 : f64, arena_bytes = 64 : i64, packed_bytes = 0 : i64,
    logits_offset = 0 : i64, logits_stride = 8 : i64} {
}

// -----

// C2: two logits take eight bytes.

// expected-error @+1 {{'fxp.program' op expected 'logits_offset' from 0 to 56, found 57}}
fxp.program @deit_program attributes {target = "t", features = 0 : i64,
    batch = 1 : i64, image_height = 4 : i64, image_width = 8 : i64, classes = 2 : i64,
    logit_scale = 0.5 : f64, arena_bytes = 64 : i64, packed_bytes = 128 : i64,
    logits_offset = 57 : i64, logits_stride = 8 : i64} {
}

// -----

// C2: and of every image.

// expected-error @+1 {{'fxp.program' op expected 'logits_offset' from 0 to 40, found 41}}
fxp.program @deit_program attributes {target = "t", features = 0 : i64,
    batch = 3 : i64, image_height = 4 : i64, image_width = 8 : i64,
    classes = 2 : i64, logit_scale = 0.5 : f64, arena_bytes = 64 : i64,
    packed_bytes = 128 : i64, logits_offset = 41 : i64, logits_stride = 8 : i64} {
}

// -----

// expected-error @+1 {{'fxp.program' op expected 'logits_stride' from 8 to}}
fxp.program @deit_program attributes {target = "t", features = 0 : i64,
    batch = 3 : i64, image_height = 4 : i64, image_width = 8 : i64,
    classes = 2 : i64, logit_scale = 0.5 : f64, arena_bytes = 64 : i64,
    packed_bytes = 128 : i64, logits_offset = 0 : i64, logits_stride = 7 : i64} {
}

// -----

// expected-error @+1 {{'fxp.program' op expected 'batch' from 1 to}}
fxp.program @deit_program attributes {target = "t", features = 0 : i64,
    batch = 0 : i64, image_height = 4 : i64, image_width = 8 : i64,
    classes = 2 : i64, logit_scale = 0.5 : f64, arena_bytes = 64 : i64,
    packed_bytes = 128 : i64, logits_offset = 0 : i64, logits_stride = 8 : i64} {
}

// -----

// C1 of fxp.step: at least one item.

fxp.program @deit_program attributes {target = "t", features = 0 : i64,
    batch = 1 : i64, image_height = 4 : i64, image_width = 8 : i64, classes = 2 : i64,
    logit_scale = 0.5 : f64, arena_bytes = 64 : i64, packed_bytes = 128 : i64,
    logits_offset = 0 : i64, logits_stride = 8 : i64} {
  // expected-error @+1 {{'fxp.step' op expected 'items' from 1 to}}
  fxp.step @kernel {parameters = array<i64>, items = 0 : i64, kind = "gemm",
      macs = 0 : i64}
}

// -----

// Steps and packing mean nothing outside a program.

// expected-error @+1 {{'fxp.step' op expects parent op 'fxp.program'}}
fxp.step @kernel {parameters = array<i64>, items = 1 : i64, kind = "gemm",
    macs = 0 : i64}

// -----

// expected-error @+1 {{'fxp.pack_rows' op expects parent op 'fxp.program'}}
fxp.pack_rows {source = 1 : i64, destination = 64 : i64, stride = 16 : i64,
    flip = 0 : i64}

// -----

// expected-error @+1 {{'fxp.program' op expected 'classes' from 1 to 16777216, found 9218868437227405312}}
fxp.program @many_classes attributes {target = "rpi5", features = 256 : i64,
    batch = 1 : i64, image_height = 4 : i64, image_width = 8 : i64,
    classes = 9218868437227405312 : i64,
    logit_scale = 0.5 : f64, arena_bytes = 64 : i64, packed_bytes = 128 : i64,
    logits_offset = 0 : i64, logits_stride = 8 : i64} {
}

// -----

// expected-error @+1 {{'fxp.program' op expected 'arena_bytes' from 1 to}}
fxp.program @negative_arena attributes {target = "rpi5", features = 256 : i64,
    batch = 1 : i64, image_height = 4 : i64, image_width = 8 : i64, classes = 2 : i64,
    logit_scale = 0.5 : f64, arena_bytes = -9223372036854775808 : i64,
    packed_bytes = 128 : i64, logits_offset = 0 : i64, logits_stride = 8 : i64} {
}
