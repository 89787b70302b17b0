// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-choose-steps: shares bits out over the weights by what they are worth.

#include "Weights.h"
#include "deit/Calibration/Passes.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Dialect/DeiT/IR/Remarks.h"
#include "deit/Quant/CodeLength.h"
#include "deit/Quant/ErrorFeedback.h"
#include "deit/Support/FileIO.h"
#include "llvm/ADT/Statistic.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

namespace deit {
#define GEN_PASS_DEF_CHOOSESTEPSPASS
#include "deit/Calibration/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-choose-steps"
ALWAYS_ENABLED_STATISTIC(numSteps, "Weights given steps");

namespace {

/// A weight with what is known of it. Steps of its rows are `base` times
/// `shape`.
struct Candidate {
  WeightMatrix &weight;
  std::vector<double> shape; ///< of geometric mean 1
  double sensitivity = 0;    ///< divergence of the logits per squared base
  double base = 0;

  /// The rows' steps for `base`, none so small that codes leave 8 bits.
  std::vector<double> steps(double base) const;
  /// Bits of its codes at `base`, entropy-coded.
  double bits(double base) const;
  /// The base at which codes take `goal` bits each.
  double baseFor(double goal) const;
};

struct ChooseStepsPass : deit::impl::ChooseStepsPassBase<ChooseStepsPass> {
  using ChooseStepsPassBase::ChooseStepsPassBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal())
        if (Error error = chooseSteps(function)) {
          function.emitError()
              << "deit-choose-steps: " << llvm::toString(std::move(error));
          return signalPassFailure();
        }
  }

private:
  Error chooseSteps(func::FuncOp function);
  Error measure(func::FuncOp function, MutableArrayRef<Candidate> candidates);
  void report(ArrayRef<Candidate> candidates);
};

} // namespace

//===----------------------------------------------------------------------===//
// One weight
//===----------------------------------------------------------------------===//

static double rootMeanSquare(ArrayRef<float> row) {
  double sum = 0;
  for (float value : row)
    sum += double(value) * value;
  return std::sqrt(sum / row.size());
}

/// Proportional to the rows' root mean square to the power `exponent`; a row
/// that is nearly dead counts as 1/64 of the median row.
static std::vector<double> shapeOf(const WeightMatrix &weight,
                                   double exponent) {
  std::vector<double> spreads;
  for (size_t row = 0; row < weight.rows; ++row)
    spreads.push_back(rootMeanSquare(weight.row(row)));
  std::vector<double> sorted = spreads;
  llvm::sort(sorted);
  double floor = std::max(sorted[sorted.size() / 2] / 64, 1e-30);
  double logarithms = 0;
  for (double &spread : spreads) {
    spread = std::pow(std::max(spread, floor), exponent);
    logarithms += std::log(spread);
  }
  double mean = std::exp(logarithms / spreads.size());
  for (double &spread : spreads)
    spread /= mean;
  return spreads;
}

std::vector<double> Candidate::steps(double base) const {
  constexpr double kLargestCode = 127;
  std::vector<double> steps;
  double largest = 0;
  for (auto [row, factor] : llvm::enumerate(shape)) {
    double highest = 0;
    for (float value : weight.row(row))
      highest = std::max<double>(highest, std::abs(value));
    steps.push_back(std::max(base * factor, highest / kLargestCode));
    largest = std::max(largest, steps.back());
  }
  // As deit-quantize keeps scales within 2^12 of one another.
  for (double &step : steps)
    step = std::max(step, largest / (1 << 12));
  return steps;
}

double Candidate::bits(double base) const {
  return codeBits(roundToNearest(weight.values, steps(base)), weight.rows);
}

/// Bisects `function`, which falls, for the argument where it is `goal`.
static double solveFalling(double low, double high, double goal,
                           llvm::function_ref<double(double)> function) {
  for (int i = 0; i < 40 && high / low > 1.001; ++i) {
    double middle = std::sqrt(low * high);
    (function(middle) > goal ? low : high) = middle;
  }
  return std::sqrt(low * high);
}

double Candidate::baseFor(double goal) const {
  double spread = std::max(rootMeanSquare(weight.values), 1e-30);
  double count = static_cast<double>(weight.values.size());
  return solveFalling(spread / 256, spread * 16, goal * count,
                      [&](double base) { return bits(base); });
}

//===----------------------------------------------------------------------===//
// Sensitivity
//===----------------------------------------------------------------------===//

/// The mean over images of KL(softmax(logits) || softmax(changed)), in nats.
static double divergence(ArrayRef<float> logits, ArrayRef<float> changed,
                         int64_t classes) {
  double sum = 0;
  auto logSum = [](ArrayRef<float> row) {
    double largest = *std::max_element(row.begin(), row.end()), total = 0;
    for (float value : row)
      total += std::exp(value - largest);
    return largest + std::log(total);
  };
  size_t images = logits.size() / classes;
  for (size_t i = 0; i < images; ++i) {
    ArrayRef<float> p = logits.slice(i * classes, classes);
    ArrayRef<float> q = changed.slice(i * classes, classes);
    double pTotal = logSum(p), qTotal = logSum(q);
    for (int64_t c = 0; c < classes; ++c) {
      double logP = p[c] - pTotal;
      sum += std::exp(logP) * (logP - (q[c] - qTotal));
    }
  }
  return sum / static_cast<double>(images);
}

/// Rounds one weight at a time, to the same bits, and looks at the logits.
Error ChooseStepsPass::measure(func::FuncOp function,
                               MutableArrayRef<Candidate> candidates) {
  constexpr double kProbeBits = 3.5;
  Expected<ImageBatch> images = loadCalibrationImages(function, data, samples);
  if (!images)
    return images.takeError();
  Expected<FloatReference *> reference = loadFloatReference();
  if (!reference)
    return reference.takeError();
  auto run = [&] {
    return (*reference)->run(function, images->pixels, images->count);
  };
  auto logits = run();
  if (!logits)
    return logits.takeError();
  int64_t classes = logits->size() / images->count;
  for (Candidate &candidate : candidates) {
    double base = candidate.baseFor(kProbeBits);
    std::vector<double> steps = candidate.steps(base);
    replaceValues(
        candidate.weight,
        valuesOf(roundToNearest(candidate.weight.values, steps), steps));
    auto changed = run();
    replaceValues(candidate.weight, candidate.weight.values);
    if (!changed)
      return changed.takeError();
    candidate.sensitivity =
        divergence(*logits, *changed, classes) / (base * base);
    if (!std::isfinite(candidate.sensitivity))
      return makeError("the logits are not finite when '" +
                       modulePath(candidate.weight.op) + "' is rounded");
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// Sets every base to `sqrt(count / sensitivity)` times one factor, the optimum
/// of the sum of sensitivity * base^2 under a budget of bits, so that the codes
/// take `goal` bits a weight on average.
static void shareOut(MutableArrayRef<Candidate> candidates, double goal) {
  double count = 0, largest = 0;
  for (Candidate &each : candidates) {
    count += static_cast<double>(each.weight.values.size());
    largest = std::max(largest, each.sensitivity);
  }
  auto baseOf = [&](const Candidate &each, double factor) {
    // What was not seen to matter may still matter a little.
    double sensitivity = std::max(each.sensitivity, largest * 1e-9);
    return factor * std::sqrt(static_cast<double>(each.weight.values.size()) /
                              std::max(sensitivity, 1e-300));
  };
  auto total = [&](double factor) {
    double bits = 0;
    for (const Candidate &each : candidates)
      bits += each.bits(baseOf(each, factor));
    return bits;
  };
  double factor = solveFalling(1e-9, 1e6, goal * count, total);
  for (Candidate &each : candidates)
    each.base = baseOf(each, factor);
}

void ChooseStepsPass::report(ArrayRef<Candidate> candidates) {
  for (const Candidate &each : candidates)
    if (Remark remark =
            analysisRemark(each.weight.op->getLoc(), getArgument(), "Step"))
      remark << "rate by what rounding it alone does to the logits"
             << remarkArg("Bits",
                          llvm::formatv("{0:f2}", each.bits(each.base) /
                                                      each.weight.values.size())
                              .str())
             << remarkArg("NatsPerSquaredStep",
                          llvm::formatv("{0:e2}", each.sensitivity).str());
}

Error ChooseStepsPass::chooseSteps(func::FuncOp function) {
  if (!(bits >= 1 && bits <= 8))
    return makeError("expected bits from 1 to 8, found " +
                     std::to_string(bits));
  Expected<SmallVector<WeightMatrix>> weights = collectWeights(function);
  if (!weights)
    return weights.takeError();
  SmallVector<Candidate> candidates;
  for (WeightMatrix &weight : *weights)
    candidates.push_back({weight, shapeOf(weight, rowExponent)});
  if (Error error = measure(function, candidates))
    return error;
  shareOut(candidates, bits);
  Builder builder(&getContext());
  for (Candidate &each : candidates) {
    each.weight.op->setAttr(
        kWeightStepAttr, builder.getDenseF64ArrayAttr(each.steps(each.base)));
    ++numSteps;
  }
  report(candidates);
  return Error::success();
}
