// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Result files that appear whole or not at all.

#ifndef DEIT_OUTPUT_H
#define DEIT_OUTPUT_H

#include "deit_error.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A file being written beside its final place.
typedef struct {
  FILE *file;      ///< null when not open
  char *path;      ///< where the file will appear
  char *temporary; ///< where it is now; null for devices and pipes
} deit_output;

/// Starts a file. A device or pipe at `path` is written directly: there is
/// nothing to replace.
bool deit_output_open(deit_output *output, const char *path, deit_error *error);

/// Appends bytes; on an error the file is abandoned.
bool deit_output_write(deit_output *output, const void *data, size_t bytes,
                       deit_error *error);

/// Puts the finished file in its place. On any error since the opening, a
/// full disk among them, no file is left behind.
bool deit_output_commit(deit_output *output, deit_error *error);

/// Gives up: no file is left behind. Nothing happens if none is open.
void deit_output_abandon(deit_output *output);

#ifdef __cplusplus
}
#endif

#endif // DEIT_OUTPUT_H
