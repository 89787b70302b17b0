// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures a compiled model, or its blocks' linear layers, turn by turn.
//
// usage: bench-compiled LIBRARY TARGET THREADS model|linear
//        bench-compiled LIBRARY targets
//
// The second form prints the targets of the library that this CPU runs.

#include "Library.h"

#include <cstring>
#include <map>

using namespace deit::bench;

namespace {

/// Steps that are measured together.
struct Part {
  std::vector<size_t> steps;
  int64_t macs = 0;
  int64_t layers = 0;
};

/// The block that a step belongs to, "blocks.3" of "blocks.3.mlp.fc1"; empty
/// where it belongs to none.
std::string blockOf(const std::string &name) {
  if (name.rfind("blocks.", 0) != 0)
    return "";
  return name.substr(0, name.find('.', std::strlen("blocks.")));
}

/// The linear layers of the blocks that compute all tokens: the last block of
/// most programs computes the class token alone.
Part findLinear(const Model &model) {
  std::map<std::string, Part> blocks;
  int64_t most = 0;
  for (size_t i = 0; i < model.steps.size(); ++i) {
    std::string block = blockOf(model.steps[i].name);
    if (block.empty() || std::strcmp(model.steps[i].kind, "gemm") != 0)
      continue;
    Part &part = blocks[block];
    part.steps.push_back(i);
    part.macs += model.steps[i].macs;
    most = std::max(most, part.macs);
  }
  Part all;
  for (const auto &[name, part] : blocks) {
    if (part.macs != most)
      continue;
    all.steps.insert(all.steps.end(), part.steps.begin(), part.steps.end());
    all.macs += part.macs;
    all.layers += 4; // qkv, proj, fc1, fc2
  }
  return all;
}

Part findAll(const Model &model) {
  Part all;
  for (const deit_step_info &step : model.steps)
    all.macs += step.macs;
  return all;
}

double measureLinear(Model &model, const Part &part) {
  model.runMeasured();
  int64_t nanoseconds = 0;
  for (size_t step : part.steps)
    nanoseconds += model.times[step];
  return double(nanoseconds) / 1e6;
}

} // namespace

int main(int argc, char **argv) {
  bool list = argc == 3 && std::strcmp(argv[2], "targets") == 0;
  if (!list && argc != 5)
    fail("usage: bench-compiled LIBRARY TARGET THREADS model|linear, or "
         "LIBRARY targets");
  Library library(argv[1]);
  if (list) {
    for (const std::string &target : library.runnableTargets())
      std::printf("%s\n", target.c_str());
    return 0;
  }
  Model model(library, argv[2], unsigned(positive(argv[3], "THREADS")));
  bool linear = std::strcmp(argv[4], "linear") == 0;
  if (!linear && std::strcmp(argv[4], "model") != 0)
    fail(std::string("measure 'model' or 'linear', not '") + argv[4] + "'");
  Part part = linear ? findLinear(model) : findAll(model);
  std::string facts = "\"macs\": " + std::to_string(part.macs) +
                      ", \"layers\": " + std::to_string(part.layers);
  auto run = [&] {
    return linear ? measureLinear(model, part) : timeOf([&] { model.run(); });
  };
  takeTurns(facts, run, [&] { return model.peak(); });
  return 0;
}
