// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Takes quantization's mean error out of the biases.

#include "Biases.h"
#include "deit/Calibration/Passes.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Dialect/DeiT/IR/Remarks.h"
#include "deit/Support/FileIO.h"
#include "llvm/ADT/Statistic.h"
#include "llvm/ADT/TypeSwitch.h"

namespace deit {
#define GEN_PASS_DEF_CORRECTBIASPASS
#include "deit/Calibration/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-correct-bias"
ALWAYS_ENABLED_STATISTIC(numBiases, "Biases corrected");

/// By layer, what its bias gains.
using Corrections = llvm::MapVector<Operation *, std::vector<float>>;

std::vector<float> deit::correctMeans(ArrayRef<float> wanted,
                                      MutableArrayRef<float> values) {
  std::vector<double> means =
      channelMeans(values, static_cast<int64_t>(wanted.size()));
  std::vector<float> correction;
  for (auto [mean, goal] : llvm::zip_equal(means, wanted))
    correction.push_back(static_cast<float>(goal - mean));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] += correction[i % correction.size()];
  return correction;
}

/// Runs `function` and finds the corrections in the order of execution.
static Expected<Corrections> findCorrections(func::FuncOp function,
                                             const ImageBatch &images) {
  Expected<FloatReference *> reference = loadFloatReference();
  if (!reference)
    return reference.takeError();
  Corrections corrections;
  auto hook = [&](OpResult result, MutableArrayRef<float> values,
                  ArrayRef<int64_t> shape) {
    Operation *op = result.getOwner();
    if (auto wanted = op->getAttrOfType<DenseF32ArrayAttr>(kChannelMeanAttr))
      corrections[op] = correctMeans(wanted.asArrayRef(), values);
  };
  Expected<std::vector<float>> logits =
      (*reference)->run(function, images.pixels, images.count, hook);
  if (!logits)
    return logits.takeError();
  return corrections;
}

/// Checks that every layer with channel means can be corrected by them.
static Error checkLayers(func::FuncOp function) {
  bool found = false;
  std::string wrong;
  function.walk([&](Operation *op) {
    auto means = op->getAttrOfType<DenseF32ArrayAttr>(kChannelMeanAttr);
    if (!means)
      return;
    found = true;
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    if (!isa<LinearOp, PatchEmbedOp, Conv2DOp>(op) ||
        type.getShape().back() != means.size())
      wrong = modulePath(op).str();
  });
  if (!wrong.empty())
    return makeError("'" + wrong +
                     "' has 'deit.channel_mean' of other channels than its "
                     "own");
  if (!found)
    return makeError("no layer has 'deit.channel_mean'; run deit-calibrate and "
                     "deit-quantize first");
  return Error::success();
}

/// The bias of `op` plus `correction`, as a new constant; fails with an error.
static FailureOr<Value> correctedBias(Operation *op, Value bias,
                                      ArrayRef<float> correction) {
  OpBuilder builder(op);
  std::vector<float> values(correction.begin(), correction.end());
  Location loc = pathLoc(op->getContext(), modulePath(op) + ".bias");
  if (bias) {
    FailureOr<std::vector<float>> old = readFloatConstant(bias);
    if (failed(old))
      return op->emitOpError() << "at '" << modulePath(op)
                               << "' has a bias that is not a readable float "
                                  "constant";
    for (auto [value, offset] : llvm::zip_equal(values, *old))
      value += offset;
    loc = bias.getLoc();
  }
  auto count = static_cast<int64_t>(values.size());
  return Value(createFloatConstant(builder, loc, {count}, values));
}

LogicalResult deit::addToBias(Operation *op, ArrayRef<float> correction) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<LinearOp, PatchEmbedOp, Conv2DOp>([&](auto op) -> LogicalResult {
        Value old = op.getBias();
        FailureOr<Value> bias = correctedBias(op, old, correction);
        if (failed(bias))
          return failure();
        op.getBiasMutable().assign(*bias);
        if (old && old.use_empty())
          old.getDefiningOp()->erase();
        return success();
      });
}

static float largest(ArrayRef<float> correction) {
  float result = 0;
  for (float value : correction)
    result = std::max(result, std::fabs(value));
  return result;
}

namespace {

struct CorrectBiasPass : deit::impl::CorrectBiasPassBase<CorrectBiasPass> {
  using CorrectBiasPassBase::CorrectBiasPassBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && failed(correctFunction(function)))
        return signalPassFailure();
  }

private:
  LogicalResult correctFunction(func::FuncOp function);
  Expected<Corrections> runFunction(func::FuncOp function);
};

} // namespace

Expected<Corrections> CorrectBiasPass::runFunction(func::FuncOp function) {
  if (Error error = checkLayers(function))
    return error;
  Expected<ImageBatch> images = loadCalibrationImages(function, data, samples);
  if (!images)
    return images.takeError();
  return findCorrections(function, *images);
}

LogicalResult CorrectBiasPass::correctFunction(func::FuncOp function) {
  Expected<Corrections> corrections = runFunction(function);
  if (!corrections)
    return function.emitError()
           << "deit-correct-bias: " << llvm::toString(corrections.takeError());
  for (auto &[op, correction] : *corrections) {
    if (failed(addToBias(op, correction)))
      return failure();
    op->removeAttr(kChannelMeanAttr);
    passedRemark(op->getLoc(), getArgument(), "Corrected")
        << remarkArg("Largest", largest(correction));
  }
  numBiases += corrections->size();
  return success();
}
