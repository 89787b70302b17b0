// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiled model: a shared library with the interface of deit_model.h.

#ifndef DEIT_TOOLS_DEIT_EVAL_COMPILEDMODEL_H
#define DEIT_TOOLS_DEIT_EVAL_COMPILEDMODEL_H

#include "EvalOptions.h"
#include "deit_evaluate.h"
#include "deit_model.h"

namespace deit {

/// Whether the file at `path` is an ELF file: a library, if a model at all.
bool isCompiledModel(const std::string &path);

/// A loaded library and its model, ready to be measured.
class CompiledModel {
public:
  CompiledModel() = default;
  ~CompiledModel();
  CompiledModel(const CompiledModel &) = delete;
  CompiledModel &operator=(const CompiledModel &) = delete;

  /// Loads the library, checks CPU and weights. A failure does not name the
  /// library.
  Failure open(const ModelOptions &options);

  /// What the runtime's evaluation needs; valid as long as this.
  deit_backend backend();

private:
  /// The functions of deit_model.h, as one library has them.
  struct Functions {
    decltype(&deit_describe) describe;
    decltype(&deit_choose_target) chooseTarget;
    decltype(&deit_missing_features) missingFeatures;
    decltype(&deit_status_text) statusText;
    decltype(&deit_load) load;
    decltype(&deit_set_threads) setThreads;
    decltype(&deit_run) run;
    decltype(&deit_step_count) stepCount;
    decltype(&deit_describe_step) describeStep;
    decltype(&deit_run_measured) runMeasured;
    decltype(&deit_measure_peak) measurePeak;
    decltype(&deit_free) free;
  };

  Failure findFunctions(void *library);
  Failure openLibrary(const std::string &path);
  Failure checkCpu(const ModelOptions &options);
  Failure load(const ModelOptions &options);

  Functions functions = {};
  deit_model *model = nullptr;
  deit_backend facts = {};
};

} // namespace deit

#endif // DEIT_TOOLS_DEIT_EVAL_COMPILEDMODEL_H
