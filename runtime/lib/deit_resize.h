// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Resizes images as the models' training did: bit for bit as the Pillow
// library's Image.resize(size, Image.BICUBIC) or Image.BILINEAR.

#ifndef DEIT_RESIZE_H
#define DEIT_RESIZE_H

#include "deit_evaluate.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The coefficients and buffers for one pair of sizes.
typedef struct deit_resizer deit_resizer;

/// Prepares resizing from `from` to `to` pixels, each at least 1; null if
/// there is no memory.
deit_resizer *deit_resizer_create(deit_filter filter, uint32_t from_width,
                                  uint32_t from_height, uint32_t to_width,
                                  uint32_t to_height);

/// A part of an image that was resized to width x height: what is to the right
/// of `left` and below `top`.
typedef struct {
  uint32_t width, height, left, top;
} deit_crop;

/// Prepares resizing and cropping in one: the same pixels as those of resizing
/// to the crop's width and height and taking `to_width` x `to_height` of them,
/// which have to lie inside, without making the rest.
deit_resizer *deit_resizer_create_crop(deit_filter filter, uint32_t from_width,
                                       uint32_t from_height,
                                       const deit_crop *crop, uint32_t to_width,
                                       uint32_t to_height);

/// Resizes one image, RGB u8, rows first. One caller at a time.
void deit_resize(deit_resizer *resizer, const uint8_t *from, uint8_t *to);

/// Null is allowed.
void deit_resizer_free(deit_resizer *resizer);

#ifdef __cplusplus
}
#endif

#endif // DEIT_RESIZE_H
