// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One sentence that says what went wrong, for whoever prints it.

#ifndef DEIT_ERROR_H
#define DEIT_ERROR_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Room for the longest path and the sentence around it.
typedef struct {
  char text[5120];
} deit_error;

/// Formats the sentence, without a full stop, and returns false, so that a
/// function that fails can return the call's value.
__attribute__((format(printf, 2, 3))) bool deit_fail(deit_error *error,
                                                     const char *format, ...);

#ifdef __cplusplus
}
#endif

#endif // DEIT_ERROR_H
