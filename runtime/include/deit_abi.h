// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What generated code and runtime agree on. The compiler emits the constant
// `deit_programs`, one program a CPU it compiled for; the runtime chooses one
// and walks its tables. Every field is 8 bytes wide so that both sides lay it
// out alike.

#ifndef DEIT_ABI_H
#define DEIT_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DEIT_ABI_VERSION 3

/// Generated code: work items `begin` to `end` of one step. All buffers are
/// 64-byte aligned; `parameters` are the step's own constants.
typedef void (*deit_kernel)(uint8_t *arena, const uint8_t *packed,
                            const uint8_t *image, const int64_t *parameters,
                            int64_t begin, int64_t end);

/// The ELF section for generated code; its size is the code's in reports.
#define DEIT_CODE_SECTION "deit_code"

/// One loop nest of the network, a barrier behind it.
typedef struct {
  deit_kernel kernel;
  const int64_t *parameters;
  int64_t items;    ///< independent work items
  const char *name; ///< the model's own module path, "blocks.3.mlp.fc1"
  const char *kind; ///< "gemm", "attention", "layer_norm", ...
  int64_t macs;     ///< multiply-accumulates of the whole step
} deit_step;

/// How a constant is laid out for the target, once, when the model is loaded.
typedef enum {
  /// Copies `rows` rows of entry `source` to `destination`, each
  /// `stride` bytes apart, zero-filled up to the stride; every copied byte is
  /// xor-ed with `flip` (0 or 128).
  DEIT_PACK_ROWS = 0,
  /// Entry `source`, codes [N][K] s8, becomes
  ///   W[padded_n / block][padded_k / group][block][group]
  /// of `width`-byte signed integers, zero where n >= N or k >= K. Entry
  /// `bias`, [N] s32, becomes padded_n s32 at `bias_destination`, with
  /// `activation_offset` * (sum of row n's codes) subtracted: activations are
  /// stored `activation_offset` higher than their codes.
  DEIT_PACK_GEMM = 1,
} deit_pack_kind;

typedef struct {
  int64_t kind;        ///< a deit_pack_kind
  int64_t source;      ///< container entry
  int64_t destination; ///< byte offset in the packed weights
  int64_t stride;      ///< ROWS: bytes from row to row
  int64_t flip;        ///< ROWS
  int64_t bias;        ///< GEMM: container entry
  int64_t bias_destination;
  int64_t block, group, width; ///< GEMM
  int64_t padded_n;            ///< GEMM: N, rounded up to a multiple of `block`
  int64_t padded_k; ///< GEMM: K and less than 128 more, a multiple of `group`
  int64_t activation_offset; ///< GEMM
} deit_pack;

/// CPU features a program may need; bits of `features` below.
enum {
  DEIT_FEATURE_AVX2 = 1 << 0,       ///< AVX2, with the OS saving ymm
  DEIT_FEATURE_FMA_BMI = 1 << 1,    ///< the rest of x86-64-v3: FMA, BMI1/2,
                                    ///< F16C, LZCNT, MOVBE
  DEIT_FEATURE_AVX512 = 1 << 2,     ///< AVX-512 F, BW, DQ, VL and CD, with the
                                    ///< OS saving zmm and masks
  DEIT_FEATURE_AVX512VNNI = 1 << 3, ///< vpdpbusd
  DEIT_FEATURE_AVX512VBMI = 1 << 4, ///< vpermi2b
  DEIT_FEATURE_AVXVNNI = 1 << 5,    ///< vpdpbusd of ymm, without AVX-512
  DEIT_FEATURE_NEON = 1 << 8,       ///< AArch64, any
  DEIT_FEATURE_DOTPROD = 1 << 9,    ///< AArch64 sdot
};

typedef struct {
  int64_t abi_version;
  int64_t features; ///< DEIT_FEATURE_* the kernels need
  const char *name;
  const char *target;
  int64_t batch; ///< images a run takes
  int64_t image_height, image_width, classes;
  double logit_scale;
  int64_t arena_bytes, packed_bytes;
  int64_t logits_offset; ///< of `classes` s32 in the arena, after a run
  int64_t logits_stride; ///< bytes from one image's logits to the next's
  int64_t entry_count;   ///< the container must have so many entries
  const deit_step *steps;
  int64_t step_count;
  const deit_pack *packs;
  int64_t pack_count;
  /// Multiply-accumulates on registers alone, `peak_macs` an item: the most
  /// that the core can do. Overwrites the arena's beginning. Null when there is
  /// none.
  deit_kernel peak;
  int64_t peak_macs;
  const uint8_t *container; ///< the weights carried along; null when none
  int64_t container_bytes;
  const char *class_names; ///< one a line; null when there are none
  int64_t bilinear;        ///< how images are resized: 1, or bicubically: 0
} deit_program_t;

/// Defined by the generated object: the same model for several CPUs, the
/// fastest first, then a null. All have the same container, image and classes.
extern const deit_program_t *const deit_programs[];

#ifdef __cplusplus
}
#endif

#endif // DEIT_ABI_H
