// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names of classes: of a file, or CIFAR's.

#ifndef DEIT_CLASSES_H
#define DEIT_CLASSES_H

#include "deit_error.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  const char *const *names; ///< one a class; null: there are none
  const char *source;       ///< where they come from, for a person
  const char **owned;
  char *text;
} deit_classes;

/// Reads a file of `count` lines, the names of the classes in order. Free them
/// also where this fails.
bool deit_classes_read(deit_classes *classes, const char *path, uint32_t count,
                       deit_error *error);

/// Splits `text`, `count` names of one line each.
bool deit_classes_split(deit_classes *classes, const char *text, uint32_t count,
                        deit_error *error);

/// CIFAR-10's or CIFAR-100's names if there are so many classes, else none.
void deit_classes_default(deit_classes *classes, uint32_t count);

void deit_classes_free(deit_classes *classes);

#ifdef __cplusplus
}
#endif

#endif // DEIT_CLASSES_H
