// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-round-weights: weights onto their steps, with error feedback.

#include "Biases.h"
#include "ImagePasses.h"
#include "TuneAffine.h"
#include "deit/Calibration/Passes.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Dialect/DeiT/IR/Remarks.h"
#include "deit/Quant/CodeLength.h"
#include "deit/Quant/ErrorFeedback.h"
#include "deit/Support/FileIO.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/Statistic.h"
#include <cmath>

namespace deit {
#define GEN_PASS_DEF_ROUNDWEIGHTSPASS
#include "deit/Calibration/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-round-weights"
ALWAYS_ENABLED_STATISTIC(numRounded, "Weights rounded");
ALWAYS_ENABLED_STATISTIC(numBytes, "Bytes of their codes, entropy-coded");

namespace {

/// Rounds the weights of one function while it runs: a layer's weight when its
/// input is known, which the rounded weights before it have shaped already.
class Rounder {
public:
  Rounder(FloatReference &reference, MutableArrayRef<WeightMatrix> weights,
          const FeedbackOptions &options)
      : reference(reference), weights(weights), options(options) {}

  /// Rounds every weight that reads `input`, whose values are `values`, rows of
  /// `columns`. A failure is kept in `error`.
  void roundReadersOf(Value input, ArrayRef<float> values, int64_t columns);

  /// Remembers what the float model computes.
  void recordMeans(OpResult result, ArrayRef<float> values, int64_t channels);

  /// Takes back what rounding the weight of `result` has shifted in `values`.
  void correctShift(OpResult result, MutableArrayRef<float> values);

  std::string error;
  double bits = 0; ///< of all codes, entropy-coded
  /// By layer, the means of its output's channels in the float model.
  llvm::DenseMap<Operation *, std::vector<float>> means;
  /// By layer, what its bias is to gain.
  llvm::MapVector<Operation *, std::vector<float>> corrections;

private:
  Error round(ArrayRef<WeightMatrix *> readers, ArrayRef<float> values,
              int64_t columns);
  Error roundOne(WeightMatrix &weight, const FeedbackFactor &factor);

  FloatReference &reference;
  MutableArrayRef<WeightMatrix> weights;
  FeedbackOptions options;
};

struct RoundWeightsPass : deit::impl::RoundWeightsPassBase<RoundWeightsPass> {
  using RoundWeightsPassBase::RoundWeightsPassBase;

  void runOnOperation() override {
    if (failed(forEachModel(
            getOperation(), getArgument(),
            [&](func::FuncOp function) { return roundFunction(function); })))
      signalPassFailure();
  }

private:
  Error roundFunction(func::FuncOp function);
};

} // namespace

/// How many times finer than the weight's own the steps of its codes may be.
static double finenessOf(const WeightMatrix &weight, ArrayRef<double> steps) {
  double fineness = 16; // finer ones gain nothing
  for (auto [step, finest] : llvm::zip_equal(steps, finestSteps(weight)))
    if (finest > 0)
      fineness = std::min(fineness, step / finest);
  return fineness;
}

Error Rounder::roundOne(WeightMatrix &weight, const FeedbackFactor &factor) {
  Expected<SmallVector<double>> steps = rowSteps(weight.op, weight.rows);
  if (!steps)
    return steps.takeError();
  // Below this, whole numbers are too far apart.
  constexpr double kLeastFineness = 2.5;
  std::vector<uint8_t> multiples;
  double fineness = finenessOf(weight, *steps);
  std::vector<double> deviations;
  deviations.reserve(weight.columns());
  for (size_t column = 0; column < weight.columns(); ++column)
    deviations.push_back(factor.deviation(column));
  std::vector<double> shape = columnShape(deviations, weight.rows);
  if (!shape.empty() && fineness >= kLeastFineness) {
    multiples = columnMultiples(shape, fineness);
    for (double &step : *steps)
      step /= fineness;
  }
  std::vector<int8_t> codes =
      roundWithFeedback(weight.values, *steps, multiples, factor);
  bits += codeBits(codes, weight.rows);
  replaceValues(weight, valuesOf(codes, *steps));
  weight.op->setAttr(kRowStepsAttr,
                     Builder(weight.op).getDenseF64ArrayAttr(*steps));
  return Error::success();
}

Error Rounder::round(ArrayRef<WeightMatrix *> readers, ArrayRef<float> values,
                     int64_t columns) {
  Expected<std::vector<double>> hessian = reference.covariance(values, columns);
  if (!hessian)
    return hessian.takeError();
  Expected<FeedbackFactor> factor = FeedbackFactor::create(
      std::move(*hessian), dampedFor(options, values.size(), columns));
  if (!factor)
    return prefixError("'" + modulePath(readers.front()->op) + "': ",
                       factor.takeError());
  for (WeightMatrix *weight : readers)
    if (Error error = roundOne(*weight, *factor))
      return error;
  return Error::success();
}

void Rounder::roundReadersOf(Value input, ArrayRef<float> values,
                             int64_t columns) {
  SmallVector<WeightMatrix *> readers;
  for (WeightMatrix &weight : weights)
    if (weight.isLayer() && weight.op->getOperand(0) == input &&
        weight.op->hasAttr(kWeightStepAttr))
      readers.push_back(&weight);
  if (readers.empty() || !error.empty())
    return;
  if (Error failure = round(readers, values, columns))
    error = llvm::toString(std::move(failure));
}

void Rounder::recordMeans(OpResult result, ArrayRef<float> values,
                          int64_t channels) {
  if (!isa<LinearOp, PatchEmbedOp>(result.getOwner()))
    return;
  std::vector<double> found = channelMeans(values, channels);
  means[result.getOwner()].assign(found.begin(), found.end());
}

void Rounder::correctShift(OpResult result, MutableArrayRef<float> values) {
  Operation *op = result.getOwner();
  auto wanted = means.find(op);
  if (op->hasAttr(kRowStepsAttr) && wanted != means.end())
    corrections[op] = correctMeans(wanted->second, values);
}

/// An error unless some layer has steps.
static Error checkSteps(ArrayRef<WeightMatrix> weights) {
  if (llvm::any_of(weights, [](const WeightMatrix &weight) {
        return weight.isLayer() && weight.op->hasAttr(kWeightStepAttr);
      }))
    return Error::success();
  return makeError("no layer has 'deit.weight_step'; run deit-choose-steps "
                   "first");
}

Error RoundWeightsPass::roundFunction(func::FuncOp function) {
  if (!(damping > 0 && damping <= 10))
    return makeError("expected damping above 0 and at most 10, found " +
                     std::to_string(damping));
  Expected<WeightExperiment> set = setUpExperiment(function, data, samples);
  if (!set)
    return set.takeError();
  auto &[images, weights, reference] = *set;
  if (Error error = checkSteps(weights))
    return error;
  Rounder rounder(*reference, weights, {damping, ordered});
  auto target =
      reference->run(function, images.pixels, images.count,
                     [&](OpResult result, MutableArrayRef<float> values,
                         ArrayRef<int64_t> shape) {
                       rounder.recordMeans(result, values, shape.back());
                     });
  if (!target)
    return target.takeError();
  Error failure = visitValues(
      *reference, function, images,
      [&](Value input, MutableArrayRef<float> values, int64_t columns) {
        if (auto result = dyn_cast<OpResult>(input))
          rounder.correctShift(result, values);
        rounder.roundReadersOf(input, values, columns);
      });
  if (failure)
    return failure;
  if (!rounder.error.empty())
    return makeError(rounder.error);
  for (auto &[op, correction] : rounder.corrections)
    if (failed(addToBias(op, correction)))
      return makeError("the bias of '" + modulePath(op) +
                       "' cannot be changed");
  auto tuned =
      tuneAffine(*reference, function, images, *target, {epochs, rate});
  if (!tuned)
    return tuned.takeError();
  passedRemark(function.getLoc(), getArgument(), "Adjusted")
      << "biases and layer norms to the rounded weights"
      << remarkArg("NatsBefore", tuned->before)
      << remarkArg("NatsAfter", tuned->after);
  for (WeightMatrix &weight : weights)
    numRounded += weight.op->hasAttr(kRowStepsAttr);
  numBytes += static_cast<unsigned>(rounder.bits / 8);
  return Error::success();
}
