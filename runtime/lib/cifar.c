// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The CIFAR reader.

#define _FILE_OFFSET_BITS 64

#include "deit_cifar.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { PIXELS = DEIT_CIFAR_SIDE * DEIT_CIFAR_SIDE };

/// Label bytes in front of a record's pixels; the last one is the class.
static int label_bytes(int format) { return format == 100 ? 2 : 1; }

static int64_t record_bytes(int format) {
  return label_bytes(format) + DEIT_CIFAR_IMAGE_BYTES;
}

static int guess_format(int64_t bytes, uint32_t classes) {
  bool divides_10 = bytes % record_bytes(10) == 0;
  bool divides_100 = bytes % record_bytes(100) == 0;
  if (divides_10 != divides_100)
    return divides_10 ? 10 : 100;
  return classes <= 10 ? 10 : 100;
}

static bool open_file(deit_cifar *cifar, int64_t *bytes, deit_error *error) {
  struct stat status;
  cifar->file = fopen(cifar->path, "rb");
  if (!cifar->file || fstat(fileno(cifar->file), &status) != 0)
    return deit_fail(error,
                     "cannot open %s: %s; give a CIFAR-10 or CIFAR-100 file "
                     "of the binary version",
                     cifar->path, strerror(errno));
  if (!S_ISREG(status.st_mode))
    return deit_fail(error,
                     "%s is not a regular file; give a CIFAR-10 or CIFAR-100 "
                     "file of the binary version",
                     cifar->path);
  if (status.st_size == 0)
    return deit_fail(error, "%s is empty; is the download complete?",
                     cifar->path);
  *bytes = status.st_size;
  return true;
}

bool deit_cifar_open(deit_cifar *cifar, const char *path, int format,
                     uint32_t classes, deit_error *error) {
  int64_t bytes = 0;
  *cifar = (deit_cifar){.path = path, .classes = classes};
  if (!open_file(cifar, &bytes, error)) {
    deit_cifar_close(cifar);
    return false;
  }
  cifar->format = format ? format : guess_format(bytes, classes);
  int64_t record = record_bytes(cifar->format);
  cifar->count = bytes / record;
  if (bytes % record == 0)
    return true;
  deit_cifar_close(cifar);
  return deit_fail(error,
                   "%s is %lld bytes: not a whole number of CIFAR-%d records "
                   "of %lld bytes; is the download complete?",
                   path, (long long)bytes, cifar->format, (long long)record);
}

/// Planes of red, green and blue become pixels.
static void interleave(const uint8_t *planes, uint8_t *image) {
  for (int pixel = 0; pixel < PIXELS; ++pixel)
    for (int channel = 0; channel < 3; ++channel)
      image[pixel * 3 + channel] = planes[channel * PIXELS + pixel];
}

bool deit_cifar_read(deit_cifar *cifar, uint8_t image[DEIT_CIFAR_IMAGE_BYTES],
                     uint32_t *label, deit_error *error) {
  uint8_t record[2 + DEIT_CIFAR_IMAGE_BYTES];
  size_t bytes = (size_t)record_bytes(cifar->format);
  if (fread(record, 1, bytes, cifar->file) != bytes)
    return deit_fail(error, "cannot read record %lld of %s: %s",
                     (long long)cifar->next, cifar->path,
                     ferror(cifar->file) ? strerror(errno)
                                         : "the file has become shorter");
  int labels = label_bytes(cifar->format);
  *label = record[labels - 1];
  if (*label >= cifar->classes)
    return deit_fail(error,
                     "record %lld of %s has label %u, but the model has %u "
                     "classes; are these the images it was trained for, in "
                     "CIFAR-%d's layout?",
                     (long long)cifar->next, cifar->path, *label,
                     cifar->classes, cifar->format);
  interleave(record + labels, image);
  ++cifar->next;
  return true;
}

void deit_cifar_close(deit_cifar *cifar) {
  if (cifar->file)
    fclose(cifar->file);
  cifar->file = NULL;
}
