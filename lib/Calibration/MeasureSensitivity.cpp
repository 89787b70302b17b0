// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-measure-sensitivity: what a rounding error in a weight costs at the
// logits.

#include "ImagePasses.h"
#include "deit/Calibration/Passes.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Dialect/DeiT/IR/Remarks.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/Progress.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/Statistic.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <random>

namespace deit {
#define GEN_PASS_DEF_MEASURESENSITIVITYPASS
#include "deit/Calibration/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-measure-sensitivity"
ALWAYS_ENABLED_STATISTIC(numMeasured, "Weights measured");

namespace {

/// By layer, for each output channel, the squared gradient of the logits,
/// summed over an image's tokens. By addition, for each element.
using SquaredGradients = llvm::MapVector<Operation *, std::vector<double>>;

struct MeasureSensitivityPass
    : deit::impl::MeasureSensitivityPassBase<MeasureSensitivityPass> {
  using MeasureSensitivityPassBase::MeasureSensitivityPassBase;

  void runOnOperation() override {
    if (failed(forEachModel(
            getOperation(), getArgument(),
            [&](func::FuncOp function) { return measure(function); })))
      signalPassFailure();
  }

private:
  Error measure(func::FuncOp function);
  Error leave(MutableArrayRef<WeightMatrix> weights,
              SquaredGradients &gradients,
              const llvm::DenseMap<Value, std::vector<double>> &deviations);
};

} // namespace

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

/// For each image a random direction among its logits, of squared length
/// `classes` and without a part that all logits share, which softmax does not
/// see. The mean square of gradients along random directions is that of all.
static std::vector<float> randomDirections(size_t images, size_t classes,
                                           std::mt19937_64 &random) {
  std::vector<float> directions;
  for (size_t image = 0; image < images; ++image) {
    double sum = 0;
    for (size_t c = 0; c < classes; ++c) {
      directions.push_back(random() >> 63 ? 1.0f : -1.0f);
      sum += directions.back();
    }
    for (float &each : MutableArrayRef(directions).take_back(classes))
      each -= static_cast<float>(sum / static_cast<double>(classes));
  }
  return directions;
}

/// Adds the squares of `gradients` up by channel.
static void addSquares(std::vector<double> &sums, ArrayRef<float> gradients,
                       size_t channels) {
  sums.resize(channels);
  for (size_t i = 0; i < gradients.size(); ++i)
    sums[i % channels] += static_cast<double>(gradients[i]) * gradients[i];
}

/// The mean over `images`.
static Expected<SquaredGradients>
squareGradients(FloatReference &reference, func::FuncOp function,
                const ImageBatch &images, ArrayRef<WeightMatrix> weights) {
  // All activations of a group are in memory at once.
  constexpr int64_t kGroup = 8;
  SquaredGradients result;
  for (const WeightMatrix &weight : weights)
    result[weight.op]; // in the order of the weights
  size_t bytes = images.pixels.size() / images.count;
  std::mt19937_64 random(1);
  Progress progress("measuring sensitivity, image", images.count);
  for (int64_t first = 0; first < images.count; first += kGroup) {
    int64_t count = std::min(kGroup, images.count - first);
    Error error = reference.differentiate(
        function, ArrayRef(images.pixels).slice(first * bytes, count * bytes),
        count,
        [&](ArrayRef<float> logits) {
          return randomDirections(count, logits.size() / count, random);
        },
        [&](OpResult of) { return result.contains(of.getOwner()); },
        [&](OpResult of, ArrayRef<float>, ArrayRef<float> gradients,
            ArrayRef<int64_t> shape) {
          bool isLayer = !isa<AddOp>(of.getOwner());
          addSquares(result[of.getOwner()], gradients,
                     isLayer ? shape.back() : gradients.size() / count);
        });
    if (error)
      return std::move(error);
    progress.advance(count);
  }
  for (auto &[op, sums] : result)
    for (double &sum : sums)
      sum /= static_cast<double>(images.count);
  return result;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// By input, what error feedback leaves of an error in each of its columns.
static Expected<llvm::DenseMap<Value, std::vector<double>>>
measureInputs(FloatReference &reference, func::FuncOp function,
              const ImageBatch &images) {
  llvm::DenseMap<Value, std::vector<double>> result;
  Error failure = Error::success();
  auto visit = [&](Value input, ArrayRef<float> values, int64_t columns) {
    if (failure || !isLayerInput(input))
      return;
    auto covariance = reference.covariance(values, columns);
    if (!covariance) {
      failure = covariance.takeError();
      return;
    }
    auto deviations = conditionalDeviations(
        std::move(*covariance), dampedFor({}, values.size(), columns));
    if (deviations)
      result[input] = std::move(*deviations);
    else
      failure = deviations.takeError();
  };
  Error error = visitValues(reference, function, images, visit);
  if (failure || error)
    return llvm::joinErrors(std::move(failure), std::move(error));
  return result;
}

Error MeasureSensitivityPass::leave(
    MutableArrayRef<WeightMatrix> weights, SquaredGradients &gradients,
    const llvm::DenseMap<Value, std::vector<double>> &deviations) {
  Builder builder(&getContext());
  for (WeightMatrix &weight : weights) {
    std::vector<double> &squares = gradients[weight.op];
    std::vector<float> rows;
    if (weight.isLayer()) {
      ArrayRef<double> columns =
          deviations.find(weight.op->getOperand(0))->second;
      double cost = columnCost(columns, columnShape(columns, weight.rows));
      for (double square : squares)
        rows.push_back(static_cast<float>(square * cost));
    } else {
      double sum = 0;
      for (double square : squares)
        sum += square;
      rows.push_back(static_cast<float>(sum / squares.size()));
    }
    if (!llvm::all_of(rows, [](float each) { return std::isfinite(each); }))
      return makeError("the gradients at '" + modulePath(weight.op) +
                       "' are not finite; the model's weights are not finite "
                       "or too large for floats");
    weight.op->setAttr(kSensitivityAttr, builder.getDenseF32ArrayAttr(rows));
    double sum = 0;
    for (float each : rows)
      sum += each;
    if (Remark remark =
            analysisRemark(weight.op->getLoc(), getArgument(), "Sensitivity"))
      remark << "squared error of a logit by squared step"
             << remarkArg("Mean",
                          llvm::formatv("{0:e2}", sum / rows.size()).str());
    ++numMeasured;
  }
  return Error::success();
}

Error MeasureSensitivityPass::measure(func::FuncOp function) {
  for (auto conv : function.getOps<Conv2DOp>())
    return makeError("'" + modulePath(conv) +
                     "' is a convolution, whose weights have 8 bits; leave "
                     "out --weight-bits");
  Expected<WeightExperiment> set = setUpExperiment(function, data, samples);
  if (!set)
    return set.takeError();
  auto &[images, weights, reference] = *set;
  auto deviations = measureInputs(*reference, function, images);
  if (!deviations)
    return deviations.takeError();
  auto gradients = squareGradients(*reference, function, images, weights);
  if (!gradients)
    return gradients.takeError();
  return leave(weights, *gradients, *deviations);
}
