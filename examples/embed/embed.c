// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Classifies one picture: the smallest program around a compiled model.
//
// usage: embed PICTURE.rgb [LABELS.txt]
//
// The picture is raw RGB, 3 bytes a pixel, rows from the top, of the model's
// size. docs/GettingStarted.md compiles and runs this file.

#include "deit_model.h"

#include <stdio.h>
#include <stdlib.h>

static int fail(const char *what, const char *why) {
  fprintf(stderr, "embed: error: %s: %s\n", what, why);
  return 1;
}

/// Prints line `number` of the file, if there is one.
static void print_label(const char *path, uint32_t number) {
  char line[100];
  FILE *file = fopen(path, "r");
  for (uint32_t i = 0; file && fgets(line, sizeof line, file); ++i)
    if (i == number)
      printf("%s", line);
  if (file)
    fclose(file);
}

int main(int argc, char **argv) {
  if (argc < 2)
    return fail("no picture", "usage: embed PICTURE.rgb [LABELS.txt]");

  // What was compiled is known before anything is loaded.
  const deit_info *info = deit_describe();
  size_t bytes = (size_t)info->image_height * info->image_width * 3;
  uint8_t *image = malloc(bytes);
  int32_t *logits = malloc(info->classes * sizeof *logits);
  FILE *file = fopen(argv[1], "rb");
  if (!image || !logits || !file || fread(image, 1, bytes, file) != bytes ||
      fgetc(file) != EOF)
    return fail(argv[1], "is no raw picture of the model's size");
  fclose(file);

  // Loading checks CPU and weights, and packs the weights for this CPU: do it
  // once. Null stands for the weights the library carries.
  deit_model *model;
  deit_status status = deit_load(NULL, 0, &model);
  if (status == DEIT_ERROR_CPU)
    return fail("this CPU lacks", deit_missing_features());
  if (status != DEIT_OK)
    return fail(info->name, deit_status_text(status));

  // Running allocates nothing; call it for as many images as there are.
  status = deit_run(model, image, logits);
  if (status != DEIT_OK)
    return fail(argv[1], deit_status_text(status));

  // The logits are integers: the largest needs no conversion to be found.
  uint32_t best = 0;
  for (uint32_t i = 1; i < info->classes; ++i)
    if (logits[i] > logits[best])
      best = i;
  printf("class %u, logit %.3f\n", best, logits[best] * info->logit_scale);
  if (argc > 2)
    print_label(argv[2], best);

  deit_free(model);
  free(logits);
  free(image);
  return 0;
}
