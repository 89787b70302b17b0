// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Observes the values of a float model.

#include "deit/Calibration/Calibration.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/FileIO.h"
#include <algorithm>
#include <cmath>

using namespace deit;

std::vector<double> deit::channelMeans(ArrayRef<float> values,
                                       int64_t channels) {
  std::vector<double> means(channels, 0);
  size_t rows = values.size() / channels;
  for (size_t row = 0; row < rows; ++row)
    for (int64_t c = 0; c < channels; ++c)
      means[c] += values[row * channels + c];
  for (double &mean : means)
    mean /= rows;
  return means;
}

/// Whether `value` belongs to the residual stream or is added to it.
static bool isStream(Value value) {
  if (isFeatures(value))
    return false;
  if (isa<PatchEmbedOp, AddOp, PrependTokenOp>(value.getDefiningOp()))
    return true;
  return llvm::any_of(value.getUsers(),
                      [](Operation *user) { return isa<AddOp>(user); });
}

/// Whether deit-quantize gives `value` codes without a zero point.
static bool isSymmetric(Value value) {
  return isa<SplitHeadsOp>(value.getDefiningOp()) ||
         llvm::any_of(value.getUsers(),
                      [](Operation *user) { return isa<SplitHeadsOp>(user); });
}

/// Whether `value` is a score or an attention weight: the largest tensors,
/// whose codes need no range.
static bool isAttention(Value value) {
  return isa<SoftmaxOp>(value.getDefiningOp()) ||
         llvm::any_of(value.getUsers(),
                      [](Operation *user) { return isa<SoftmaxOp>(user); });
}

/// Whether `op` hands its operand's values on.
static bool movesValues(Operation *op) {
  return isa<SplitHeadsOp, MergeHeadsOp, SelectTokenOp, MaxPoolOp, ShortcutOp>(
      op);
}

namespace {

/// Sees every value of the run.
class RangeCollector {
public:
  explicit RangeCollector(const CalibrationOptions &options)
      : options(options) {}

  void observe(OpResult result, ArrayRef<float> values,
               ArrayRef<int64_t> shape);

  Statistics statistics;
  /// The module path of the first value that is not finite.
  std::string notFinite;

private:
  Range chooseRange(Value value, const Histogram &histogram);
  void chooseOperandRange(GeluOp gelu, Range output);

  CalibrationOptions options;
  /// GELU's operands, until their outputs are known.
  DenseMap<Value, Histogram> geluOperands;
};

} // namespace

Range RangeCollector::chooseRange(Value value, const Histogram &histogram) {
  if (isStream(value) || options.observer == Observer::MinMax)
    return minMaxRange(histogram);
  if (options.observer == Observer::Percentile)
    return percentileRange(histogram, options.percentile);
  return mseRange(histogram, 8, isSymmetric(value));
}

/// GELU's operand gets the range that is best for `output`.
void RangeCollector::chooseOperandRange(GeluOp gelu, Range output) {
  auto operand = geluOperands.find(gelu.getInput());
  if (operand == geluOperands.end())
    return;
  statistics[gelu.getInput().getDefiningOp()].range =
      geluRange(operand->second, output);
  geluOperands.erase(operand);
}

void RangeCollector::observe(OpResult result, ArrayRef<float> values,
                             ArrayRef<int64_t> shape) {
  Operation *op = result.getOwner();
  if (!notFinite.empty() || values.empty())
    return;
  if (!llvm::all_of(values, [](float x) { return std::isfinite(x); })) {
    notFinite = modulePath(op).str();
    return;
  }
  Operation *from = movesValues(op) ? op->getOperand(0).getDefiningOp() : op;
  if (from != op && statistics.contains(from)) {
    Range range = statistics[from].range;
    statistics[op].range = range;
    return;
  }
  ValueStatistics &found = statistics[op];
  if (isAttention(result)) {
    auto [low, high] = std::minmax_element(values.begin(), values.end());
    found.range = {*low, *high};
    return;
  }
  Histogram histogram = Histogram::fromValues(values);
  found.range = chooseRange(result, histogram);
  if (isa<LinearOp, PatchEmbedOp, Conv2DOp>(op)) {
    std::vector<double> means = channelMeans(values, shape.back());
    found.channelMeans.assign(means.begin(), means.end());
  }
  if (options.geluRange != GeluRange::Output)
    return;
  if (auto gelu = dyn_cast<GeluOp>(op))
    chooseOperandRange(gelu, found.range);
  else if (llvm::any_of(op->getUsers(),
                        [](Operation *user) { return isa<GeluOp>(user); }))
    geluOperands.try_emplace(result, std::move(histogram));
}

Expected<Statistics> deit::collectRanges(func::FuncOp function,
                                         const ImageBatch &images,
                                         const CalibrationOptions &options) {
  if (!(options.percentile > 50 && options.percentile <= 100))
    return makeError("expected a percentile above 50 and at most 100, found " +
                     std::to_string(options.percentile));
  Expected<FloatReference *> reference = loadFloatReference();
  if (!reference)
    return reference.takeError();
  RangeCollector collector(options);
  auto hook = [&](OpResult result, MutableArrayRef<float> values,
                  ArrayRef<int64_t> shape) {
    collector.observe(result, values, shape);
  };
  Expected<std::vector<float>> logits =
      (*reference)->run(function, images.pixels, images.count, hook);
  if (!logits)
    return logits.takeError();
  if (!collector.notFinite.empty())
    return makeError("the activations of '" + collector.notFinite +
                     "' are not all finite; the model's weights are not finite "
                     "or too large for floats");
  return std::move(collector.statistics);
}
