// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Counts which codes values get.

#include "Depth.h"
#include "deit/Support/Progress.h"
#include <cmath>

using namespace deit;

namespace {

/// Counts the codes of one format.
class CodeCounter {
public:
  CodeCounter(const CodeFormat &format, unsigned bits)
      : format(format), bits(bits), counts(format.high - format.low + 1, 0) {}

  /// Counts `value`, before it is rounded, `weight` times.
  void add(double value, double weight = 1) {
    double code = std::nearbyint(value / format.scales[0]) +
                  static_cast<double>(format.zeroPoints[0]);
    double low = static_cast<double>(format.low);
    double high = static_cast<double>(format.high);
    clipped += code < low || code > high ? weight : 0;
    total += weight;
    counts[static_cast<size_t>(std::clamp(code, low, high) - low)] += weight;
  }

  CodeUse use() const;

private:
  double valueOf(int64_t code) const {
    return static_cast<double>(code - format.zeroPoints[0]) * format.scales[0];
  }

  CodeFormat format;
  unsigned bits;
  std::vector<double> counts;
  double clipped = 0, total = 0;
};

} // namespace

CodeUse CodeCounter::use() const {
  constexpr double kShare = 0.01; // of what each would get
  CodeUse result;
  result.low = valueOf(format.low);
  result.high = valueOf(format.high);
  result.bits = bits;
  result.of = static_cast<int64_t>(counts.size());
  double least = kShare * total / static_cast<double>(counts.size());
  auto isUsed = [](double count) { return count > 0; };
  auto isDead = [&](double count) { return count == 0 || count < least; };
  result.used = llvm::count_if(counts, isUsed);
  result.deadPercent = 100.0 * llvm::count_if(counts, isDead) / counts.size();
  result.clippedPercent = total > 0 ? 100 * clipped / total : 0;
  return result;
}

CodeUse deit::useOf(const Histogram &histogram, const CodeFormat &format) {
  CodeCounter counter(format, 8);
  for (auto [index, count] : llvm::enumerate(histogram.counts()))
    if (count > 0)
      counter.add(histogram.binCenter(index), count);
  return counter.use();
}

/// The counters of `modules`, of a quantized model, where codes have a scale.
static std::vector<std::optional<CodeCounter>>
makeCounters(ArrayRef<AnalyzedModule> modules) {
  std::vector<std::optional<CodeCounter>> counters;
  for (const AnalyzedModule &module : modules) {
    counters.emplace_back();
    auto type = dyn_cast<quant::UniformQuantizedType>(
        getElementTypeOrSelf(module.result().getType()));
    // A softmax's numerators have the scale of their row.
    if (!type || type.getStorageTypeIntegralWidth() > 16 ||
        isa<SoftmaxOp>(module.op))
      continue;
    CodeFormat format = {{type.getScale()},
                         {type.getZeroPoint()},
                         type.getStorageTypeMin(),
                         type.getStorageTypeMax(),
                         -1};
    counters.back().emplace(format, format.high - format.low < 256 ? 8 : 16);
  }
  return counters;
}

Expected<std::vector<std::optional<CodeUse>>>
deit::measureCodes(const Subject &subject, const QuantizedModel &model) {
  constexpr int64_t kImages = 32;
  func::FuncOp function = forwardOf(*model.module);
  int64_t images = std::min<int64_t>(kImages, subject.driver.samples);
  auto batch =
      loadCalibrationImages(function, subject.driver.calibration, images);
  if (!batch)
    return batch.takeError();
  std::vector<AnalyzedModule> modules = analyzedModules(function);
  auto counters = makeCounters(modules);
  llvm::DenseMap<Operation *, size_t> indices;
  for (auto [index, module] : llvm::enumerate(modules))
    indices[module.op] = index;
  auto hook = [&](OpResult result, MutableArrayRef<float> values,
                  ArrayRef<int64_t>) {
    auto found = indices.find(result.getOwner());
    if (found != indices.end() && counters[found->second])
      for (float value : values)
        counters[found->second]->add(value);
  };
  Progress progress("counting codes, image", images);
  for (int64_t begin = 0; begin < images; begin += kImagesPerRun) {
    int64_t count = std::min(kImagesPerRun, images - begin);
    auto logits = subject.reference->run(function, batch->slice(begin, count),
                                         count, hook);
    if (!logits)
      return logits.takeError();
    progress.advance(count);
  }
  std::vector<std::optional<CodeUse>> result;
  result.reserve(counters.size());
  for (const std::optional<CodeCounter> &counter : counters)
    result.push_back(counter ? std::optional(counter->use()) : std::nullopt);
  return result;
}
