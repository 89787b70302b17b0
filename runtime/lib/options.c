// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The evaluation's command line.

#include "deit_error.h"
#include "deit_evaluate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef DEIT_VERSION
#define DEIT_VERSION "unversioned"
#endif

enum { MAX_THREADS = 256 };

const char deit_evaluate_help[] =
    "  --data FILE       images: a CIFAR-10 or CIFAR-100 file, binary version\n"
    "  --format FORMAT   the file's layout, cifar10 or cifar100; by default\n"
    "                    its size tells\n"
    "  --limit N         the first N images; by default all\n"
    "  --threads N       threads, 1 to 256; by default one a core\n"
    "  --json FILE       write the results as JSON; '-': to standard output,\n"
    "                    in place of the table\n"
    "  --logits FILE     write the logits, image after image: int32, or\n"
    "                    float32 of a float model, little-endian\n"
    "  --profile         time every step of a compiled model, beside the most\n"
    "                    that the core can do\n"
    "  --image FILE      print the five likeliest classes of a PNG or JPEG\n"
    "                    picture instead, with their probabilities\n"
    "  --classes FILE    the classes' names, one a line; by default "
    "those of\n"
    "                    the checkpoint, else CIFAR-10's or CIFAR-100's where\n"
    "                    the model has so many\n"
    "  --crop SHARE      how much of the picture's shorter side the model "
    "sees,\n"
    "                    0.01 to 1; by default 1\n"
    "  --quiet           no table and no progress\n"
    "  --help            this text\n"
    "  --version         the version\n";

/// A whole number of at most 18 digits and nothing else; -1 if it is not.
static int64_t parse_number(const char *text) {
  int64_t value = 0;
  size_t length = strlen(text);
  if (length == 0 || length > 18)
    return -1;
  for (; *text; ++text) {
    if (*text < '0' || *text > '9')
      return -1;
    value = value * 10 + (*text - '0');
  }
  return value;
}

static bool set_limit(deit_evaluate_options *options, const char *value,
                      deit_error *error) {
  options->limit = parse_number(value);
  if (options->limit == 0)
    return deit_fail(error, "--limit 0 leaves nothing to evaluate; leave "
                            "--limit out to evaluate all images");
  return options->limit > 0 ||
         deit_fail(error,
                   "--limit takes a whole number of images from 1 on, "
                   "not '%s'",
                   value);
}

static bool set_threads(deit_evaluate_options *options, const char *value,
                        deit_error *error) {
  int64_t threads = parse_number(value);
  if (threads < 1 || threads > MAX_THREADS)
    return deit_fail(error,
                     "--threads takes a whole number from 1 to %d, not "
                     "'%s'; leave --threads out to use all cores",
                     MAX_THREADS, value);
  options->threads = (unsigned)threads;
  return true;
}

static bool set_format(deit_evaluate_options *options, const char *value,
                       deit_error *error) {
  options->format = !strcmp(value, "cifar10")    ? 10
                    : !strcmp(value, "cifar100") ? 100
                                                 : 0;
  return options->format ||
         deit_fail(error, "--format is cifar10 or cifar100, not '%s'", value);
}

static bool set_data(deit_evaluate_options *options, const char *value,
                     deit_error *error) {
  options->data = value;
  return true;
}

static bool set_json(deit_evaluate_options *options, const char *value,
                     deit_error *error) {
  options->json = value;
  return true;
}

static bool set_logits(deit_evaluate_options *options, const char *value,
                       deit_error *error) {
  options->logits = value;
  return true;
}

static bool set_image(deit_evaluate_options *options, const char *value,
                      deit_error *error) {
  options->image = value;
  return true;
}

static bool set_classes(deit_evaluate_options *options, const char *value,
                        deit_error *error) {
  options->classes = value;
  return true;
}

static bool set_crop(deit_evaluate_options *options, const char *value,
                     deit_error *error) {
  const double least = 0.01;
  char *end;
  options->crop = strtod(value, &end);
  return (*end == 0 && options->crop >= least && options->crop <= 1) ||
         deit_fail(error, "--crop takes a share from %.2f to 1, not '%s'",
                   least, value);
}

/// An option that takes a value.
typedef struct {
  const char *name;
  bool (*set)(deit_evaluate_options *options, const char *value,
              deit_error *error);
} value_option;

static const value_option value_options[] = {
    {"--data", set_data},   {"--format", set_format},
    {"--limit", set_limit}, {"--threads", set_threads},
    {"--json", set_json},   {"--logits", set_logits},
    {"--image", set_image}, {"--classes", set_classes},
    {"--crop", set_crop},
};

/// The option an argument names, as "--name" or "--name=value".
static const value_option *find_option(const char *argument,
                                       const char **value) {
  for (size_t i = 0; i < sizeof value_options / sizeof *value_options; ++i) {
    size_t length = strlen(value_options[i].name);
    if (strncmp(argument, value_options[i].name, length) != 0)
      continue;
    if (argument[length] != 0 && argument[length] != '=')
      continue;
    *value = argument[length] ? argument + length + 1 : NULL;
    return &value_options[i];
  }
  return NULL;
}

static bool parse_value(const value_option *option, const char *value,
                        deit_evaluate_options *options, deit_error *error) {
  if (!value || !*value)
    return deit_fail(error, "%s needs a value; --help lists the options",
                     option->name);
  return option->set(options, value, error);
}

static const char *base_name(const char *path) {
  const char *slash = path ? strrchr(path, '/') : NULL;
  return slash ? slash + 1 : path ? path : "deit-eval";
}

/// Options that print and exit.
static void answer_question(const char *argument, const char *program) {
  if (!strcmp(argument, "--help") || !strcmp(argument, "-h"))
    printf("usage: %s --data FILE [options]\n\n%s", program,
           deit_evaluate_help);
  else if (!strcmp(argument, "--version"))
    printf("%s (DeiT-MLIR) %s\n", program, DEIT_VERSION);
  else
    return;
  exit(fflush(stdout) == 0 ? 0 : 1);
}

int deit_evaluate_parse(int argc, char **argv, deit_evaluate_options *options,
                        char **rest) {
  const char *program = base_name(argc > 0 ? argv[0] : NULL);
  int left = 0;
  for (int i = 1; i < argc; ++i) {
    const char *value;
    deit_error error;
    answer_question(argv[i], program);
    const value_option *option = find_option(argv[i], &value);
    if (!strcmp(argv[i], "--quiet")) {
      options->quiet = 1;
    } else if (!strcmp(argv[i], "--profile")) {
      options->profile = 1;
    } else if (!option) {
      rest[left++] = argv[i];
    } else {
      if (!value && i + 1 < argc)
        value = argv[++i];
      if (!parse_value(option, value, options, &error)) {
        fprintf(stderr, "%s: error: %s\n", program, error.text);
        exit(1);
      }
    }
  }
  return left;
}
