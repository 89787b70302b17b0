// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Facts about the compiled program, before anything is loaded.

// These functions are an embedder's library's interface; the rest is hidden.
#pragma GCC visibility push(default)
#include "deit_model.h"
#pragma GCC visibility pop

#include "deit_abi.h"
#include "deit_cpu.h"

#include <pthread.h>

// The linker marks the ends of the section that holds generated code.
extern const char __start_deit_code[]
    __attribute__((weak, visibility("hidden")));
extern const char __stop_deit_code[]
    __attribute__((weak, visibility("hidden")));

static deit_info info;
static char missing_features[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void describe_program(void) {
  info.name = deit_program.name;
  info.target = deit_program.target;
  info.image_height = (uint32_t)deit_program.image_height;
  info.image_width = (uint32_t)deit_program.image_width;
  info.classes = (uint32_t)deit_program.classes;
  info.logit_scale = deit_program.logit_scale;
  info.container_bytes = (uint64_t)deit_program.container_bytes;
  info.code_bytes = (uint64_t)(__stop_deit_code - __start_deit_code);
  deit_feature_names(deit_program.features & ~deit_cpu_features(),
                     missing_features, sizeof missing_features);
}

const deit_info *deit_describe(void) {
  pthread_once(&once, describe_program);
  return &info;
}

const char *deit_missing_features(void) {
  pthread_once(&once, describe_program);
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
