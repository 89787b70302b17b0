// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The evaluation: read, resize, infer, count.

#include "deit_cifar.h"
#include "deit_classify.h"
#include "deit_clock.h"
#include "deit_evaluate.h"
#include "deit_output.h"
#include "deit_resize.h"
#include "deit_results.h"
#include "deit_score.h"
#include "deit_sha256.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Everything one evaluation holds; `close_run` releases it.
typedef struct {
  const char *program;
  const deit_evaluate_options *options;
  const deit_backend *backend;
  deit_error *error;

  deit_cifar cifar;
  deit_resizer *resizer;
  deit_output json, logits_file;
  deit_sha256 hash;
  size_t image_bytes, logit_bytes; ///< of one image
  uint8_t *images;                 ///< a batch of them, resized
  uint8_t *logits;                 ///< of a batch
  uint32_t *labels;                ///< of a batch
  double *latencies, *resizings;   ///< of every image, in milliseconds

  int64_t total;                ///< images to evaluate
  int64_t start, next_progress; ///< nanoseconds
  deit_results results;
} evaluation;

static double milliseconds(int64_t nanoseconds) {
  return (double)nanoseconds / 1e6;
}

static void *allocate(int64_t count, size_t bytes) {
  size_t size;
  if (__builtin_mul_overflow((size_t)count, bytes, &size))
    return NULL;
  return malloc(size);
}

static bool allocate_buffers(evaluation *run) {
  const deit_backend *backend = run->backend;
  run->image_bytes = (size_t)backend->image_height * backend->image_width * 3;
  run->logit_bytes = (size_t)backend->classes * 4; // int32_t or float
  run->images = calloc(backend->batch, run->image_bytes);
  run->logits = allocate(backend->batch, run->logit_bytes);
  run->labels = allocate(backend->batch, sizeof *run->labels);
  run->latencies = allocate(run->total, sizeof *run->latencies);
  run->resizings = allocate(run->total, sizeof *run->resizings);
  run->resizer =
      deit_resizer_create(backend->filter, DEIT_CIFAR_SIDE, DEIT_CIFAR_SIDE,
                          backend->image_width, backend->image_height);
  return (run->images && run->logits && run->labels && run->latencies &&
          run->resizings && run->resizer) ||
         deit_fail(run->error,
                   "there is not enough memory to evaluate %lld "
                   "images; lower --limit",
                   (long long)run->total);
}

static bool open_images(evaluation *run) {
  const deit_evaluate_options *options = run->options;
  if (!options->data)
    return deit_fail(run->error, "there are no images to evaluate; pass "
                                 "--data FILE, a CIFAR-10 or CIFAR-100 file of "
                                 "the binary version, or --image FILE, a "
                                 "picture to classify");
  if (options->classes || options->crop)
    return deit_fail(run->error, "--classes and --crop are of one picture; "
                                 "pass it with --image FILE, or leave them "
                                 "out");
  if (!deit_cifar_open(&run->cifar, options->data, options->format,
                       run->backend->classes, run->error))
    return false;
  run->total = run->cifar.count;
  if (options->limit > 0 && options->limit < run->total)
    run->total = options->limit;
  if (!options->quiet && (uint32_t)run->cifar.format != run->backend->classes)
    fprintf(stderr,
            "%s: warning: the images are CIFAR-%d's, but the model "
            "has %u classes\n",
            run->program, run->cifar.format, run->backend->classes);
  return true;
}

static bool json_is_file(const evaluation *run) {
  return run->options->json && strcmp(run->options->json, "-") != 0;
}

/// Opened before the work starts: nobody waits an hour for a wrong path.
static bool open_outputs(evaluation *run) {
  const deit_evaluate_options *options = run->options;
  if (options->json && options->logits &&
      !strcmp(options->json, options->logits))
    return deit_fail(run->error,
                     "--json and --logits both name %s; give two files",
                     options->json);
  return (!json_is_file(run) ||
          deit_output_open(&run->json, options->json, run->error)) &&
         (!options->logits ||
          deit_output_open(&run->logits_file, options->logits, run->error));
}

static bool read_batch(evaluation *run, unsigned count) {
  uint8_t image[DEIT_CIFAR_IMAGE_BYTES];
  for (unsigned i = 0; i < count; ++i) {
    if (!deit_cifar_read(&run->cifar, image, &run->labels[i], run->error))
      return false;
    int64_t start = deit_nanoseconds();
    deit_resize(run->resizer, image, run->images + i * run->image_bytes);
    run->resizings[run->results.images + i] =
        milliseconds(deit_nanoseconds() - start);
  }
  return true;
}

static bool infer_batch(evaluation *run, unsigned count) {
  int64_t *times =
      run->results.profile ? deit_profile_next(run->results.profile) : NULL;
  int64_t start = deit_nanoseconds();
  const deit_backend *backend = run->backend;
  const char *failure =
      run->results.profile
          ? backend->infer_measured(backend->self, run->images, run->logits,
                                    times)
          : backend->infer(backend->self, run->images, count, run->logits);
  if (failure)
    return deit_fail(run->error, "cannot run %s on image %lld: %s",
                     backend->name, (long long)run->results.images, failure);
  double latency = milliseconds(deit_nanoseconds() - start) / count;
  for (unsigned i = 0; i < count; ++i)
    run->latencies[run->results.images + i] = latency;
  return true;
}

static bool count_batch(evaluation *run, unsigned count) {
  const deit_backend *backend = run->backend;
  for (unsigned i = 0; i < count; ++i) {
    uint32_t rank =
        deit_rank(run->logits + i * run->logit_bytes, backend->is_float,
                  backend->classes, run->labels[i]);
    run->results.top1 += rank < 1;
    run->results.top5 += rank < 5;
  }
  run->results.images += count;
  deit_sha256_add(&run->hash, run->logits, count * run->logit_bytes);
  return !run->logits_file.file ||
         deit_output_write(&run->logits_file, run->logits,
                           count * run->logit_bytes, run->error);
}

/// A line on the terminal that is written over and over, five times a second.
static void show_progress(evaluation *run) {
  int64_t now = deit_nanoseconds(), done = run->results.images;
  if (run->options->quiet || now < run->next_progress || !isatty(2))
    return;
  run->next_progress = now + 200 * 1000 * 1000;
  double seconds = (double)(now - run->start) / 1e9;
  double rate = (double)done / seconds;
  int64_t left = (int64_t)((double)(run->total - done) / rate);
  fprintf(stderr,
          "\r%3.0f %%, %lld of %lld, %.1f images/s, %lld:%02lld left\033[K",
          100.0 * (double)done / (double)run->total, (long long)done,
          (long long)run->total, rate, (long long)(left / 60),
          (long long)(left % 60));
}

static void clear_progress(const evaluation *run) {
  if (run->next_progress > 0)
    fputs("\r\033[K", stderr);
}

static bool run_batches(evaluation *run) {
  run->start = deit_nanoseconds();
  while (run->results.images < run->total) {
    int64_t left = run->total - run->results.images;
    unsigned batch = run->backend->batch;
    unsigned count = left < batch ? (unsigned)left : batch;
    if (!read_batch(run, count) || !infer_batch(run, count) ||
        !count_batch(run, count))
      return false;
    show_progress(run);
  }
  return true;
}

static void finish_results(evaluation *run) {
  deit_results *results = &run->results;
  if (results->profile)
    deit_profile_finish(results->profile);
  size_t count = (size_t)results->images;
  results->latency_median_ms = deit_median(run->latencies, count);
  results->latency_minimum_ms = run->latencies[0]; // sorted by now
  results->resize_median_ms = deit_median(run->resizings, count);
  if (!run->backend->is_float)
    deit_sha256_end(&run->hash, results->logits_sha256);
}

static bool print_results(evaluation *run) {
  bool json_only = run->options->json && !json_is_file(run);
  if (json_only)
    deit_results_write_json(stdout, run->backend, &run->results);
  else if (!run->options->quiet)
    deit_results_print(stdout, run->backend, &run->results);
  return (fflush(stdout) == 0 && !ferror(stdout)) ||
         deit_fail(run->error, "cannot write to standard output: %s",
                   strerror(errno));
}

static bool write_results(evaluation *run) {
  if (run->json.file)
    deit_results_write_json(run->json.file, run->backend, &run->results);
  return (!run->logits_file.file ||
          deit_output_commit(&run->logits_file, run->error)) &&
         (!run->json.file || deit_output_commit(&run->json, run->error)) &&
         print_results(run);
}

static bool open_profile(evaluation *run) {
  if (!run->options->profile)
    return true;
  unsigned batch = run->backend->batch;
  int64_t runs = (run->total + batch - 1) / batch;
  run->results.profile = deit_profile_create(run->backend, runs, run->error);
  return run->results.profile;
}

static bool evaluate(evaluation *run) {
  deit_sha256_begin(&run->hash);
  if (!open_images(run) || !open_profile(run) || !allocate_buffers(run) ||
      !open_outputs(run))
    return false;
  bool finished = run_batches(run);
  clear_progress(run);
  if (!finished)
    return false;
  finish_results(run);
  return write_results(run);
}

static void close_run(evaluation *run) {
  deit_output_abandon(&run->json);
  deit_output_abandon(&run->logits_file);
  deit_profile_free(run->results.profile);
  deit_resizer_free(run->resizer);
  deit_cifar_close(&run->cifar);
  free(run->images);
  free(run->logits);
  free(run->labels);
  free(run->latencies);
  free(run->resizings);
}

int deit_evaluate(const char *program, const deit_evaluate_options *options,
                  const deit_backend *backend) {
  deit_error error;
  evaluation run = {.program = program,
                    .options = options,
                    .backend = backend,
                    .error = &error};
  bool succeeded =
      options->image ? deit_classify(options, backend, &error) : evaluate(&run);
  close_run(&run);
  if (!succeeded)
    fprintf(stderr, "%s: error: %s\n", program, error.text);
  return succeeded ? 0 : 1;
}
