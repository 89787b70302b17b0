// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs a float model and gathers statistics of its values.

#include "deit/Calibration/Calibration.h"
#include "deit/Calibration/Observation.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/FileIO.h"
#include "llvm/Support/xxhash.h"
#include <algorithm>
#include <cmath>
#include <random>

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

//===----------------------------------------------------------------------===//
// One value
//===----------------------------------------------------------------------===//

/// What there is to know about each channel of `values`.
static std::vector<ChannelStatistics> describeChannels(ArrayRef<float> values,
                                                       int64_t channels) {
  std::vector<double> means = channelMeans(values, channels);
  std::vector<double> squares(channels, 0);
  std::vector<float> least(values.begin(), values.begin() + channels);
  std::vector<float> most = least;
  size_t rows = values.size() / channels;
  for (size_t row = 0; row < rows; ++row)
    for (int64_t c = 0; c < channels; ++c) {
      float value = values[row * channels + c];
      least[c] = std::min(least[c], value);
      most[c] = std::max(most[c], value);
      squares[c] += (value - means[c]) * (value - means[c]);
    }
  std::vector<ChannelStatistics> result;
  result.reserve(channels);
  for (int64_t c = 0; c < channels; ++c)
    result.push_back({least[c], most[c], static_cast<float>(means[c]),
                      static_cast<float>(squares[c] / rows)});
  return result;
}

/// Mean, variance and kurtosis of all of `values`.
static void describeMoments(ArrayRef<float> values,
                            ActivationStatistics &activation) {
  double sum = 0, second = 0, fourth = 0;
  for (float value : values)
    sum += value;
  double count = static_cast<double>(values.size());
  activation.mean = sum / count;
  for (float value : values) {
    double square = (value - activation.mean) * (value - activation.mean);
    second += square;
    fourth += square * square;
  }
  activation.variance = second / count;
  if (second > 0)
    activation.kurtosis = fourth * count / (second * second);
}

ActivationStatistics deit::describeValues(ArrayRef<float> values,
                                          int64_t channels) {
  ActivationStatistics result;
  result.histogram = Histogram::fromValues(values);
  describeMoments(values, result);
  if (channels)
    result.channels = describeChannels(values, channels);
  return result;
}

static ActivationStatistics describeActivation(OpResult result,
                                               ArrayRef<float> values,
                                               ArrayRef<int64_t> shape) {
  ActivationStatistics activation =
      describeValues(values, isAttention(result) ? 0 : shape.back());
  Operation *op = result.getOwner();
  activation.path = modulePath(op).str();
  activation.operation = op->getName().getStringRef().str();
  return activation;
}

//===----------------------------------------------------------------------===//
// Forwards
//===----------------------------------------------------------------------===//

/// Runs `function` and describes all that it computes.
static Error observeForward(FloatReference &reference, func::FuncOp function,
                            const ImageBatch &images,
                            ModelStatistics &statistics) {
  std::string notFinite;
  auto observer = [&](OpResult result, ArrayRef<float> values,
                      ArrayRef<int64_t> shape) {
    Operation *op = result.getOwner();
    if (!notFinite.empty() || sourceOf(op) != op)
      return;
    if (!llvm::all_of(values, [](float x) { return std::isfinite(x); }))
      notFinite = modulePath(op).str();
    else
      statistics.activations.push_back(
          describeActivation(result, values, shape));
  };
  auto logits = reference.run(function, images.pixels, images.count,
                              /*hook=*/nullptr, observer);
  if (!logits)
    return logits.takeError();
  if (notFinite.empty())
    return Error::success();
  return makeError("the activations of '" + notFinite +
                   "' are not all finite; the model's weights are not finite "
                   "or too large for floats");
}

//===----------------------------------------------------------------------===//
// Backwards
//===----------------------------------------------------------------------===//

namespace {

/// Draws vectors v whose expected v v^T is the Fisher information of the
/// logits, diag(p) - p p^T with p = softmax(logits): what gradients of the
/// log-likelihood have for labels drawn from p. With random signs r,
/// v = sqrt(p) r - p (sqrt(p) . r); unlike a drawn label, which is nearly
/// always the likeliest, each of them tells something.
class FisherVectors {
public:
  explicit FisherVectors(size_t classes) : classes(classes), engine(1) {}

  /// One for every row of `logits`.
  std::vector<float> draw(ArrayRef<float> logits);

private:
  void drawRow(ArrayRef<float> logits, MutableArrayRef<float> result);

  size_t classes;
  std::mt19937_64 engine;
};

} // namespace

void FisherVectors::drawRow(ArrayRef<float> logits,
                            MutableArrayRef<float> result) {
  double largest = *llvm::max_element(logits), sum = 0, product = 0;
  for (float logit : logits)
    sum += std::exp(logit - largest);
  std::vector<double> p, signs;
  for (float logit : logits) {
    p.push_back(std::exp(logit - largest) / sum);
    signs.push_back(engine() >> 63 ? 1 : -1);
    product += std::sqrt(p.back()) * signs.back();
  }
  for (auto [value, weight, sign] : llvm::zip_equal(result, p, signs))
    value = static_cast<float>(std::sqrt(weight) * sign - weight * product);
}

std::vector<float> FisherVectors::draw(ArrayRef<float> logits) {
  std::vector<float> result(logits.size());
  for (size_t i = 0; i < logits.size(); i += classes)
    drawRow(logits.slice(i, classes),
            MutableArrayRef(result).slice(i, classes));
  return result;
}

/// Weighs the values by the squares of their gradients, on the first images.
static Error observeBackward(FloatReference &reference, func::FuncOp function,
                             const ImageBatch &images,
                             ModelStatistics &statistics) {
  // All activations of a group are in memory at once.
  constexpr int64_t kGroup = 4;
  llvm::DenseMap<Operation *, ActivationStatistics *> wanted;
  for (auto [op, activation] :
       llvm::zip_equal(observedOperations(function), statistics.activations))
    if (!isAttention(op->getResult(0))) {
      wanted[op] = &activation;
      activation.fisher.emplace(activation.histogram.range());
    }
  size_t classes = cast<ShapedType>(function.getResultTypes()[0]).getDimSize(1);
  FisherVectors vectors(classes);
  ArrayRef<uint8_t> pixels = images.pixels;
  size_t bytes = pixels.size() / images.count;
  for (int64_t begin = 0; begin < statistics.fisherImages; begin += kGroup) {
    int64_t count = std::min(kGroup, statistics.fisherImages - begin);
    Error error = reference.differentiate(
        function, pixels.slice(begin * bytes, count * bytes), count,
        [&](ArrayRef<float> logits) { return vectors.draw(logits); },
        [&](OpResult result) { return wanted.contains(result.getOwner()); },
        [&](OpResult result, ArrayRef<float> values, ArrayRef<float> gradients,
            ArrayRef<int64_t>) {
          wanted[result.getOwner()]->fisher->addSquares(values, gradients);
        });
    if (error)
      return error;
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// The model
//===----------------------------------------------------------------------===//

Expected<uint64_t> deit::modelFingerprint(func::FuncOp function) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (Operation &op : function.getBody().front()) {
    os << op.getName() << ' ' << modulePath(&op) << ' ' << op.getResultTypes()
       << '\n';
    auto constant = dyn_cast<ConstantOp>(op);
    if (!constant)
      continue;
    FailureOr<std::vector<float>> values =
        readFloatConstant(constant.getResult());
    if (failed(values))
      return makeError("'" + modulePath(&op) +
                       "' is no readable float constant; statistics are of "
                       "float models");
    ArrayRef<float> floats = *values;
    os << llvm::xxh3_64bits(
        ArrayRef(reinterpret_cast<const uint8_t *>(floats.data()),
                 floats.size() * sizeof(float)));
  }
  return llvm::xxh3_64bits(text);
}

Expected<ModelStatistics> deit::gatherStatistics(func::FuncOp function,
                                                 const ImageBatch &images,
                                                 bool fisher) {
  // Gradients vary less than what they are summed up to.
  constexpr int64_t kFisherImages = 32;
  Expected<FloatReference *> reference = loadFloatReference();
  if (!reference)
    return reference.takeError();
  Expected<uint64_t> fingerprint = modelFingerprint(function);
  if (!fingerprint)
    return fingerprint.takeError();
  ModelStatistics statistics;
  statistics.fingerprint = *fingerprint;
  statistics.images = images.count;
  if (Error error = observeForward(**reference, function, images, statistics))
    return error;
  if (!fisher)
    return statistics;
  statistics.fisherImages = std::min(kFisherImages, images.count);
  if (Error error = observeBackward(**reference, function, images, statistics))
    return error;
  return statistics;
}
