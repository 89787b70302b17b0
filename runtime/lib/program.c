// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses among the compiled programs, and tells facts about the chosen one
// before anything is loaded.

// These functions are an embedder's library's interface; the rest is hidden.
#pragma GCC visibility push(default)
#include "deit_model.h"
#pragma GCC visibility pop

#include "deit_cpu.h"
#include "deit_program.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

// The linker marks the ends of the section that holds generated code.
extern const char __start_deit_code[]
    __attribute__((weak, visibility("hidden")));
extern const char __stop_deit_code[]
    __attribute__((weak, visibility("hidden")));

static const deit_program_t *chosen;
static deit_info info;
static char targets[256];
static char missing_features[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int64_t lacking(const deit_program_t *program) {
  return program->features & ~deit_cpu_features();
}

/// The first program that runs here, else the last: it asks for the least.
static const deit_program_t *best_program(void) {
  const deit_program_t *const *each = deit_programs;
  while (lacking(*each) && each[1])
    ++each;
  return *each;
}

static void list_targets(void) {
  size_t used = 0;
  for (const deit_program_t *const *each = deit_programs;
       *each && used < sizeof targets; ++each)
    used += (size_t)snprintf(targets + used, sizeof targets - used, "%s%s",
                             used > 0 ? ", " : "", (*each)->target);
}

static void choose(const deit_program_t *program) {
  chosen = program;
  info.name = program->name;
  info.target = program->target;
  info.targets = targets;
  info.batch = (uint32_t)program->batch;
  info.image_height = (uint32_t)program->image_height;
  info.image_width = (uint32_t)program->image_width;
  info.classes = (uint32_t)program->classes;
  info.logit_scale = program->logit_scale;
  info.class_names = program->class_names;
  info.bilinear = program->bilinear != 0;
  info.container_bytes = (uint64_t)program->container_bytes;
  info.code_bytes =
      (uint64_t)((uintptr_t)__stop_deit_code - (uintptr_t)__start_deit_code);
  deit_feature_names(lacking(program), missing_features,
                     sizeof missing_features);
}

static void choose_best(void) {
  list_targets();
  choose(best_program());
}

const deit_program_t *deit_chosen_program(void) {
  pthread_once(&once, choose_best);
  return chosen;
}

deit_status deit_choose_target(const char *target) {
  pthread_once(&once, choose_best);
  if (!target) {
    choose(best_program());
    return DEIT_OK;
  }
  for (const deit_program_t *const *each = deit_programs; *each; ++each)
    if (!strcmp((*each)->target, target)) {
      choose(*each);
      return lacking(*each) ? DEIT_ERROR_CPU : DEIT_OK;
    }
  return DEIT_ERROR_ARGUMENT;
}

const deit_info *deit_describe(void) {
  pthread_once(&once, choose_best);
  return &info;
}

const char *deit_missing_features(void) {
  pthread_once(&once, choose_best);
  return missing_features;
}

const char *deit_status_text(deit_status status) {
  switch (status) {
  case DEIT_OK:
    return "all is well";
  case DEIT_ERROR_ARGUMENT:
    return "an argument is null or out of range";
  case DEIT_ERROR_CPU:
    return "this CPU lacks instructions the model was compiled to use; "
           "deit_missing_features names them";
  case DEIT_ERROR_CONTAINER:
    return "the weights are damaged or belong to another model";
  case DEIT_ERROR_MEMORY:
    return "there is not enough memory for the model";
  case DEIT_ERROR_THREADS:
    return "the system refused to start a thread; ask for fewer";
  case DEIT_ERROR_VERSION:
    return "the model was compiled for another version of this runtime; "
           "compile it again";
  }
  return "an unknown status";
}
