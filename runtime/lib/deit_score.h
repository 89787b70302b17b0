// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Accuracy, latency and the course's score.

#ifndef DEIT_SCORE_H
#define DEIT_SCORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How many classes come before `label` when `classes` logits (int32_t, or
/// float where `is_float`) are sorted from the largest; of equal ones the
/// lower class comes first. A label whose logit is not a number comes last.
uint32_t deit_rank(const void *logits, int is_float, uint32_t classes,
                   uint32_t label);

/// The course's score, which grows as models shrink and as they are right:
///   10 [MB <= 30] + 2 floor(27 - MB) [MB <= 27]
///     + (10 + 2 floor(accuracy - 86)) [accuracy >= 86]
/// with MB = bytes / 10^6 and top-1 accuracy in percent.
int64_t deit_course_score(uint64_t bytes, double accuracy);

/// The middle of `count` values, which are sorted for it; the mean of the two
/// middle ones if `count` is even; 0 if there are none.
double deit_median(double *values, size_t count);

#ifdef __cplusplus
}
#endif

#endif // DEIT_SCORE_H
