// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names of classes: of a file, or CIFAR's.

#include "deit_classes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const cifar10[] = {"airplane", "automobile", "bird", "cat",
                                      "deer",     "dog",        "frog", "horse",
                                      "ship",     "truck"};

static const char *const cifar100[] = {
    "apple",    "aquarium_fish", "baby",       "bear",         "beaver",
    "bed",      "bee",           "beetle",     "bicycle",      "bottle",
    "bowl",     "boy",           "bridge",     "bus",          "butterfly",
    "camel",    "can",           "castle",     "caterpillar",  "cattle",
    "chair",    "chimpanzee",    "clock",      "cloud",        "cockroach",
    "couch",    "crab",          "crocodile",  "cup",          "dinosaur",
    "dolphin",  "elephant",      "flatfish",   "forest",       "fox",
    "girl",     "hamster",       "house",      "kangaroo",     "keyboard",
    "lamp",     "lawn_mower",    "leopard",    "lion",         "lizard",
    "lobster",  "man",           "maple_tree", "motorcycle",   "mountain",
    "mouse",    "mushroom",      "oak_tree",   "orange",       "orchid",
    "otter",    "palm_tree",     "pear",       "pickup_truck", "pine_tree",
    "plain",    "plate",         "poppy",      "porcupine",    "possum",
    "rabbit",   "raccoon",       "ray",        "road",         "rocket",
    "rose",     "sea",           "seal",       "shark",        "shrew",
    "skunk",    "skyscraper",    "snail",      "snake",        "spider",
    "squirrel", "streetcar",     "sunflower",  "sweet_pepper", "table",
    "tank",     "telephone",     "television", "tiger",        "tractor",
    "train",    "trout",         "tulip",      "turtle",       "wardrobe",
    "whale",    "willow_tree",   "wolf",       "woman",        "worm"};

/// Replaces each line's end by a zero and notes where lines begin; returns how
/// many there are. `lines` has room for `most`.
static uint32_t split(char *text, size_t bytes, uint32_t most,
                      const char **lines) {
  uint32_t count = 0;
  for (char *line = text, *end = text + bytes; line < end; ++count) {
    char *stop = memchr(line, '\n', (size_t)(end - line));
    if (!stop)
      stop = end;
    if (count < most)
      lines[count] = line;
    *stop = 0;
    if (stop > line && stop[-1] == '\r')
      stop[-1] = 0;
    line = stop + 1;
  }
  return count;
}

static bool fail_reading(const char *path, FILE *file, deit_error *error) {
  int code = errno;
  if (file)
    fclose(file);
  return deit_fail(error, "cannot read the names of classes in %s: %s", path,
                   strerror(code));
}

static bool read_text(const char *path, char **text, size_t *bytes,
                      deit_error *error) {
  enum { MOST_BYTES = 16 << 20 };
  FILE *file = fopen(path, "rb");
  if (!file)
    return fail_reading(path, file, error);
  *text = malloc(MOST_BYTES + 1); // touched as far as the file goes
  if (!*text)
    return fail_reading(path, file, error);
  *bytes = fread(*text, 1, MOST_BYTES, file);
  if (ferror(file))
    return fail_reading(path, file, error);
  bool is_whole = feof(file) || fgetc(file) == EOF;
  fclose(file);
  return is_whole || deit_fail(error,
                               "%s is longer than names of classes are; give "
                               "a file of one name a line",
                               path);
}

/// Takes `bytes` of `classes->text` apart.
static bool take_names(deit_classes *classes, size_t bytes, uint32_t count,
                       deit_error *error) {
  classes->owned = (const char **)malloc(count * sizeof *classes->owned);
  if (!classes->owned || !classes->text)
    return deit_fail(error, "there is not enough memory for %u names", count);
  uint32_t lines = split(classes->text, bytes, count, classes->owned);
  classes->names = classes->owned;
  return lines == count ||
         deit_fail(error,
                   "%s has %u lines, but the model has %u classes; give one "
                   "name a line, in the order of training",
                   classes->source, lines, count);
}

bool deit_classes_split(deit_classes *classes, const char *text, uint32_t count,
                        deit_error *error) {
  *classes = (deit_classes){.source = "the model's list of names"};
  classes->text = strdup(text);
  return take_names(classes, strlen(text), count, error);
}

bool deit_classes_read(deit_classes *classes, const char *path, uint32_t count,
                       deit_error *error) {
  size_t bytes = 0;
  *classes = (deit_classes){.source = path};
  return read_text(path, &classes->text, &bytes, error) &&
         take_names(classes, bytes, count, error);
}

void deit_classes_default(deit_classes *classes, uint32_t count) {
  *classes = (deit_classes){0};
  if (count == sizeof cifar10 / sizeof *cifar10)
    *classes = (deit_classes){.names = cifar10, .source = "CIFAR-10"};
  else if (count == sizeof cifar100 / sizeof *cifar100)
    *classes = (deit_classes){.names = cifar100, .source = "CIFAR-100"};
}

void deit_classes_free(deit_classes *classes) {
  free((void *)classes->owned);
  free(classes->text);
  *classes = (deit_classes){0};
}
