// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Prints the class of a picture: example PICTURE.rgb, raw RGB, 3 bytes a pixel,
// rows from the top, of the model's size.

#include "deit_model.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  // What was compiled is known before anything is loaded.
  const deit_info *info = deit_describe();
  const size_t bytes = (size_t)info->image_height * info->image_width * 3;
  uint8_t *images = calloc(info->batch, bytes);
  int32_t *logits = calloc(info->batch, info->classes * sizeof *logits);

  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (!images || !logits || !file || fread(images, 1, bytes, file) != bytes) {
    fprintf(stderr,
            "usage: example PICTURE.rgb, %zu bytes: %u rows of %u "
            "pixels\n",
            bytes, info->image_height, info->image_width);
    return 1;
  }
  fclose(file);

  // Load once: this packs the weights for this CPU. Run as often as you like.
  deit_model *model;
  deit_status status = deit_load(NULL, 0, &model);
  if (status == DEIT_OK)
    status = deit_run(model, images, logits);
  if (status != DEIT_OK) {
    fprintf(stderr, "example: %s %s\n", deit_status_text(status),
            deit_missing_features());
    return 1;
  }

  uint32_t best = 0; // the logits are integers: compare them as they are
  for (uint32_t i = 1; i < info->classes; ++i)
    if (logits[i] > logits[best])
      best = i;
  printf("class %u, logit %.3f\n", best, logits[best] * info->logit_scale);
  deit_free(model);
  free(logits);
  free(images);
  return 0;
}
