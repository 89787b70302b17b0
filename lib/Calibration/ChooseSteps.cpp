// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-choose-steps: shares bits out over the weights by what they are worth.

#include "ImagePasses.h"
#include "deit/Calibration/Passes.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Dialect/DeiT/IR/Remarks.h"
#include "deit/Quant/CodeLength.h"
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
ALWAYS_ENABLED_STATISTIC(numPinned, "Weights whose steps or bits were given");

namespace {

/// A weight with what is known of it.
struct Candidate {
  WeightMatrix &weight;
  /// Of each row, in fourths of a power of two, beside the weight's step.
  std::vector<int8_t> octaves;
  std::vector<double> finest; ///< steps of the rows, for 8-bit codes
  double step = 0;
  /// Step times this is what all weights would have in common; 0 if it was
  /// pinned.
  double share = 0;
  double bits = 0; ///< of all its codes at `step`

  /// What `octaves` ask for, or more where codes would leave 8 bits.
  std::vector<int8_t> usedOctaves() const;
  /// The rows' steps, none so small that codes leave 8 bits.
  std::vector<double> steps() const;
  void countBits();
  /// Sets the step to `wanted`, or to what gives every row its finest.
  void setStep(double wanted);
};

struct ChooseStepsPass : deit::impl::ChooseStepsPassBase<ChooseStepsPass> {
  using ChooseStepsPassBase::ChooseStepsPassBase;

  void runOnOperation() override {
    if (failed(forEachModel(
            getOperation(), getArgument(),
            [&](func::FuncOp function) { return chooseSteps(function); })))
      signalPassFailure();
  }

private:
  Error chooseSteps(func::FuncOp function);
  void leave(ArrayRef<Candidate> candidates);
};

} // namespace

//===----------------------------------------------------------------------===//
// One weight
//===----------------------------------------------------------------------===//

static double rootMeanSquare(ArrayRef<float> row) {
  double sum = 0;
  for (float value : row)
    sum += static_cast<double>(value) * value;
  return std::sqrt(sum / row.size());
}

/// How steps of rows relate to one another: between what the gradients ask for,
/// steps that fall with the square root of the sensitivity, and what is safe to
/// assume of inputs that were not seen, steps that grow with the square root of
/// the row. The geometric mean of the two.
static std::vector<double> rowShape(const WeightMatrix &weight,
                                    ArrayRef<float> sensitivity) {
  std::vector<double> spreads;
  spreads.reserve(weight.rows);
  for (size_t row = 0; row < weight.rows; ++row)
    spreads.push_back(rootMeanSquare(weight.row(row)));
  std::vector<double> sorted = spreads;
  llvm::sort(sorted);
  // A row that is nearly dead counts as 1/64 of the median row.
  double leastSpread = std::max(sorted[sorted.size() / 2] / 64, 1e-30);
  double most = *llvm::max_element(sensitivity);
  double leastSensitivity = std::max(most * 1e-6, 1e-30);
  std::vector<double> shape;
  for (auto [spread, cost] : llvm::zip_equal(spreads, sensitivity))
    shape.push_back(std::pow(std::max(spread, leastSpread) /
                                 std::max<double>(cost, leastSensitivity),
                             0.25));
  return shape;
}

/// `shape` in fourths of a power of two around its geometric mean.
static std::vector<int8_t> toOctaves(ArrayRef<double> shape) {
  double mean = 0;
  for (double each : shape)
    mean += std::log2(each) / static_cast<double>(shape.size());
  std::vector<int8_t> octaves;
  for (double each : shape)
    octaves.push_back(static_cast<int8_t>(std::clamp<double>(
        std::nearbyint(4 * (std::log2(each) - mean)), -32, 32)));
  return octaves;
}

std::vector<int8_t> Candidate::usedOctaves() const {
  std::vector<int8_t> result;
  for (auto [fourths, least] : llvm::zip_equal(octaves, finest)) {
    double needed =
        least > 0 ? std::ceil(4 * std::log2(least / step)) : fourths;
    result.push_back(static_cast<int8_t>(
        std::clamp(needed, static_cast<double>(fourths), 127.0)));
  }
  return result;
}

std::vector<double> Candidate::steps() const {
  std::vector<double> result;
  double largest = 0;
  for (int8_t fourths : usedOctaves()) {
    result.push_back(step * std::exp2(fourths / 4.0));
    largest = std::max(largest, result.back());
  }
  // As deit-quantize keeps scales within 2^12 of one another.
  for (double &each : result)
    each = std::max(each, largest / (1 << 12));
  return result;
}

void Candidate::countBits() {
  bits = codeBits(roundToNearest(weight.values, steps()), weight.rows);
}

void Candidate::setStep(double wanted) {
  double least = HUGE_VAL;
  for (auto [fourths, each] : llvm::zip_equal(octaves, finest))
    least = std::min(least, each * std::exp2(-fourths / 4.0));
  step = std::max({wanted, least, 1e-30});
}

/// What `weight` costs by row; fails without `deit.sensitivity`.
static Expected<std::vector<float>> sensitivityOf(const WeightMatrix &weight) {
  auto found = weight.op->getAttrOfType<DenseF32ArrayAttr>(kSensitivityAttr);
  if (!found)
    return makeError("'" + modulePath(weight.op) +
                     "' has no 'deit.sensitivity'; run "
                     "deit-measure-sensitivity first");
  if (static_cast<size_t>(found.size()) != weight.rows)
    return makeError("'" + modulePath(weight.op) +
                     "' has 'deit.sensitivity' of " + Twine(found.size()) +
                     " channels, not of its " + Twine(weight.rows));
  return std::vector<float>(found.asArrayRef());
}

/// Finds the step at which all codes take `goal` bits, by Newton's method: a
/// step twice as large saves a bit a code, nearly. `setFactor` sets the steps
/// and returns the bits.
static void solveForBits(double goal, double count,
                         llvm::function_ref<double(double)> setFactor,
                         double factor) {
  for (int i = 0; i < 40; ++i) {
    double excess = (setFactor(factor) - goal) / count;
    if (std::abs(excess) < 1e-3)
      return;
    // Few bits fall by less than that.
    factor *= std::exp2(std::clamp(excess, -4.0, 4.0) * 0.9);
  }
}

/// A candidate for `weight`; its step and share are those of the sensitivity,
/// or what was pinned.
static Expected<Candidate> makeCandidate(WeightMatrix &weight) {
  Candidate result = {weight, {}, finestSteps(weight)};
  auto pinned = weight.op->getAttrOfType<FloatAttr>(kWeightStepAttr);
  auto bits = weight.op->getAttrOfType<FloatAttr>(kWeightBitsAttr);
  if (pinned) {
    result.step = pinned.getValueAsDouble();
    result.octaves.assign(weight.rows, 0);
    if (auto octaves =
            weight.op->getAttrOfType<DenseI8ArrayAttr>(kRowOctavesAttr))
      result.octaves.assign(octaves.asArrayRef().begin(),
                            octaves.asArrayRef().end());
    if (result.octaves.size() != weight.rows)
      return makeError("'" + modulePath(weight.op) +
                       "' has 'deit.row_octaves' of " +
                       Twine(result.octaves.size()) + " channels, not of its " +
                       Twine(weight.rows));
    return result;
  }
  Expected<std::vector<float>> sensitivity = sensitivityOf(weight);
  if (!sensitivity)
    return sensitivity.takeError();
  result.octaves = toOctaves(rowShape(weight, *sensitivity));
  double cost = 0;
  for (auto [fourths, each] : llvm::zip_equal(result.octaves, *sensitivity))
    cost += each * std::exp2(fourths / 2.0);
  result.share = std::sqrt(std::max(cost / weight.rows, 1e-30));
  if (!bits)
    return result;
  result.share = 0;
  solveForBits(
      bits.getValueAsDouble() * weight.values.size(), weight.values.size(),
      [&](double step) {
        result.setStep(step);
        result.countBits();
        return result.bits;
      },
      rootMeanSquare(weight.values) + 1e-30);
  return result;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// Shares `goal` bits a weight out: an error costs the same wherever it is made
/// if step times the root of the sensitivity is one number for all.
static void shareOut(MutableArrayRef<Candidate> candidates, double goal) {
  double count = 0, pinned = 0, start = 0;
  for (Candidate &each : candidates) {
    auto values = static_cast<double>(each.weight.values.size());
    count += values;
    if (each.share == 0) {
      each.countBits();
      pinned += each.bits;
    } else {
      start = std::max(start, rootMeanSquare(each.weight.values) * each.share);
    }
  }
  solveForBits(
      goal * count, count,
      [&](double factor) {
        double bits = pinned;
        for (Candidate &each : candidates)
          if (each.share > 0) {
            each.setStep(factor / each.share);
            each.countBits();
            bits += each.bits;
          }
        return bits;
      },
      std::max(start, 1e-30));
}

void ChooseStepsPass::leave(ArrayRef<Candidate> candidates) {
  Builder builder(&getContext());
  for (const Candidate &each : candidates) {
    Operation *op = each.weight.op;
    op->setAttr(kWeightStepAttr, builder.getF64FloatAttr(each.step));
    if (each.weight.isLayer())
      op->setAttr(kRowOctavesAttr,
                  builder.getDenseI8ArrayAttr(each.usedOctaves()));
    ++(each.share > 0 ? numSteps : numPinned);
    if (Remark remark = analysisRemark(op->getLoc(), getArgument(), "Step"))
      remark << (each.share > 0 ? "rate by what an error costs at the logits"
                                : "rate as given")
             << remarkArg("Bits",
                          llvm::formatv("{0:f2}",
                                        each.bits / each.weight.values.size())
                              .str())
             << remarkArg("Step", llvm::formatv("{0:e3}", each.step).str());
  }
}

Error ChooseStepsPass::chooseSteps(func::FuncOp function) {
  if (!(bits >= 1 && bits <= 8))
    return makeError("expected bits from 1 to 8, found " +
                     std::to_string(bits));
  Expected<SmallVector<WeightMatrix>> weights = collectWeights(function);
  if (!weights)
    return weights.takeError();
  SmallVector<Candidate> candidates;
  for (WeightMatrix &weight : *weights) {
    // Eight bits are what deit-quantize gives every weight.
    auto pinned = weight.op->getAttrOfType<FloatAttr>(kWeightBitsAttr);
    if (pinned && pinned.getValueAsDouble() >= 8)
      continue;
    Expected<Candidate> candidate = makeCandidate(weight);
    if (!candidate)
      return candidate.takeError();
    candidates.push_back(std::move(*candidate));
  }
  shareOut(candidates, bits);
  leave(candidates);
  return Error::success();
}
