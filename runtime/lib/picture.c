// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads pictures with libpng and libjpeg. What they warn of is an error here:
// they go on with grey where a file is cut off.

#include "deit_picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

//===----------------------------------------------------------------------===//
// Files in memory
//===----------------------------------------------------------------------===//

/// A file's bytes, and how far they are read.
typedef struct {
  const char *name;
  const uint8_t *data;
  size_t bytes, position;
  deit_picture *picture; ///< receives size and pixels
  deit_error *error;
} reader;

#ifndef DEIT_NO_PICTURES

#include <jerror.h>
#include <jpeglib.h>
#include <png.h>
#include <setjmp.h>

static bool fail_damaged(const reader *in, const char *what) {
  return deit_fail(in->error, "%s is damaged (%s); copy the picture again",
                   in->name, what);
}

static bool fail_short(const reader *in) {
  return deit_fail(in->error, "%s is cut off; copy the picture again",
                   in->name);
}

/// Makes room for what the header tells, if the file can hold it: of a byte,
/// deflate makes 1032 at most, each of eight pixels of a bit; JPEG needs a bit
/// for a block of 64.
static bool set_size(const reader *in, uint32_t width, uint32_t height) {
  enum { MOST_PIXELS_A_BYTE = 8 * 1032, CHANNELS = 3 };
  uint64_t pixels = (uint64_t)width * height;
  if (width == 0 || height == 0)
    return fail_damaged(in, "a side is 0");
  if (width > DEIT_PICTURE_SIDE || height > DEIT_PICTURE_SIDE ||
      pixels > DEIT_PICTURE_PIXELS)
    return deit_fail(in->error,
                     "%s is of %ux%u pixels, and pictures up to %d pixels a "
                     "side and %d million in all are read; make it smaller",
                     in->name, width, height, DEIT_PICTURE_SIDE,
                     DEIT_PICTURE_PIXELS / 1000000);
  if (pixels > (uint64_t)in->bytes * MOST_PIXELS_A_BYTE)
    return deit_fail(in->error,
                     "%s says that it is of %ux%u pixels, which %zu bytes "
                     "cannot hold; copy the picture again",
                     in->name, width, height, in->bytes);
  in->picture->width = width;
  in->picture->height = height;
  in->picture->pixels = calloc(pixels, CHANNELS);
  return in->picture->pixels ||
         deit_fail(in->error,
                   "there is not enough memory for %s, %ux%u pixels; make it "
                   "smaller",
                   in->name, width, height);
}

static uint8_t *row_of(const reader *in, uint32_t row) {
  return in->picture->pixels + (size_t)row * in->picture->width * 3;
}

//===----------------------------------------------------------------------===//
// PNG
//===----------------------------------------------------------------------===//

static void png_failed(png_structp png, png_const_charp message) {
  reader *in = png_get_error_ptr(png);
  if (in->position <= in->bytes)
    fail_damaged(in, message);
  else
    fail_short(in);
  png_longjmp(png, 1);
}

static void png_warned(png_structp png, png_const_charp message) {
  (void)png;
  (void)message; // of what is beside the pixels
}

static void png_read(png_structp png, png_bytep to, png_size_t count) {
  reader *in = png_get_io_ptr(png);
  size_t position = in->position;
  in->position += count; // past the end says that it was cut off
  if (count > in->bytes - position)
    png_error(png, "too short");
  memcpy(to, in->data + position, count);
}

/// Whatever the file holds becomes RGB of 8 bits. Transparency is dropped.
static void set_png_format(png_structp png, png_infop info) {
  png_set_palette_to_rgb(png);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_byte color = png_get_color_type(png, info);
  if (color == PNG_COLOR_TYPE_GRAY)
    png_set_expand_gray_1_2_4_to_8(png);
  if (!(color & PNG_COLOR_MASK_COLOR))
    png_set_gray_to_rgb(png);
}

/// Everything that may jump out of libpng.
static bool run_png(reader *in, png_structp png, png_infop info) {
  if (setjmp(png_jmpbuf(png)))
    return false;
  png_set_read_fn(png, in, png_read);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); // set_size knows
  png_set_chunk_malloc_max(png, 8 << 20);
  png_read_info(png, info);
  if (!set_size(in, png_get_image_width(png, info),
                png_get_image_height(png, info)))
    return false;
  set_png_format(png, info);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != (size_t)in->picture->width * 3)
    return fail_damaged(in, "its colors are of no known kind");
  for (int pass = 0; pass < passes; ++pass)
    for (uint32_t row = 0; row < in->picture->height; ++row)
      png_read_row(png, row_of(in, row), NULL);
  png_read_end(png, NULL);
  return true;
}

static bool read_png(reader *in) {
  png_structp png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, in, png_failed, png_warned);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  bool succeeded = info ? run_png(in, png, info)
                        : deit_fail(in->error, "there is not enough memory");
  png_destroy_read_struct(&png, &info, NULL);
  return succeeded;
}

//===----------------------------------------------------------------------===//
// JPEG
//===----------------------------------------------------------------------===//

/// What libjpeg hands to its error functions, and where they go from there.
typedef struct {
  struct jpeg_error_mgr manager;
  reader *in;
  jmp_buf leave;
} jpeg_errors;

static void jpeg_failed(j_common_ptr jpeg) {
  jpeg_errors *errors = (jpeg_errors *)jpeg->err;
  char message[JMSG_LENGTH_MAX];
  errors->manager.format_message(jpeg, message);
  if (errors->manager.msg_code == JWRN_JPEG_EOF ||
      errors->manager.msg_code == JERR_INPUT_EOF)
    fail_short(errors->in);
  else
    fail_damaged(errors->in, message);
  longjmp(errors->leave, 1);
}

/// Bytes between segments are harmless, and written by some cameras.
static void jpeg_said(j_common_ptr jpeg, int level) {
  if (level < 0 && jpeg->err->msg_code != JWRN_EXTRANEOUS_DATA)
    jpeg_failed(jpeg);
}

/// Everything that may jump out of libjpeg.
static bool run_jpeg(reader *in, struct jpeg_decompress_struct *jpeg,
                     jpeg_errors *errors) {
  if (setjmp(errors->leave))
    return false;
  jpeg_create_decompress(jpeg);
  jpeg_mem_src(jpeg, in->data, in->bytes);
  jpeg_read_header(jpeg, TRUE);
  if (jpeg->num_components == 4)
    return deit_fail(in->error,
                     "%s is of four colors, for printing; save it "
                     "as RGB",
                     in->name);
  if (!set_size(in, jpeg->image_width, jpeg->image_height))
    return false;
  jpeg->out_color_space = JCS_RGB;
  jpeg_start_decompress(jpeg);
  while (jpeg->output_scanline < jpeg->output_height) {
    JSAMPROW row = row_of(in, jpeg->output_scanline);
    jpeg_read_scanlines(jpeg, &row, 1);
  }
  jpeg_finish_decompress(jpeg);
  return true;
}

static bool read_jpeg(reader *in) {
  struct jpeg_decompress_struct jpeg = {0};
  jpeg_errors errors = {.in = in};
  jpeg.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = jpeg_failed;
  errors.manager.emit_message = jpeg_said;
  bool succeeded = run_jpeg(in, &jpeg, &errors);
  jpeg_destroy_decompress(&jpeg);
  return succeeded;
}

#else

static bool read_png(reader *in) {
  return deit_fail(in->error,
                   "%s cannot be read: this program was built "
                   "without libpng and libjpeg; run scripts/setup, "
                   "build and compile again",
                   in->name);
}

static bool read_jpeg(reader *in) { return read_png(in); }

#endif

//===----------------------------------------------------------------------===//
// Either
//===----------------------------------------------------------------------===//

static bool begins_with(const reader *in, const char *magic, size_t bytes) {
  return in->bytes >= bytes && memcmp(in->data, magic, bytes) == 0;
}

bool deit_picture_decode(deit_picture *picture, const char *name,
                         const void *data, size_t bytes, deit_error *error) {
  *picture = (deit_picture){0};
  reader in = {name, data, bytes, 0, picture, error};
  bool succeeded = begins_with(&in, "\x89PNG\r\n\x1a\n", 8) ? read_png(&in)
                   : begins_with(&in, "\xff\xd8", 2)
                       ? read_jpeg(&in)
                       : deit_fail(error,
                                   "%s is no picture that is read here; give "
                                   "a PNG or JPEG file",
                                   name);
  if (!succeeded)
    deit_picture_free(picture);
  return succeeded;
}

static bool fail_opening(const char *path, FILE *file, deit_error *error) {
  int code = errno;
  if (file)
    fclose(file);
  return deit_fail(error, "cannot read %s: %s", path, strerror(code));
}

/// The whole file, of at most DEIT_PICTURE_FILE_BYTES; to be freed.
static bool read_file(const char *path, uint8_t **data, size_t *bytes,
                      deit_error *error) {
  FILE *file = fopen(path, "rb");
  size_t capacity = 0;
  if (!file)
    return fail_opening(path, file, error);
  while (!feof(file)) {
    if (*bytes == capacity) {
      capacity = capacity ? capacity * 2 : 1 << 16;
      uint8_t *larger =
          capacity <= DEIT_PICTURE_FILE_BYTES ? realloc(*data, capacity) : NULL;
      errno = capacity <= DEIT_PICTURE_FILE_BYTES ? ENOMEM : EFBIG;
      if (!larger)
        return fail_opening(path, file, error);
      *data = larger;
    }
    *bytes += fread(*data + *bytes, 1, capacity - *bytes, file);
    if (ferror(file))
      return fail_opening(path, file, error);
  }
  fclose(file);
  return true;
}

bool deit_picture_read(deit_picture *picture, const char *path,
                       deit_error *error) {
  uint8_t *data = NULL;
  size_t bytes = 0;
  *picture = (deit_picture){0};
  bool succeeded = read_file(path, &data, &bytes, error) &&
                   deit_picture_decode(picture, path, data, bytes, error);
  free(data);
  return succeeded;
}

void deit_picture_free(deit_picture *picture) {
  free(picture->pixels);
  *picture = (deit_picture){0};
}
