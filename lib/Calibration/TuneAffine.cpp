// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gradient descent on biases and layer norms.

#include "TuneAffine.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/Progress.h"
#include "llvm/ADT/MapVector.h"
#include <cmath>
#include <random>

using namespace deit;

/// Softens both distributions: classes that are unlikely tell something, too.
static constexpr double kTemperature = 2;
/// Images of a step.
static constexpr int64_t kBatch = 8;
/// Of so many images one is only looked at.
static constexpr int64_t kHeldOut = 8;

namespace {

/// A parameter on its way.
struct Parameter {
  ConstantOp constant;
  std::vector<float> values;
  double size = 1; ///< by which steps are measured
  std::vector<double> gradient = {};
  /// Adam's moments, and how many steps they have seen.
  std::vector<double> first = {}, second = {};
  unsigned steps = 0;

  void step(double rate);
  void write() const;
};

class Tuner {
public:
  Tuner(FloatReference &reference, func::FuncOp function,
        const ImageBatch &images, ArrayRef<float> target)
      : reference(reference), function(function), images(images),
        target(target), classes(target.size() / images.count),
        bytes(images.pixels.size() / images.count) {}

  Error collect();
  Error tune(const TuneOptions &options);

  TuneResult result;

private:
  struct Group {
    std::vector<uint8_t> pixels;
    std::vector<float> target;
    int64_t count = 0;
  };

  Group gather(ArrayRef<int64_t> indices) const;
  Error addParameter(Value value);
  Error runEpoch(std::vector<int64_t> &seen, double rate, Progress &progress);
  Error step(ArrayRef<int64_t> indices, double rate);
  Expected<double> divergence(ArrayRef<int64_t> indices);
  void observe(OpResult result, ArrayRef<float> values,
               ArrayRef<float> gradients, size_t channels);

  FloatReference &reference;
  func::FuncOp function;
  const ImageBatch &images;
  ArrayRef<float> target;
  size_t classes, bytes;
  llvm::MapVector<Value, Parameter> parameters;
  std::mt19937_64 random{1};
};

} // namespace

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

void Parameter::step(double rate) {
  // Kingma and Ba, Adam (2014), with its constants.
  constexpr double kFirst = 0.9, kSecond = 0.999, kLeast = 1e-12;
  ++steps;
  first.resize(values.size());
  second.resize(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    first[i] = kFirst * first[i] + (1 - kFirst) * gradient[i];
    second[i] = kSecond * second[i] + (1 - kSecond) * gradient[i] * gradient[i];
    double mean = first[i] / (1 - std::pow(kFirst, steps));
    double square = second[i] / (1 - std::pow(kSecond, steps));
    values[i] -=
        static_cast<float>(rate * size * mean / (std::sqrt(square) + kLeast));
  }
}

void Parameter::write() const {
  ConstantOp to = constant;
  to.setValueAttr(makeElements(to.getResult().getType(), ArrayRef(values),
                               modulePath(to.getLoc())));
}

static double meanSize(ArrayRef<float> values) {
  double sum = 0;
  for (float value : values)
    sum += std::abs(value);
  return sum / static_cast<double>(values.size());
}

Error Tuner::addParameter(Value value) {
  if (!value || parameters.contains(value))
    return Error::success();
  FailureOr<std::vector<float>> values = readFloatConstant(value);
  if (failed(values))
    return makeError("'" + modulePath(value.getLoc()) +
                     "' is no readable float constant");
  parameters[value] = {value.getDefiningOp<ConstantOp>(), std::move(*values)};
  return Error::success();
}

Error Tuner::collect() {
  for (Operation &op : function.getOps()) {
    if (auto linear = dyn_cast<LinearOp>(op)) {
      if (Error error = addParameter(linear.getBias()))
        return error;
    } else if (auto norm = dyn_cast<LayerNormOp>(op)) {
      for (Value value : {norm.getGamma(), norm.getBeta()})
        if (Error error = addParameter(value))
          return error;
      Parameter &gamma = parameters[norm.getGamma()];
      gamma.size = std::max(meanSize(gamma.values), 1e-12);
      // A normalized row is of size 1.
      parameters[norm.getBeta()].size = gamma.size;
    }
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

Tuner::Group Tuner::gather(ArrayRef<int64_t> indices) const {
  Group group;
  group.count = static_cast<int64_t>(indices.size());
  for (int64_t index : indices) {
    auto pixels = ArrayRef(images.pixels).slice(index * bytes, bytes);
    group.pixels.insert(group.pixels.end(), pixels.begin(), pixels.end());
    auto logits = target.slice(index * classes, classes);
    group.target.insert(group.target.end(), logits.begin(), logits.end());
  }
  return group;
}

/// Softmax of `logits` over kTemperature.
static std::vector<double> soften(ArrayRef<float> logits) {
  double largest = *llvm::max_element(logits), sum = 0;
  std::vector<double> result;
  for (float logit : logits) {
    result.push_back(std::exp((logit - largest) / kTemperature));
    sum += result.back();
  }
  for (double &each : result)
    each /= sum;
  return result;
}

void Tuner::observe(OpResult result, ArrayRef<float> values,
                    ArrayRef<float> gradients, size_t channels) {
  auto add = [&](Value value, auto gradientOf) {
    std::vector<double> &sum = parameters[value].gradient;
    for (size_t i = 0; i < gradients.size(); ++i)
      sum[i % channels] += gradientOf(i);
  };
  auto plain = [&](size_t i) { return gradients[i]; };
  if (auto linear = dyn_cast<LinearOp>(result.getOwner())) {
    if (!linear.getBias())
      return;
    Parameter &bias = parameters[linear.getBias()];
    if (bias.first.empty()) // the first step
      bias.size = std::max(meanSize(values), 1e-12);
    add(linear.getBias(), plain);
    return;
  }
  auto norm = cast<LayerNormOp>(result.getOwner());
  add(norm.getBeta(), plain);
  const std::vector<float> &gamma = parameters[norm.getGamma()].values;
  const std::vector<float> &beta = parameters[norm.getBeta()].values;
  add(norm.getGamma(), [&](size_t i) {
    size_t c = i % channels;
    return std::abs(gamma[c]) > 1e-12
               ? gradients[i] * (values[i] - beta[c]) / gamma[c]
               : 0;
  });
}

Error Tuner::step(ArrayRef<int64_t> indices, double rate) {
  Group group = gather(indices);
  for (auto &[value, parameter] : parameters)
    parameter.gradient.assign(parameter.values.size(), 0);
  auto loss = [&](ArrayRef<float> logits) {
    std::vector<float> gradient;
    for (int64_t image = 0; image < group.count; ++image) {
      auto row = [&](ArrayRef<float> of) {
        return soften(of.slice(image * classes, classes));
      };
      for (auto [now, wanted] : llvm::zip_equal(row(logits), row(group.target)))
        gradient.push_back(static_cast<float>(now - wanted));
    }
    return gradient;
  };
  Error error = reference.differentiate(
      function, group.pixels, group.count, loss,
      [](OpResult result) {
        return isa<LinearOp, LayerNormOp>(result.getOwner());
      },
      [&](OpResult result, ArrayRef<float> values, ArrayRef<float> gradients,
          ArrayRef<int64_t> shape) {
        observe(result, values, gradients, shape.back());
      });
  if (error)
    return error;
  for (auto &[value, parameter] : parameters) {
    parameter.step(rate);
    parameter.write();
  }
  return Error::success();
}

/// Of the images `indices`, the mean of what is minimized.
Expected<double> Tuner::divergence(ArrayRef<int64_t> indices) {
  Group group = gather(indices);
  auto logits = reference.run(function, group.pixels, group.count);
  if (!logits)
    return logits.takeError();
  double sum = 0;
  for (int64_t image = 0; image < group.count; ++image) {
    auto row = [&](ArrayRef<float> of) {
      return soften(of.slice(image * classes, classes));
    };
    for (auto [now, wanted] : llvm::zip_equal(row(*logits), row(group.target)))
      if (wanted > 0)
        sum += wanted * std::log(wanted / std::max(now, 1e-300));
  }
  return sum / static_cast<double>(group.count);
}

/// Sees all of `seen` once, in a new order.
Error Tuner::runEpoch(std::vector<int64_t> &seen, double rate,
                      Progress &progress) {
  for (size_t i = seen.size(); i > 1; --i)
    std::swap(seen[i - 1], seen[random() % i]);
  for (size_t first = 0; first < seen.size(); first += kBatch) {
    size_t count = std::min<size_t>(kBatch, seen.size() - first);
    if (Error error = step(ArrayRef(seen).slice(first, count), rate))
      return error;
    progress.advance(static_cast<int64_t>(count));
  }
  return Error::success();
}

Error Tuner::tune(const TuneOptions &options) {
  // Of the rate, after an epoch that was of use, and after one that was not.
  constexpr double kDecay = 0.7, kRetreat = 0.3;
  std::vector<int64_t> seen, heldOut;
  for (int64_t i = 0; i < images.count; ++i)
    (i % kHeldOut == kHeldOut - 1 ? heldOut : seen).push_back(i);
  if (heldOut.empty() || options.epochs == 0)
    return Error::success();
  Expected<double> best = divergence(heldOut);
  if (!best)
    return best.takeError();
  result.before = result.after = *best;
  auto kept = parameters;
  double rate = options.rate;
  Progress progress("adjusting biases and layer norms, image",
                    static_cast<int64_t>(seen.size() * options.epochs));
  for (unsigned epoch = 0; epoch < options.epochs; ++epoch) {
    if (Error error = runEpoch(seen, rate, progress))
      return error;
    Expected<double> found = divergence(heldOut);
    if (!found)
      return found.takeError();
    if (*found < result.after) {
      result.after = *found;
      kept = parameters;
      rate *= kDecay;
    } else {
      parameters = kept;
      rate *= kRetreat;
    }
  }
  parameters = kept;
  for (auto &[value, parameter] : parameters)
    parameter.write();
  return Error::success();
}

Expected<TuneResult> deit::tuneAffine(FloatReference &reference,
                                      func::FuncOp function,
                                      const ImageBatch &images,
                                      ArrayRef<float> target,
                                      const TuneOptions &options) {
  Tuner tuner(reference, function, images, target);
  if (Error error = tuner.collect())
    return error;
  if (Error error = tuner.tune(options))
    return error;
  return tuner.result;
}
