// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Profiles: medians of every step's times, sums of them by kind.

#include "deit_profile.h"
#include "deit_score.h"

#include <stdlib.h>
#include <string.h>

// More runs than these do not make a median better.
enum { MOST_RUNS = 1000 };
enum { RUNS_PER_PEAK = 4 };

/// A step, a kind of step or the whole: time of a batch and what it does.
typedef struct {
  const char *name, *kind;
  int64_t steps, macs;
  double milliseconds;
} entry;

struct deit_profile {
  const deit_backend *backend;
  int64_t step_count, kind_count;
  int64_t runs, capacity;
  int64_t *times; ///< [capacity + 1][step_count]; the last row is for the rest
  double *peaks;  ///< of every few runs, multiply-accumulates a second
  int64_t peak_count;
  entry *steps, *kinds, total;
  double peak;
};

static bool allocate(deit_profile *profile) {
  size_t steps = (size_t)profile->step_count;
  size_t rows = (size_t)profile->capacity + 1;
  profile->times = calloc(rows * steps, sizeof *profile->times);
  profile->peaks = calloc(rows, sizeof *profile->peaks);
  profile->steps = calloc(steps, sizeof *profile->steps);
  profile->kinds = calloc(steps, sizeof *profile->kinds);
  return profile->times && profile->peaks && profile->steps && profile->kinds;
}

deit_profile *deit_profile_create(const deit_backend *backend, int64_t runs,
                                  deit_error *error) {
  if (backend->step_count < 1) {
    deit_fail(error,
              "--profile needs a compiled model; %s has no steps to time",
              backend->name);
    return NULL;
  }
  deit_profile *profile = calloc(1, sizeof *profile);
  if (profile) {
    profile->backend = backend;
    profile->step_count = backend->step_count;
    profile->capacity = runs < MOST_RUNS ? runs : MOST_RUNS;
  }
  if (!profile || !allocate(profile)) {
    deit_profile_free(profile);
    deit_fail(error, "there is not enough memory for the profile");
    return NULL;
  }
  return profile;
}

void deit_profile_free(deit_profile *profile) {
  if (!profile)
    return;
  free(profile->times);
  free(profile->peaks);
  free(profile->steps);
  free(profile->kinds);
  free(profile);
}

int64_t *deit_profile_next(deit_profile *profile) {
  if (profile->runs % RUNS_PER_PEAK == 0 && profile->runs < profile->capacity)
    profile->peaks[profile->peak_count++] =
        profile->backend->measure_peak(profile->backend->self);
  int64_t row = profile->runs;
  if (profile->runs < profile->capacity)
    ++profile->runs;
  return profile->times + row * profile->step_count;
}

static void add(entry *sum, const entry *step) {
  sum->steps += 1;
  sum->macs += step->macs;
  sum->milliseconds += step->milliseconds;
}

static entry *find_kind(deit_profile *profile, const char *kind) {
  int64_t i = 0;
  while (i < profile->kind_count && strcmp(profile->kinds[i].kind, kind) != 0)
    ++i;
  if (i == profile->kind_count)
    profile->kinds[profile->kind_count++].kind = kind;
  return &profile->kinds[i];
}

static int compare_times(const void *left, const void *right) {
  double a = ((const entry *)left)->milliseconds;
  double b = ((const entry *)right)->milliseconds;
  return (a < b) - (a > b);
}

/// Times are of one image, as latencies are.
static void finish_step(deit_profile *profile, int64_t index, double *scratch) {
  unsigned batch = profile->backend->batch;
  deit_step_info info;
  profile->backend->describe_step(profile->backend->self, index, &info);
  for (int64_t run = 0; run < profile->runs; ++run)
    scratch[run] =
        (double)profile->times[run * profile->step_count + index] / 1e6;
  profile->steps[index] =
      (entry){info.name, info.kind, 1, info.macs / batch,
              deit_median(scratch, (size_t)profile->runs) / batch};
  add(find_kind(profile, info.kind), &profile->steps[index]);
  add(&profile->total, &profile->steps[index]);
}

void deit_profile_finish(deit_profile *profile) {
  double *scratch = malloc((size_t)profile->capacity * sizeof *scratch);
  if (!scratch)
    return; // all times stay 0
  for (int64_t i = 0; i < profile->step_count; ++i)
    finish_step(profile, i, scratch);
  free(scratch);
  profile->peak = deit_median(profile->peaks, (size_t)profile->peak_count);
  qsort(profile->kinds, (size_t)profile->kind_count, sizeof *profile->kinds,
        compare_times);
}

/// Multiply-accumulates a second, in billions.
static double speed(const entry *each) {
  return each->milliseconds > 0 ? (double)each->macs / each->milliseconds / 1e6
                                : 0;
}

static double share(const deit_profile *profile, const entry *each) {
  return 100 * each->milliseconds / profile->total.milliseconds;
}

static double of_peak(const deit_profile *profile, const entry *each) {
  return profile->peak > 0 ? 100 * speed(each) * 1e9 / profile->peak : 0;
}

static void print_entry(FILE *file, const deit_profile *profile,
                        const entry *each) {
  fprintf(file, "%10.4f %6.1f %%", each->milliseconds, share(profile, each));
  if (each->macs > 0)
    fprintf(file, "%11.3f %8.1f %6.1f %%", (double)each->macs / 1e6,
            speed(each), of_peak(profile, each));
  fputc('\n', file);
}

static void print_heading(FILE *file, const char *first, const char *second) {
  fprintf(file, "\n%-32s %-10s%10s %8s%11s %8s %8s\n", first, second, "ms",
          "share", "MMAC", "GMAC/s", "of peak");
}

void deit_profile_print(FILE *file, const deit_profile *profile) {
  fprintf(file,
          "\nThe time of an image, median of %lld runs. The peak, dot products "
          "on registers\nalone, is %.1f GMAC/s on %u thread%s.\n",
          (long long)profile->runs, profile->peak / 1e9,
          profile->backend->threads, profile->backend->threads == 1 ? "" : "s");
  print_heading(file, "kind", "steps");
  for (int64_t i = 0; i < profile->kind_count; ++i) {
    fprintf(file, "%-32s %-10lld", profile->kinds[i].kind,
            (long long)profile->kinds[i].steps);
    print_entry(file, profile, &profile->kinds[i]);
  }
  fprintf(file, "%-32s %-10lld", "all", (long long)profile->total.steps);
  print_entry(file, profile, &profile->total);
  print_heading(file, "module", "kind");
  for (int64_t i = 0; i < profile->step_count; ++i) {
    fprintf(file, "%-32s %-10s", profile->steps[i].name,
            profile->steps[i].kind);
    print_entry(file, profile, &profile->steps[i]);
  }
}

/// As a member, or as an element of a list where `key` is null.
static void write_entry(deit_json *json, const char *key,
                        const deit_profile *profile, const entry *each) {
  deit_json_begin(json, key);
  if (each->name)
    deit_json_string(json, "module", each->name);
  if (each->kind)
    deit_json_string(json, "kind", each->kind);
  deit_json_integer(json, "steps", each->steps);
  deit_json_real(json, "ms", each->milliseconds);
  deit_json_real(json, "share_percent", share(profile, each));
  deit_json_integer(json, "macs", each->macs);
  deit_json_real(json, "gmac_per_s", speed(each));
  deit_json_real(json, "peak_percent", of_peak(profile, each));
  deit_json_end(json);
}

void deit_profile_write_json(deit_json *json, const deit_profile *profile) {
  deit_json_begin(json, "profile");
  deit_json_integer(json, "runs", profile->runs);
  deit_json_real(json, "peak_gmac_per_s", profile->peak / 1e9);
  write_entry(json, "all", profile, &profile->total);
  deit_json_begin_list(json, "kinds");
  for (int64_t i = 0; i < profile->kind_count; ++i)
    write_entry(json, NULL, profile, &profile->kinds[i]);
  deit_json_end_list(json);
  deit_json_begin_list(json, "steps");
  for (int64_t i = 0; i < profile->step_count; ++i)
    write_entry(json, NULL, profile, &profile->steps[i]);
  deit_json_end_list(json);
  deit_json_end(json);
}
