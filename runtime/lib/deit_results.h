// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an evaluation found, and how it is shown.

#ifndef DEIT_RESULTS_H
#define DEIT_RESULTS_H

#include "deit_evaluate.h"
#include "deit_profile.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int64_t images, top1, top5; ///< counts
  double latency_median_ms, latency_minimum_ms, resize_median_ms;
  char logits_sha256[65]; ///< empty for float logits
  deit_profile *profile;  ///< null unless asked for
} deit_results;

/// `count` of the evaluated images in percent.
double deit_percent(const deit_results *results, int64_t count);

/// The table a person reads.
void deit_results_print(FILE *file, const deit_backend *backend,
                        const deit_results *results);

/// The same for programs, every number unrounded; what does not apply is null.
void deit_results_write_json(FILE *file, const deit_backend *backend,
                             const deit_results *results);

#ifdef __cplusplus
}
#endif

#endif // DEIT_RESULTS_H
