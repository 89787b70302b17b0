// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One picture: read, resize, crop, infer, name.

#include "deit_classes.h"
#include "deit_classify.h"
#include "deit_json.h"
#include "deit_output.h"
#include "deit_picture.h"
#include "deit_score.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 5 };

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

/// The scaled sides where the model's are equal: the shorter is `edge`.
static void scale_shorter(double width, double height, double edge,
                          double *scaled_width, double *scaled_height) {
  bool is_wide = width > height;
  *scaled_width = is_wide ? floor(edge * width / height) : edge;
  *scaled_height = is_wide ? edge : floor(edge * height / width);
}

/// The scaled sides where they are not: as small as covers both.
static void scale_both(double width, double height, double to_width,
                       double to_height, double *scaled_width,
                       double *scaled_height) {
  double ratio = fmin(width / to_width, height / to_height);
  *scaled_width = rint(width / ratio); // halves to even, as Python rounds
  *scaled_height = rint(height / ratio);
}

bool deit_center_crop(uint32_t width, uint32_t height, uint32_t to_width,
                      uint32_t to_height, double crop, deit_crop *result) {
  double scaled_width, scaled_height;
  double edge_width = floor(to_width / crop);
  double edge_height = floor(to_height / crop);
  if (to_width == to_height)
    scale_shorter(width, height, edge_width, &scaled_width, &scaled_height);
  else
    scale_both(width, height, edge_width, edge_height, &scaled_width,
               &scaled_height);
  if (scaled_width > INT32_MAX || scaled_height > INT32_MAX)
    return false;
  result->width = (uint32_t)scaled_width;
  result->height = (uint32_t)scaled_height;
  result->left = (uint32_t)rint((scaled_width - to_width) / 2);
  result->top = (uint32_t)rint((scaled_height - to_height) / 2);
  return true;
}

void deit_softmax(const void *logits, int is_float, double scale,
                  uint32_t count, double *probabilities) {
  double largest = -INFINITY, sum = 0;
  for (uint32_t i = 0; i < count; ++i) {
    probabilities[i] = is_float ? (double)((const float *)logits)[i]
                                : scale * ((const int32_t *)logits)[i];
    largest = fmax(largest, probabilities[i]);
  }
  for (uint32_t i = 0; i < count; ++i)
    sum += probabilities[i] = exp(probabilities[i] - largest);
  for (uint32_t i = 0; i < count; ++i)
    probabilities[i] /= sum;
}

//===----------------------------------------------------------------------===//
// The picture
//===----------------------------------------------------------------------===//

/// Everything that is released at the end.
typedef struct {
  const deit_evaluate_options *options;
  const deit_backend *backend;
  deit_error *error;
  deit_classes classes;
  deit_picture picture;
  deit_crop crop;
  deit_resizer *resizer;
  uint8_t *images; ///< a whole batch, of which the first counts
  void *logits;
  double *probabilities;
  uint32_t best[SHOWN], shown;
} classification;

static bool check_options(const classification *run) {
  const deit_evaluate_options *options = run->options;
  return (!options->data && !options->limit && !options->logits &&
          !options->format && !options->profile) ||
         deit_fail(run->error,
                   "--image FILE classifies one picture; leave out --data, "
                   "--limit, --format, --logits and --profile");
}

static bool name_classes(classification *run) {
  uint32_t count = run->backend->classes;
  if (run->options->classes)
    return deit_classes_read(&run->classes, run->options->classes, count,
                             run->error);
  if (run->backend->class_names)
    return deit_classes_split(&run->classes, run->backend->class_names, count,
                              run->error);
  deit_classes_default(&run->classes, count);
  return true;
}

static bool read_picture(classification *run) {
  const deit_backend *backend = run->backend;
  deit_picture *picture = &run->picture;
  double crop = run->options->crop ? run->options->crop : 1;
  return deit_picture_read(picture, run->options->image, run->error) &&
         (deit_center_crop(picture->width, picture->height,
                           backend->image_width, backend->image_height, crop,
                           &run->crop) ||
          deit_fail(run->error,
                    "%s is too narrow to be resized, %ux%u pixels; crop it",
                    run->options->image, picture->width, picture->height));
}

static bool allocate(classification *run) {
  const deit_backend *backend = run->backend;
  const deit_picture *picture = &run->picture;
  run->images = calloc(backend->batch, (size_t)backend->image_height *
                                           backend->image_width * 3);
  run->logits = calloc(backend->batch, (size_t)backend->classes * 4);
  run->probabilities = calloc(backend->classes, sizeof *run->probabilities);
  run->resizer = deit_resizer_create_crop(
      backend->filter, picture->width, picture->height, &run->crop,
      backend->image_width, backend->image_height);
  return (run->images && run->logits && run->probabilities && run->resizer) ||
         deit_fail(run->error,
                   "there is not enough memory to resize %s, %ux%u pixels; "
                   "make it smaller",
                   run->options->image, picture->width, picture->height);
}

static bool infer(classification *run) {
  const deit_backend *backend = run->backend;
  deit_resize(run->resizer, run->picture.pixels, run->images);
  const char *failure =
      backend->infer(backend->self, run->images, 1, run->logits);
  if (failure)
    return deit_fail(run->error, "cannot run %s on %s: %s", backend->name,
                     run->options->image, failure);
  deit_softmax(run->logits, backend->is_float, backend->logit_scale,
               backend->classes, run->probabilities);
  return true;
}

/// Ranks by logits, as accuracy does: equal probabilities may come of unequal
/// logits.
static void find_best(classification *run) {
  uint32_t classes = run->backend->classes;
  run->shown = classes < SHOWN ? classes : SHOWN;
  for (uint32_t i = 0; i < classes; ++i) {
    uint32_t rank = deit_rank(run->logits, run->backend->is_float, classes, i);
    if (rank < run->shown)
      run->best[rank] = i;
  }
}

//===----------------------------------------------------------------------===//
// What is printed
//===----------------------------------------------------------------------===//

static void print_table(const classification *run) {
  const deit_crop *crop = &run->crop;
  printf("%s: %ux%u pixels, resized to %ux%u, the middle %ux%u of it\n",
         run->options->image, run->picture.width, run->picture.height,
         crop->width, crop->height, run->backend->image_width,
         run->backend->image_height);
  for (uint32_t i = 0; i < run->shown; ++i) {
    uint32_t class = run->best[i];
    printf("%7.2f %%  ", 100 * run->probabilities[class]);
    if (run->classes.names)
      printf("%s\n", run->classes.names[class]);
    else
      printf("class %u\n", class);
  }
  if (run->classes.names && !run->classes.owned)
    printf("(names of %s; --classes FILE gives others)\n", run->classes.source);
}

static void write_json(FILE *file, const classification *run) {
  deit_json json = {.file = file};
  deit_json_begin(&json, NULL);
  deit_json_string(&json, "model", run->backend->name);
  deit_json_string(&json, "target", run->backend->target);
  deit_json_string(&json, "image", run->options->image);
  deit_json_begin_list(&json, "classes");
  for (uint32_t i = 0; i < run->shown; ++i) {
    uint32_t class = run->best[i];
    deit_json_begin(&json, NULL);
    deit_json_integer(&json, "class", class);
    deit_json_string(&json, "name",
                     run->classes.names ? run->classes.names[class] : NULL);
    deit_json_real(&json, "probability", run->probabilities[class]);
    deit_json_end(&json);
  }
  deit_json_end_list(&json);
  deit_json_end(&json);
}

static bool print(const classification *run) {
  const char *path = run->options->json;
  bool json_only = path && !strcmp(path, "-");
  if (path && !json_only) {
    deit_output output;
    if (!deit_output_open(&output, path, run->error))
      return false;
    write_json(output.file, run);
    if (!deit_output_commit(&output, run->error))
      return false;
  }
  if (json_only)
    write_json(stdout, run);
  else if (!run->options->quiet)
    print_table(run);
  return (fflush(stdout) == 0 && !ferror(stdout)) ||
         deit_fail(run->error, "cannot write to standard output: %s",
                   strerror(errno));
}

static bool classify(classification *run) {
  if (!check_options(run) || !name_classes(run) || !read_picture(run) ||
      !allocate(run) || !infer(run))
    return false;
  find_best(run);
  return print(run);
}

bool deit_classify(const deit_evaluate_options *options,
                   const deit_backend *backend, deit_error *error) {
  classification run = {.options = options, .backend = backend, .error = error};
  bool succeeded = classify(&run);
  deit_classes_free(&run.classes);
  deit_picture_free(&run.picture);
  deit_resizer_free(run.resizer);
  free(run.images);
  free(run.logits);
  free(run.probabilities);
  return succeeded;
}
