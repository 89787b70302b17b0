// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Google Benchmark of single kernels: the steps of a compiled network, on every
// target that this CPU runs.
//
// usage: bench-kernels LIBRARY [Google Benchmark's options]
//
// A kernel is measured where it runs, as one step of the whole network, with
// its operands wherever the steps before left them. The benchmark's name is
// TARGET/KIND/MODULE. Beside Google Benchmark's mean there is the median of all
// runs, and what it is of the peak of dot products on registers.

#include "Library.h"

#include <benchmark/benchmark.h>
#include <memory>

using namespace deit::bench;

/// Runs of the network a benchmark. Google Benchmark would choose by the time
/// of the step alone, and run the network for minutes for the smallest ones.
constexpr int64_t kRuns = 200;

static double medianOf(std::vector<double> values) {
  auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Runs the network as often as asked for; the step's time counts.
static void measureStep(benchmark::State &state, const std::string &path,
                        const std::string &target, size_t step) {
  Library library(path);
  Model model(library, target.c_str(), 1);
  std::vector<double> seconds;
  model.runMeasured();
  while (state.KeepRunning()) {
    model.runMeasured();
    seconds.push_back(double(model.times[step]) / 1e9);
    state.SetIterationTime(seconds.back());
  }
  double median = medianOf(seconds);
  state.counters["median_us"] = 1e6 * median;
  double macs = double(model.steps[step].macs);
  if (macs > 0 && median > 0) {
    state.counters["GMAC/s"] = macs / median / 1e9;
    state.counters["%peak"] = 100 * macs / median / model.peak();
  }
}

/// One benchmark for each step of the kernels for `target`.
static void registerSteps(Library &library, const std::string &target) {
  Model model(library, target.c_str(), 1);
  for (size_t i = 0; i < model.steps.size(); ++i) {
    std::string name =
        target + "/" + model.steps[i].kind + "/" + model.steps[i].name;
    benchmark::RegisterBenchmark(
        name.c_str(),
        [path = library.path, target, i](benchmark::State &state) {
          measureStep(state, path, target, i);
        })
        ->Iterations(kRuns)
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
  }
}

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  if (argc != 2 || argv[1][0] == '-')
    fail("usage: bench-kernels LIBRARY [options]; --help lists them");
  Library library(argv[1]);
  for (const std::string &target : library.runnableTargets())
    registerSteps(library, target);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
