// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the time of a run goes: step by step, beside what the core can do.

#ifndef DEIT_PROFILE_H
#define DEIT_PROFILE_H

#include "deit_error.h"
#include "deit_evaluate.h"
#include "deit_json.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Times of the steps of many runs, and measurements of the peak between them.
typedef struct deit_profile deit_profile;

/// A profile of `runs` runs of the backend at most; further runs are not kept.
/// Null, with an error, if the backend has no steps or there is no memory.
deit_profile *deit_profile_create(const deit_backend *backend, int64_t runs,
                                  deit_error *error);

/// Where the next run's times go, in nanoseconds, one a step. Now and then
/// measures the peak.
int64_t *deit_profile_next(deit_profile *profile);

/// Medians over the runs, once they are all done.
void deit_profile_finish(deit_profile *profile);

/// The tables a person reads: by kind of step, and step by step.
void deit_profile_print(FILE *file, const deit_profile *profile);

/// The same as the member "profile", every number unrounded.
void deit_profile_write_json(deit_json *json, const deit_profile *profile);

/// Null is allowed.
void deit_profile_free(deit_profile *profile);

#ifdef __cplusplus
}
#endif

#endif // DEIT_PROFILE_H
