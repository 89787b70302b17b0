// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures a classifier over a CIFAR file, or classifies a picture: one
// implementation for the static evaluator on a device and for the host's
// deit-eval.

#ifndef DEIT_EVALUATE_H
#define DEIT_EVALUATE_H

#include "deit_model.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How a model's images are resized.
typedef enum { DEIT_FILTER_BICUBIC, DEIT_FILTER_BILINEAR } deit_filter;

/// Whatever turns images into logits.
typedef struct {
  const char *name;   ///< the model's name
  const char *target; ///< "rpi5", "interpreter", "float"
  uint32_t image_height, image_width, classes;
  deit_filter filter;      ///< for images of another size
  uint64_t model_bytes;    ///< the container's length, 0 where there is none
  uint64_t code_bytes;     ///< size of the code, 0 where there is none
  double load_ms;          ///< time the model took to load
  unsigned threads;        ///< the backend uses
  int is_float;            ///< logits are float instead of int32
  double logit_scale;      ///< the value of one step of an int32 logit
  const char *class_names; ///< in order, one a line; null: there are none
  unsigned batch;          ///< images `infer` takes at most, at least 1
  void *self;
  /// Runs `count` (1 to batch) RGB u8 images, height x width x 3 each, into
  /// `count` x classes logits (int32_t, or float where `is_float`). Both
  /// buffers have room for a whole batch, of which the rest does not matter.
  /// Returns null, or the error as a sentence that stays valid.
  const char *(*infer)(void *self, const uint8_t *images, unsigned count,
                       void *logits);
  // For --profile; null, and no steps, where there is nothing to measure.
  int64_t step_count;
  void (*describe_step)(void *self, int64_t index, deit_step_info *info);
  /// `infer` of a whole batch that also tells the nanoseconds of each step.
  const char *(*infer_measured)(void *self, const uint8_t *images, void *logits,
                                int64_t *nanoseconds);
  /// Multiply-accumulates a second that the backend's threads can do at most.
  double (*measure_peak)(void *self);
} deit_backend;

/// What the command line asks for, beside the model.
typedef struct {
  const char *data;    ///< CIFAR-10 or CIFAR-100 binary file
  int64_t limit;       ///< images at most; 0: all
  unsigned threads;    ///< 0: all cores
  const char *json;    ///< file to write, "-" for standard output; null: none
  const char *logits;  ///< file for the raw logits in order; null: none
  int format;          ///< 10, 100, or 0 to tell from size and classes
  int quiet;           ///< no progress, no table
  int profile;         ///< time every step
  const char *image;   ///< PNG or JPEG file to classify; null: measure `data`
  const char *classes; ///< file of the classes' names; null: the
                       ///< model's own, else CIFAR's, if any
  double crop;         ///< share of a picture's shorter side; 0: 1
} deit_evaluate_options;

/// Reads options (`--data FILE --limit N --threads N --json FILE|- ...`);
/// arguments it does not know are left for the caller: their count is
/// returned and they stand in `rest` (argv's length suffices). On a wrong
/// value, `--help` or `--version` prints and exits with 1 or 0.
int deit_evaluate_parse(int argc, char **argv, deit_evaluate_options *options,
                        char **rest);

/// The options' part of a tool's `--help`, one per line.
extern const char deit_evaluate_help[];

/// Runs the whole evaluation, or classifies `options->image`, and prints the
/// table and the JSON. Returns the
/// process's exit code; errors go to standard error with `program` in front.
int deit_evaluate(const char *program, const deit_evaluate_options *options,
                  const deit_backend *backend);

#ifdef __cplusplus
}
#endif

#endif // DEIT_EVALUATE_H
