// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The static evaluator: one file that carries model, runtime and this.

#include "deit_clock.h"
#include "deit_cpu.h"
#include "deit_error.h"
#include "deit_evaluate.h"
#include "deit_model.h"
#include "deit_program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// The weights: the ones of a file, or null for those the program carries.
typedef struct {
  const char *path;
  void *data;
  size_t bytes;
} weights;

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static void print_help(const char *program) {
  const deit_info *info = deit_describe();
  printf("usage: %s --data FILE [options]\n"
         "       %s --image FILE [--classes FILE]\n\n"
         "Measures accuracy, size and speed of %s (%ux%u pixels, %u classes),\n"
         "compiled for %s, on the images of a CIFAR file, or classifies a\n"
         "picture.\n\n"
         "  --container FILE  weights to use in place of those carried along\n"
         "  --target NAME     run the kernels for one of the CPUs above; by\n"
         "                    default the fastest that this CPU runs\n"
         "%s",
         program, program, info->name, info->image_width, info->image_height,
         info->classes, info->targets, deit_evaluate_help);
}

static bool wants_help(int argc, char **argv) {
  for (int i = 1; i < argc; ++i)
    if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
      return true;
  return false;
}

/// Takes the value of `option` out of `rest` at `*i`, "--option=value" or two
/// arguments. False with an error if it has none; `*value` stays null if this
/// is another option.
static bool take_value(const char *option, int count, char **rest, int *i,
                       const char **value, deit_error *error) {
  const size_t length = strlen(option);
  const char *argument = rest[*i];
  if (strncmp(argument, option, length) != 0)
    return true;
  if (argument[length] == '=' && argument[length + 1])
    *value = argument + length + 1;
  else if (argument[length] == 0 && *i + 1 < count)
    *value = rest[++*i];
  else if (argument[length] == 0 || argument[length] == '=')
    return deit_fail(error, "%s needs a value; --help lists the options",
                     option);
  return true;
}

/// Handles what the common options leave over.
static bool parse_rest(int count, char **rest, weights *weights,
                       const char **target, deit_error *error) {
  for (int i = 0; i < count; ++i) {
    const char *path = NULL, *name = NULL;
    if (!take_value("--container", count, rest, &i, &path, error) ||
        (!path && !take_value("--target", count, rest, &i, &name, error)))
      return false;
    if (path)
      weights->path = path;
    else if (name)
      *target = name;
    else
      return deit_fail(error, "unknown argument '%s'; --help lists the options",
                       rest[i]);
  }
  return true;
}

static bool fail_reading(weights *weights, FILE *file, deit_error *error) {
  int code = errno;
  if (file)
    fclose(file);
  return deit_fail(error, "cannot read the weights in %s: %s", weights->path,
                   strerror(code));
}

static bool read_weights(weights *weights, deit_error *error) {
  FILE *file = fopen(weights->path, "rb");
  size_t capacity = 0;
  if (!file)
    return fail_reading(weights, file, error);
  while (!feof(file)) {
    if (weights->bytes == capacity) {
      capacity = capacity ? capacity * 2 : 1 << 20;
      void *larger = realloc(weights->data, capacity);
      if (!larger)
        return fail_reading(weights, file, error);
      weights->data = larger;
    }
    weights->bytes += fread((char *)weights->data + weights->bytes, 1,
                            capacity - weights->bytes, file);
    if (ferror(file))
      return fail_reading(weights, file, error);
  }
  fclose(file);
  return true;
}

static bool choose_target(const char *target, deit_error *error) {
  return !target || deit_choose_target(target) != DEIT_ERROR_ARGUMENT ||
         deit_fail(error, "this program has no kernels for '%s'; it has: %s",
                   target, deit_describe()->targets);
}

static bool check_cpu(deit_error *error) {
  const char *missing = deit_missing_features();
  return !*missing ||
         deit_fail(error,
                   "this program was compiled for %s and this CPU lacks %s; "
                   "compile the model for this CPU with deit-compile --target",
                   deit_describe()->target, missing);
}

static bool find_weights(weights *weights, deit_error *error) {
  if (weights->path)
    return read_weights(weights, error);
  weights->bytes = deit_describe()->container_bytes;
  return deit_chosen_program()->container ||
         deit_fail(error, "this program carries no weights; pass --container "
                          "FILE, the file that was compiled along with it");
}

static bool load_model(const weights *weights, unsigned threads,
                       deit_model **model, deit_error *error) {
  const char *source = weights->path ? weights->path : "the program's weights";
  deit_status status = deit_load(weights->data, weights->bytes, model);
  if (status == DEIT_OK)
    status = deit_set_threads(*model, threads);
  if (status == DEIT_ERROR_CONTAINER)
    return deit_fail(error,
                     "cannot use %s: %s; copy the file again, or compile the "
                     "model again to get a matching pair",
                     source, deit_status_text(status));
  return status == DEIT_OK ||
         deit_fail(error, "cannot load %s: %s", deit_describe()->name,
                   deit_status_text(status));
}

static const char *infer(void *self, const uint8_t *images, unsigned count,
                         void *logits) {
  (void)count; // a batch is run whole
  deit_status status = deit_run(self, images, logits);
  return status == DEIT_OK ? NULL : deit_status_text(status);
}

static void describe_step(void *self, int64_t index, deit_step_info *info) {
  (void)deit_describe_step(self, index, info);
}

static const char *infer_measured(void *self, const uint8_t *images,
                                  void *logits, int64_t *nanoseconds) {
  deit_status status = deit_run_measured(self, images, logits, nanoseconds);
  return status == DEIT_OK ? NULL : deit_status_text(status);
}

static double measure_peak(void *self) { return deit_measure_peak(self); }

static int run(const char *program, deit_evaluate_options *options,
               weights *weights, const char *target, deit_model **model,
               deit_error *error) {
  if (!choose_target(target, error) || !check_cpu(error) ||
      !find_weights(weights, error))
    return -1;
  unsigned threads = options->threads ? options->threads : deit_core_count();
  int64_t start = deit_nanoseconds();
  if (!load_model(weights, threads, model, error))
    return -1;
  const deit_info *info = deit_describe();
  deit_backend backend = {
      .name = info->name,
      .target = info->target,
      .image_height = info->image_height,
      .image_width = info->image_width,
      .classes = info->classes,
      .logit_scale = info->logit_scale,
      .class_names = info->class_names,
      .filter = info->bilinear ? DEIT_FILTER_BILINEAR : DEIT_FILTER_BICUBIC,
      .model_bytes = weights->bytes,
      .code_bytes = info->code_bytes,
      .load_ms = (double)(deit_nanoseconds() - start) / 1e6,
      .threads = threads,
      .batch = info->batch,
      .self = *model,
      .infer = infer,
      .step_count = deit_step_count(*model),
      .describe_step = describe_step,
      .infer_measured = infer_measured,
      .measure_peak = measure_peak,
  };
  return deit_evaluate(program, options, &backend);
}

int main(int argc, char **argv) {
  const char *program = base_name(argc > 0 ? argv[0] : "evaluator");
  if (wants_help(argc, argv)) {
    print_help(program);
    return fflush(stdout) == 0 ? 0 : 1;
  }
  signal(SIGXFSZ, SIG_IGN); // an error of writing, as a full disk is
  deit_evaluate_options options = {0};
  weights weights = {0};
  const char *target = NULL;
  deit_model *model = NULL;
  deit_error error;
  char **rest = calloc((size_t)argc + 1, sizeof *rest);
  int code = -1;
  if (!rest)
    deit_fail(&error, "there is not enough memory");
  else if (parse_rest(deit_evaluate_parse(argc, argv, &options, rest), rest,
                      &weights, &target, &error))
    code = run(program, &options, &weights, target, &model, &error);
  if (code < 0)
    fprintf(stderr, "%s: error: %s\n", program, error.text);
  deit_free(model);
  free(weights.data);
  free(rest);
  return code < 0 ? 1 : code;
}
