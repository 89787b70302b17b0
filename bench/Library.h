// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiled model, loaded from its shared library.

#ifndef DEIT_BENCH_LIBRARY_H
#define DEIT_BENCH_LIBRARY_H

#include "Turns.h"
#include "deit_model.h"

#include <algorithm>
#include <cstdint>
#include <dlfcn.h>
#include <string>
#include <vector>

namespace deit::bench {

/// The functions of deit_model.h, from the library at `path`. The program ends
/// where something is missing.
class Library {
public:
  explicit Library(const std::string &path) : path(path) {
    // With no slash in it, a name would be searched for among the system's.
    bool bare = path.find('/') == std::string::npos;
    handle = dlopen((bare ? "./" + path : path).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle)
      fail(path + ": cannot be loaded as a shared library: " + dlerror());
    find("deit_describe", describe);
    find("deit_choose_target", chooseTarget);
    find("deit_status_text", statusText);
    find("deit_load", load);
    find("deit_set_threads", setThreads);
    find("deit_run", run);
    find("deit_run_measured", runMeasured);
    find("deit_step_count", stepCount);
    find("deit_describe_step", describeStep);
    find("deit_measure_peak", measurePeak);
    find("deit_free", free);
  }

  /// Ends the program unless `status` is DEIT_OK.
  void check(deit_status status) const {
    if (status != DEIT_OK)
      fail(path + ": " + statusText(status));
  }

  /// The targets in it that this CPU runs, the fastest first.
  std::vector<std::string> runnableTargets() const {
    std::vector<std::string> found;
    std::string targets = describe()->targets;
    for (size_t begin = 0; begin < targets.size();) {
      size_t end = std::min(targets.find(", ", begin), targets.size());
      found.push_back(targets.substr(begin, end - begin));
      if (chooseTarget(found.back().c_str()) != DEIT_OK)
        found.pop_back();
      begin = end + 2;
    }
    return found;
  }

  std::string path;
  decltype(&deit_describe) describe;
  decltype(&deit_choose_target) chooseTarget;
  decltype(&deit_status_text) statusText;
  decltype(&deit_load) load;
  decltype(&deit_set_threads) setThreads;
  decltype(&deit_run) run;
  decltype(&deit_run_measured) runMeasured;
  decltype(&deit_step_count) stepCount;
  decltype(&deit_describe_step) describeStep;
  decltype(&deit_measure_peak) measurePeak;
  decltype(&deit_free) free;

private:
  template <typename Function>
  void find(const char *name, Function &function) {
    function = reinterpret_cast<Function>(dlsym(handle, name));
    if (!function)
      fail(path + ": has no " + name +
           "; give what deit-compile --emit=so wrote");
  }

  void *handle;
};

/// A model of a library, with pictures of noise and room for the results.
class Model {
public:
  /// Loads the kernels for `target` on `threads` threads.
  Model(Library &library, const char *target, unsigned threads)
      : library(library) {
    library.check(library.chooseTarget(target));
    library.check(library.load(nullptr, 0, &model));
    library.check(library.setThreads(model, threads));
    const deit_info *info = library.describe();
    images.resize(size_t(info->batch) * info->image_height * info->image_width *
                  3);
    logits.resize(size_t(info->batch) * info->classes);
    uint32_t state = 1;
    for (uint8_t &value : images)
      value = (state = state * 1664525 + 1013904223) >> 24;
    for (int64_t i = 0, e = library.stepCount(model); i < e; ++i) {
      deit_step_info step;
      library.check(library.describeStep(model, i, &step));
      steps.push_back(step);
    }
    times.resize(steps.size());
  }

  ~Model() { library.free(model); }
  Model(const Model &) = delete;
  Model &operator=(const Model &) = delete;

  /// One run on the batch.
  void run() {
    library.check(library.run(model, images.data(), logits.data()));
  }

  /// One run on the batch, that leaves the steps' times in `times`.
  void runMeasured() {
    library.check(
        library.runMeasured(model, images.data(), logits.data(), times.data()));
  }

  /// The most that the threads can do, multiply-accumulates a second: the best
  /// of five tries, for others can only take from it.
  double peak() {
    double best = 0;
    for (int i = 0; i < 5; ++i)
      best = std::max(best, library.measurePeak(model));
    return best;
  }

  std::vector<deit_step_info> steps;
  std::vector<int64_t> times; ///< nanoseconds

private:
  Library &library;
  deit_model *model = nullptr;
  std::vector<uint8_t> images;
  std::vector<int32_t> logits;
};

} // namespace deit::bench

#endif // DEIT_BENCH_LIBRARY_H
