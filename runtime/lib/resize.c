// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Separable resampling in fixed point. The order of the floating-point
// operations is part of the result: nothing here may be contracted or
// reassociated.

#include "deit_resize.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// 8 bits of a pixel, 2 bits for sums beyond it, the rest for fractions.
enum { FRACTION_BITS = 32 - 8 - 2 };
enum { CHANNELS = 3 };
enum { STRIP = 32 };

/// How one dimension is resampled: output i is the sum of `count[i]` inputs
/// from `first[i]` on, weighted with `weights[i * taps]` and following.
typedef struct {
  uint32_t from, to, taps;
  bool keeps; ///< output is input
  uint32_t *first, *count;
  int32_t *weights;
} axis;

struct deit_resizer {
  axis horizontal, vertical;
  uint8_t *narrow; ///< resampled horizontally only: from.height x to.width
};

/// Keys' cubic convolution kernel with a = -1/2.
static double bicubic(double x) {
  const double a = -0.5;
  if (x < 0)
    x = -x;
  if (x < 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2)
    return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/// The triangle of linear interpolation.
static double bilinear(double x) {
  if (x < 0)
    x = -x;
  return x < 1 ? 1 - x : 0;
}

/// A filter as a function, and the distance beyond which it is zero.
typedef struct {
  double (*at)(double);
  double radius;
} kernel;

static kernel kernel_of(deit_filter filter) {
  return filter == DEIT_FILTER_BILINEAR ? (kernel){bilinear, 1}
                                        : (kernel){bicubic, 2};
}

static int32_t to_fixed(double weight) {
  double scaled = weight * (1 << FRACTION_BITS);
  return (int32_t)(weight < 0 ? scaled - 0.5 : scaled + 0.5);
}

/// Weights of output `index`, at `position` of the whole line: the kernel,
/// stretched over the inputs one output covers when shrinking, around the
/// output's centre. `scratch` holds `taps`.
static void fill_weights(axis *axis, kernel kernel, uint32_t index,
                         double position, double scale, double *scratch) {
  double stretch = scale < 1 ? 1 : scale;
  double radius = kernel.radius * stretch, inverse = 1 / stretch;
  double centre = (position + 0.5) * scale, total = 0;
  int64_t begin = (int64_t)(centre - radius + 0.5);
  int64_t end = (int64_t)(centre + radius + 0.5);
  if (begin < 0)
    begin = 0;
  if (end > axis->from)
    end = axis->from;
  for (int64_t i = begin; i < end; ++i) {
    scratch[i - begin] = kernel.at(((double)i - centre + 0.5) * inverse);
    total += scratch[i - begin];
  }
  int32_t *weights = axis->weights + (size_t)index * axis->taps;
  for (int64_t i = 0; i < end - begin; ++i)
    weights[i] = to_fixed(total != 0 ? scratch[i] / total : scratch[i]);
  axis->first[index] = (uint32_t)begin;
  axis->count[index] = (uint32_t)(end - begin);
}

static uint32_t round_up(double value) {
  uint32_t whole = (uint32_t)value;
  return whole + (whole < value);
}

/// `to` outputs, from `begin` on, of the `scaled` that `from` inputs become.
static bool make_axis(axis *axis, kernel kernel, uint32_t from, uint32_t scaled,
                      uint32_t begin, uint32_t to) {
  double scale = (double)from / scaled;
  axis->keeps = from == scaled && from == to;
  axis->from = from;
  axis->to = to;
  axis->taps = round_up(kernel.radius * (scale < 1 ? 1 : scale)) * 2 + 1;
  axis->first = malloc(to * sizeof *axis->first);
  axis->count = malloc(to * sizeof *axis->count);
  axis->weights = calloc((size_t)to * axis->taps, sizeof *axis->weights);
  double *scratch = calloc(axis->taps, sizeof *scratch);
  bool ready = axis->first && axis->count && axis->weights && scratch;
  for (uint32_t i = 0; ready && i < to; ++i)
    fill_weights(axis, kernel, i, (double)begin + i, scale, scratch);
  free(scratch);
  return ready;
}

static void free_axis(axis *axis) {
  free(axis->first);
  free(axis->count);
  free(axis->weights);
}

deit_resizer *deit_resizer_create(deit_filter filter, uint32_t from_width,
                                  uint32_t from_height, uint32_t to_width,
                                  uint32_t to_height) {
  deit_crop whole = {to_width, to_height, 0, 0};
  return deit_resizer_create_crop(filter, from_width, from_height, &whole,
                                  to_width, to_height);
}

deit_resizer *deit_resizer_create_crop(deit_filter filter, uint32_t from_width,
                                       uint32_t from_height,
                                       const deit_crop *crop, uint32_t to_width,
                                       uint32_t to_height) {
  kernel kernel = kernel_of(filter);
  deit_resizer *resizer = calloc(1, sizeof *resizer);
  if (!resizer)
    return NULL;
  resizer->narrow = malloc((size_t)from_height * to_width * CHANNELS);
  if (make_axis(&resizer->horizontal, kernel, from_width, crop->width,
                crop->left, to_width) &&
      make_axis(&resizer->vertical, kernel, from_height, crop->height,
                crop->top, to_height) &&
      resizer->narrow)
    return resizer;
  deit_resizer_free(resizer);
  return NULL;
}

void deit_resizer_free(deit_resizer *resizer) {
  if (!resizer)
    return;
  free_axis(&resizer->horizontal);
  free_axis(&resizer->vertical);
  free(resizer->narrow);
  free(resizer);
}

static uint8_t to_pixel(int32_t sum) {
  int32_t pixel = sum >> FRACTION_BITS;
  return pixel < 0 ? 0 : pixel > 255 ? 255 : (uint8_t)pixel;
}

static void resample_row(const axis *axis, const uint8_t *from, uint8_t *to) {
  for (uint32_t x = 0; x < axis->to; ++x, to += CHANNELS) {
    const uint8_t *pixel = from + (size_t)axis->first[x] * CHANNELS;
    const int32_t *weights = axis->weights + (size_t)x * axis->taps;
    int32_t sums[CHANNELS];
    for (int channel = 0; channel < CHANNELS; ++channel)
      sums[channel] = 1 << (FRACTION_BITS - 1);
    for (uint32_t tap = 0; tap < axis->count[x]; ++tap, pixel += CHANNELS)
      for (int channel = 0; channel < CHANNELS; ++channel)
        sums[channel] += pixel[channel] * weights[tap];
    for (int channel = 0; channel < CHANNELS; ++channel)
      to[channel] = to_pixel(sums[channel]);
  }
}

/// `size` bytes of an output row as a weighted sum of `count` rows that are
/// `length` bytes long. A constant size keeps the sums in registers.
static inline __attribute__((always_inline)) void
blend_strip(const uint8_t *from, size_t length, const int32_t *weights,
            uint32_t count, uint8_t *to, size_t size) {
  int32_t sums[STRIP];
  for (size_t i = 0; i < size; ++i)
    sums[i] = 1 << (FRACTION_BITS - 1);
  for (uint32_t tap = 0; tap < count; ++tap, from += length)
    for (size_t i = 0; i < size; ++i)
      sums[i] += from[i] * weights[tap];
  for (size_t i = 0; i < size; ++i)
    to[i] = to_pixel(sums[i]);
}

static void blend_rows(const uint8_t *from, size_t length,
                       const int32_t *weights, uint32_t count, uint8_t *to) {
  size_t begin = 0;
  for (; begin + STRIP <= length; begin += STRIP)
    blend_strip(from + begin, length, weights, count, to + begin, STRIP);
  if (begin < length)
    blend_strip(from + begin, length, weights, count, to + begin,
                length - begin);
}

static void resample_columns(const axis *axis, size_t length,
                             const uint8_t *from, uint8_t *to) {
  for (uint32_t y = 0; y < axis->to; ++y)
    blend_rows(from + axis->first[y] * length, length,
               axis->weights + (size_t)y * axis->taps, axis->count[y],
               to + y * length);
}

void deit_resize(deit_resizer *resizer, const uint8_t *from, uint8_t *to) {
  const axis *horizontal = &resizer->horizontal, *vertical = &resizer->vertical;
  size_t from_length = (size_t)horizontal->from * CHANNELS;
  size_t to_length = (size_t)horizontal->to * CHANNELS;
  // A dimension that keeps its size is not resampled at all.
  bool keep_height = vertical->keeps;
  uint8_t *narrow = keep_height ? to : resizer->narrow;
  if (horizontal->keeps)
    memcpy(narrow, from, from_length * vertical->from);
  else
    for (uint32_t y = 0; y < vertical->from; ++y)
      resample_row(horizontal, from + y * from_length, narrow + y * to_length);
  if (!keep_height)
    resample_columns(vertical, to_length, narrow, to);
}
