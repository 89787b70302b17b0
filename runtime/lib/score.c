// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scores.

#include "deit_score.h"

#include <stdlib.h>

static double read_logit(const void *logits, int is_float, uint32_t index) {
  return is_float ? (double)((const float *)logits)[index]
                  : (double)((const int32_t *)logits)[index];
}

uint32_t deit_rank(const void *logits, int is_float, uint32_t classes,
                   uint32_t label) {
  double own = read_logit(logits, is_float, label);
  if (own != own)
    return classes - 1;
  uint32_t rank = 0;
  for (uint32_t other = 0; other < classes; ++other) {
    double logit = read_logit(logits, is_float, other);
    rank += logit > own || (logit == own && other < label);
  }
  return rank;
}

int64_t deit_course_score(uint64_t bytes, double accuracy) {
  // Whole bytes: 27 - bytes / 10^6 would round before the floor.
  const uint64_t megabyte = 1000000;
  int64_t score = 0;
  if (bytes <= 30 * megabyte)
    score += 10;
  if (bytes <= 27 * megabyte)
    score += 2 * (int64_t)((27 * megabyte - bytes) / megabyte);
  if (accuracy >= 86)
    score += 10 + 2 * (int64_t)(accuracy - 86);
  return score;
}

static int compare(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

double deit_median(double *values, size_t count) {
  if (count == 0)
    return 0;
  qsort(values, count, sizeof *values, compare);
  return (values[(count - 1) / 2] + values[count / 2]) / 2;
}
