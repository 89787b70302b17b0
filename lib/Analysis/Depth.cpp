// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures errors along a model in which everything is rounded.

#include "Depth.h"
#include "deit/Quant/Measures.h"
#include "deit/Support/Progress.h"

using namespace deit;

/// Whether `module` adds a branch, not a constant.
static bool addsBranch(const AnalyzedModule &module) {
  return isa<AddOp>(module.op) && !module.weights;
}

namespace {

/// What additions compute, in the order of execution.
class Additions {
public:
  explicit Additions(func::FuncOp function) : function(function) {
    for (const AnalyzedModule &module : analyzedModules(function))
      if (addsBranch(module))
        operations.insert(module.op);
  }

  Expected<std::vector<std::vector<float>>>
  run(const Subject &subject, int64_t begin, int64_t count) const {
    std::vector<std::vector<float>> values;
    auto observer = [&](OpResult result, ArrayRef<float> found,
                        ArrayRef<int64_t>) {
      if (operations.contains(result.getOwner()))
        values.push_back(found.vec());
    };
    auto logits = subject.reference->run(
        function, subject.images.slice(begin, count), count, nullptr, observer);
    if (!logits)
      return logits.takeError();
    return values;
  }

private:
  func::FuncOp function;
  llvm::SmallPtrSet<Operation *, 32> operations;
};

} // namespace

Expected<std::vector<DepthPoint>>
deit::measureDepth(const Subject &subject, const PlainRounding &rounding,
                   const QuantizedModel &w8a8, int64_t images) {
  OwningOpRef<ModuleOp> plain =
      rounding.round([](size_t) { return Part::Both; });
  Additions exact(subject.function()),
      models[] = {Additions(forwardOf(*plain)),
                  Additions(forwardOf(*w8a8.module))};
  std::vector<DepthPoint> points;
  for (auto [index, module] : llvm::enumerate(subject.modules))
    if (addsBranch(module))
      points.push_back({index, 0, 0});
  std::vector<NoiseMeter> meters[2] = {std::vector<NoiseMeter>(points.size()),
                                       std::vector<NoiseMeter>(points.size())};
  images = std::min(images, subject.images.count);
  Progress progress("following errors through the model, image", images);
  for (int64_t begin = 0; begin < images; begin += kImagesPerRun) {
    int64_t count = std::min(kImagesPerRun, images - begin);
    auto expected = exact.run(subject, begin, count);
    if (!expected)
      return expected.takeError();
    for (size_t i = 0; i < 2; ++i) {
      auto found = models[i].run(subject, begin, count);
      if (!found)
        return found.takeError();
      for (auto [meter, from, to] :
           llvm::zip_equal(meters[i], *expected, *found))
        meter.add(from, to);
    }
    progress.advance(count);
  }
  for (auto [i, point] : llvm::enumerate(points)) {
    point.naive = meters[0][i].decibels();
    point.w8a8 = meters[1][i].decibels();
  }
  return points;
}
