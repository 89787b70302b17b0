// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads PNG and JPEG files.

#ifndef DEIT_PICTURE_H
#define DEIT_PICTURE_H

#include "deit_error.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The largest sides, picture and file that are read.
enum {
  DEIT_PICTURE_SIDE = 65535,
  DEIT_PICTURE_PIXELS = 64 << 20,
  DEIT_PICTURE_FILE_BYTES = 256 << 20
};

/// RGB u8, rows first. Colors are taken as they are stored: transparency,
/// orientation and color profiles are left aside, as Pillow's convert("RGB")
/// does.
typedef struct {
  uint32_t width, height;
  uint8_t *pixels;
} deit_picture;

/// Reads the file at `path`. What it needs is known from the file's own length
/// and its header before any of it is asked for. A part of a file is no
/// picture.
bool deit_picture_read(deit_picture *picture, const char *path,
                       deit_error *error);

/// The same from memory; `name` is for errors.
bool deit_picture_decode(deit_picture *picture, const char *name,
                         const void *data, size_t bytes, deit_error *error);

/// Nothing happens if there is none.
void deit_picture_free(deit_picture *picture);

#ifdef __cplusplus
}
#endif

#endif // DEIT_PICTURE_H
