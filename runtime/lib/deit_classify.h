// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Classifies one picture.

#ifndef DEIT_CLASSIFY_H
#define DEIT_CLASSIFY_H

#include "deit_error.h"
#include "deit_evaluate.h"
#include "deit_resize.h"

#ifdef __cplusplus
extern "C" {
#endif

/// How timm's evaluation brings a picture to a model's size: the shorter side
/// is scaled to the model's over `crop`, and the middle is cut out.
/// torchvision's Resize and CenterCrop where the model's sides are equal, else
/// timm's ResizeKeepRatio. False if a side would be beyond 2^31.
bool deit_center_crop(uint32_t width, uint32_t height, uint32_t to_width,
                      uint32_t to_height, double crop, deit_crop *result);

/// Replaces `count` logits (int32_t of `scale` a step, or float) by their
/// softmax. Of what is not a number, the result is not either.
void deit_softmax(const void *logits, int is_float, double scale,
                  uint32_t count, double *probabilities);

/// Reads `options->image`, runs the model on it and prints the five classes of
/// the largest logits with their probabilities, or writes them as JSON.
bool deit_classify(const deit_evaluate_options *options,
                   const deit_backend *backend, deit_error *error);

#ifdef __cplusplus
}
#endif

#endif // DEIT_CLASSIFY_H
