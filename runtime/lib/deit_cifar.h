// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads CIFAR-10 and CIFAR-100 binary files, record by record.

#ifndef DEIT_CIFAR_H
#define DEIT_CIFAR_H

#include "deit_error.h"

#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Pixels of an image's side, and bytes of an image: RGB, rows first.
enum { DEIT_CIFAR_SIDE = 32, DEIT_CIFAR_IMAGE_BYTES = 32 * 32 * 3 };

/// An open file. Only one record is in memory at a time.
typedef struct {
  FILE *file;
  const char *path;
  int format;       ///< 10 or 100
  uint32_t classes; ///< labels are below this
  int64_t count;    ///< records in the file
  int64_t next;     ///< record that is read next
} deit_cifar;

/// Opens `path`, which must outlive the reader. `format` is 10, 100, or 0:
/// then the file's size tells, and where both record lengths divide it, the
/// number of classes (at most 10: CIFAR-10).
bool deit_cifar_open(deit_cifar *cifar, const char *path, int format,
                     uint32_t classes, deit_error *error);

/// Reads the next record: the image as height x width x RGB and its label
/// (CIFAR-100: the fine one), which is below `classes`.
bool deit_cifar_read(deit_cifar *cifar, uint8_t image[DEIT_CIFAR_IMAGE_BYTES],
                     uint32_t *label, deit_error *error);

/// Closes the file. A reader that failed to open may be closed, too.
void deit_cifar_close(deit_cifar *cifar);

#ifdef __cplusplus
}
#endif

#endif // DEIT_CIFAR_H
