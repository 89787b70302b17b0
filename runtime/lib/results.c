// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Prints results.

#include "deit_json.h"
#include "deit_results.h"
#include "deit_score.h"

double deit_percent(const deit_results *results, int64_t count) {
  return 100.0 * (double)count / (double)results->images;
}

static int64_t score(const deit_backend *backend, const deit_results *results) {
  return deit_course_score(backend->model_bytes,
                           deit_percent(results, results->top1));
}

void deit_results_print(FILE *file, const deit_backend *backend,
                        const deit_results *results) {
  fprintf(file, "model          %s for %s, %u thread%s\n", backend->name,
          backend->target, backend->threads, backend->threads == 1 ? "" : "s");
  fprintf(file, "images         %lld", (long long)results->images);
  if (backend->batch > 1)
    fprintf(file, ", %u at once", backend->batch);
  fputc('\n', file);
  fprintf(file, "top-1          %.2f %%\n",
          deit_percent(results, results->top1));
  fprintf(file, "top-5          %.2f %%\n",
          deit_percent(results, results->top5));
  if (backend->model_bytes > 0)
    fprintf(file, "stored size    %.3f MB\n",
            (double)backend->model_bytes / 1e6);
  if (backend->code_bytes > 0)
    fprintf(file, "code           %.1f kB\n",
            (double)backend->code_bytes / 1e3);
  fprintf(file, "latency        %.3f ms median, %.3f ms minimum, an image\n",
          results->latency_median_ms, results->latency_minimum_ms);
  fprintf(file, "resizing       %.3f ms median, an image\n",
          results->resize_median_ms);
  fprintf(file, "loading        %.1f ms\n", backend->load_ms);
  if (backend->model_bytes > 0)
    fprintf(file, "course score   %lld\n", (long long)score(backend, results));
  if (results->profile)
    deit_profile_print(file, results->profile);
}

static void write_latency(deit_json *json, const deit_results *results) {
  deit_json_begin(json, "latency_ms");
  deit_json_real(json, "median", results->latency_median_ms);
  deit_json_real(json, "min", results->latency_minimum_ms);
  deit_json_end(json);
  deit_json_begin(json, "resize_ms");
  deit_json_real(json, "median", results->resize_median_ms);
  deit_json_end(json);
}

void deit_results_write_json(FILE *file, const deit_backend *backend,
                             const deit_results *results) {
  deit_json json = {.file = file};
  deit_json_begin(&json, NULL);
  deit_json_string(&json, "model", backend->name);
  deit_json_string(&json, "target", backend->target);
  deit_json_integer(&json, "threads", backend->threads);
  deit_json_integer(&json, "batch", backend->batch);
  deit_json_integer(&json, "images", results->images);
  deit_json_real(&json, "top1", deit_percent(results, results->top1));
  deit_json_real(&json, "top5", deit_percent(results, results->top5));
  deit_json_integer(&json, "model_bytes", (int64_t)backend->model_bytes);
  deit_json_integer(&json, "code_bytes", (int64_t)backend->code_bytes);
  if (backend->model_bytes > 0)
    deit_json_integer(&json, "score", score(backend, results));
  else
    deit_json_string(&json, "score", NULL);
  write_latency(&json, results);
  deit_json_real(&json, "load_ms", backend->load_ms);
  deit_json_string(&json, "logits_sha256",
                   results->logits_sha256[0] ? results->logits_sha256 : NULL);
  if (results->profile)
    deit_profile_write_json(&json, results->profile);
  deit_json_end(&json);
}
