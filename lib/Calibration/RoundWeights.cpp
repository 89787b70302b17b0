// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-round-weights: weights onto their steps, with error feedback.

#include "Weights.h"
#include "deit/Calibration/Passes.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Quant/CodeLength.h"
#include "deit/Quant/ErrorFeedback.h"
#include "deit/Support/FileIO.h"
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

  std::string error;
  double bits = 0; ///< of all codes, entropy-coded

private:
  Error round(ArrayRef<WeightMatrix *> readers, ArrayRef<float> values,
              int64_t columns);
  void roundOne(WeightMatrix &weight, const FeedbackFactor &factor);

  FloatReference &reference;
  MutableArrayRef<WeightMatrix> weights;
  FeedbackOptions options;
};

struct RoundWeightsPass : deit::impl::RoundWeightsPassBase<RoundWeightsPass> {
  using RoundWeightsPassBase::RoundWeightsPassBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal())
        if (Error error = roundFunction(function)) {
          function.emitError()
              << "deit-round-weights: " << llvm::toString(std::move(error));
          return signalPassFailure();
        }
  }

private:
  Error roundFunction(func::FuncOp function);
};

} // namespace

static SmallVector<double> stepsOf(Operation *op) {
  auto steps = op->getAttrOfType<DenseF64ArrayAttr>(kWeightStepAttr);
  return steps ? SmallVector<double>(steps.asArrayRef())
               : SmallVector<double>();
}

void Rounder::roundOne(WeightMatrix &weight, const FeedbackFactor &factor) {
  SmallVector<double> steps = stepsOf(weight.op);
  std::vector<int8_t> codes = roundWithFeedback(weight.values, steps, factor);
  bits += codeBits(codes, weight.rows);
  replaceValues(weight, valuesOf(codes, steps));
}

Error Rounder::round(ArrayRef<WeightMatrix *> readers, ArrayRef<float> values,
                     int64_t columns) {
  Expected<std::vector<double>> hessian = reference.covariance(values, columns);
  if (!hessian)
    return hessian.takeError();
  // A covariance of few rows is to be believed less.
  FeedbackOptions scaled = options;
  scaled.damping += static_cast<double>(columns) * columns / values.size();
  Expected<FeedbackFactor> factor =
      FeedbackFactor::create(std::move(*hessian), scaled);
  if (!factor)
    return prefixError("'" + modulePath(readers.front()->op) + "': ",
                       factor.takeError());
  for (WeightMatrix *weight : readers)
    roundOne(*weight, *factor);
  return Error::success();
}

void Rounder::roundReadersOf(Value input, ArrayRef<float> values,
                             int64_t columns) {
  SmallVector<WeightMatrix *> readers;
  for (WeightMatrix &weight : weights)
    if (weight.op->getOperand(0) == input &&
        weight.op->hasAttr(kWeightStepAttr))
      readers.push_back(&weight);
  if (readers.empty() || !error.empty())
    return;
  if (Error failure = round(readers, values, columns))
    error = llvm::toString(std::move(failure));
}

/// The patches of `images` as rows: what a patch embedding multiplies.
static std::vector<float> cutPatches(PatchEmbedOp embed,
                                     const ImageBatch &images) {
  ArrayRef<int64_t> image =
      cast<RankedTensorType>(embed.getImage().getType()).getShape();
  ArrayRef<int64_t> filter =
      cast<RankedTensorType>(embed.getWeight().getType()).getShape();
  int64_t height = image[1], width = image[2], line = filter[2] * 3;
  std::vector<float> rows;
  rows.reserve(images.pixels.size());
  for (int64_t i = 0; i < images.count; ++i)
    for (int64_t top = 0; top < height; top += filter[1])
      for (int64_t left = 0; left < width; left += filter[2])
        for (int64_t y = top; y < top + filter[1]; ++y) {
          const uint8_t *from =
              images.pixels.data() + ((i * height + y) * width + left) * 3;
          rows.insert(rows.end(), from, from + line);
        }
  return rows;
}

/// The weights of `weights` that have steps, or an error if none has.
static Error checkSteps(ArrayRef<WeightMatrix> weights) {
  bool found = false;
  for (const WeightMatrix &weight : weights) {
    SmallVector<double> steps = stepsOf(weight.op);
    if (!steps.empty() && steps.size() != weight.rows)
      return makeError("'" + modulePath(weight.op) + "' has " +
                       Twine(steps.size()) + " steps for " +
                       Twine(weight.rows) + " channels");
    if (llvm::any_of(steps, [](double step) {
          return !(step > 0) || !std::isfinite(step);
        }))
      return makeError("'" + modulePath(weight.op) +
                       "' has a step that is not positive");
    found |= !steps.empty();
  }
  return found ? Error::success()
               : makeError("no layer has 'deit.weight_step'; run "
                           "deit-choose-steps first");
}

Error RoundWeightsPass::roundFunction(func::FuncOp function) {
  if (!(damping > 0 && damping <= 10))
    return makeError("expected damping above 0 and at most 10, found " +
                     std::to_string(damping));
  Expected<ImageBatch> images = loadCalibrationImages(function, data, samples);
  if (!images)
    return images.takeError();
  Expected<SmallVector<WeightMatrix>> weights = collectWeights(function);
  if (!weights)
    return weights.takeError();
  if (Error error = checkSteps(*weights))
    return error;
  Expected<FloatReference *> reference = loadFloatReference();
  if (!reference)
    return reference.takeError();
  Rounder rounder(**reference, *weights, {damping, ordered});
  for (WeightMatrix &weight : *weights)
    if (auto embed = dyn_cast<PatchEmbedOp>(weight.op))
      rounder.roundReadersOf(embed.getImage(), cutPatches(embed, *images),
                             weight.columns());
  auto hook = [&](OpResult result, MutableArrayRef<float> values,
                  ArrayRef<int64_t> shape) {
    rounder.roundReadersOf(result, values, shape.back());
  };
  auto logits =
      (*reference)->run(function, images->pixels, images->count, hook);
  if (!logits)
    return logits.takeError();
  if (!rounder.error.empty())
    return makeError(rounder.error);
  for (WeightMatrix &weight : *weights)
    numRounded += weight.op->hasAttr(kWeightStepAttr);
  numBytes += static_cast<unsigned>(rounder.bits / 8);
  return Error::success();
}
