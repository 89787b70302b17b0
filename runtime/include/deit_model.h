// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiled vision transformer as a C library: load once, run many images.

#ifndef DEIT_MODEL_H
#define DEIT_MODEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A loaded model: packed weights, one arena, one pool of threads. Use one
/// model from one thread at a time; load several for several callers.
typedef struct deit_model deit_model;

/// What a function of this header found.
typedef enum {
  DEIT_OK = 0,
  DEIT_ERROR_ARGUMENT = 1,  ///< null, or out of range
  DEIT_ERROR_CPU = 2,       ///< the CPU lacks an instruction the code needs
  DEIT_ERROR_CONTAINER = 3, ///< the weights are damaged or another model's
  DEIT_ERROR_MEMORY = 4,    ///< no memory for weights or arena
  DEIT_ERROR_THREADS = 5,   ///< a worker thread could not be started
  DEIT_ERROR_VERSION = 6,   ///< compiled for another version of the runtime
} deit_status;

/// Facts about the compiled program; valid without loading it. A library may
/// hold kernels for several CPUs of one architecture: the facts, weights and
/// results are the same for all of them, bit for bit.
typedef struct {
  const char *name;         ///< the model's name, as it was imported
  const char *target;       ///< the CPU whose kernels will run, "rpi5"
  const char *targets;      ///< all it holds kernels for, "rpi5, rpi4"
  uint32_t batch;           ///< images of a run, 1 unless compiled for more
  uint32_t image_height;    ///< pixels
  uint32_t image_width;     ///< pixels
  uint32_t classes;         ///< logits an image
  double logit_scale;       ///< the value of one step of a logit
  uint64_t container_bytes; ///< the stored size of the weights
  uint64_t code_bytes;      ///< the size of the generated code
  const char *class_names;  ///< the classes' names in order, one a line; null
                            ///< if the checkpoint had none
  uint32_t bilinear;        ///< how the model wants images resized: bilinearly,
                            ///< or if 0 bicubically
} deit_info;

/// One sentence for a person, never null.
const char *deit_status_text(deit_status status);

/// The program linked into this library.
const deit_info *deit_describe(void);

/// Chooses the kernels for the models that are loaded from now on: by name, one
/// of `deit_info.targets`; or by null the fastest that this CPU runs, as is the
/// case from the start. An unknown name is DEIT_ERROR_ARGUMENT and changes
/// nothing. One that this CPU cannot run is DEIT_ERROR_CPU;
/// `deit_missing_features` tells why. To be called while no other thread uses
/// the library.
deit_status deit_choose_target(const char *target);

/// The CPU features the program needs and this CPU lacks, as a
/// comma-separated list; the empty string when nothing is missing.
const char *deit_missing_features(void);

/// Checks CPU and container, packs the weights for this CPU, and allocates the
/// arena. `container` may be null: then the one carried by the library is
/// used. The container is not referenced after the call.
deit_status deit_load(const void *container, size_t bytes, deit_model **model);

/// Runs one batch. `images` are `batch` RGB images one after the other, u8,
/// height x width x 3, rows first; `logits` receives `classes` integers for
/// each of them. Allocates nothing.
deit_status deit_run(deit_model *model, const uint8_t *images, int32_t *logits);

/// One step of a run: a kernel on behalf of one of the model's modules.
typedef struct {
  const char *name; ///< the model's own module path, "blocks.3.mlp.fc1"
  const char *kind; ///< "gemm", "attention", "layer_norm", ...
  int64_t macs;     ///< multiply-accumulates, of the whole batch
} deit_step_info;

/// The steps of a run; 0 where `model` is null.
int64_t deit_step_count(const deit_model *model);

/// Facts about step `index`, 0 to the number of steps less one.
deit_status deit_describe_step(const deit_model *model, int64_t index,
                               deit_step_info *info);

/// Runs one batch as `deit_run` does and measures it: `nanoseconds` receives,
/// for each step, how long it took.
deit_status deit_run_measured(deit_model *model, const uint8_t *images,
                              int32_t *logits, int64_t *nanoseconds);

/// Measures what the threads of the model can do at most, on registers alone:
/// multiply-accumulates a second, all threads together. Takes about a
/// millisecond; call it several times and take the median. 0 where the program
/// has no such loop.
double deit_measure_peak(deit_model *model);

/// Releases everything `deit_load` allocated. Null is allowed.
void deit_free(deit_model *model);

/// Uses `threads` threads (1 to 256, the caller's included) from now on.
/// A freshly loaded model uses one.
deit_status deit_set_threads(deit_model *model, unsigned threads);

/// A part of a step: work items `begin` (included) to `end` (excluded).
typedef void (*deit_range)(void *work, int64_t begin, int64_t end);

/// Calls `range` on disjoint parts that cover 0 to `items`, in any order, on
/// any threads, and returns when all are done.
typedef void (*deit_parallel_for)(void *user, int64_t items, deit_range range,
                                  void *work);

/// Replaces the built-in threads by the embedder's own; null restores them.
void deit_set_parallel_for(deit_model *model, deit_parallel_for parallel_for,
                           void *user);

#ifdef __cplusplus
}
#endif

#endif // DEIT_MODEL_H
