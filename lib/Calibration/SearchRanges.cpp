// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures what ranges do to the logits.

#include "Observation.h"
#include "deit/Calibration/Calibration.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/FileIO.h"
#include <cmath>

using namespace deit;

/// The 8-bit codes that deit-quantize makes of `range` for `value`.
static CodeFormat formatFor(Value value, Range range) {
  if (rangeUse(value) == RangeUse::Symmetric)
    return {{affineCodes(mirror(range), 254).scale}, {0}, -127, 127, -1};
  AffineCodes codes = affineCodes(range, 255);
  return {{codes.scale}, {codes.zeroPoint}, 0, 255, -1};
}

static double logSumExp(ArrayRef<float> row) {
  double largest = *llvm::max_element(row), sum = 0;
  for (float value : row)
    sum += std::exp(value - largest);
  return largest + std::log(sum);
}

/// The sum over images of KL(softmax(logits) || softmax(changed)), in nats.
static double totalDivergence(ArrayRef<float> logits, ArrayRef<float> changed,
                              size_t classes) {
  double sum = 0;
  for (size_t begin = 0; begin < logits.size(); begin += classes) {
    ArrayRef<float> p = logits.slice(begin, classes);
    ArrayRef<float> q = changed.slice(begin, classes);
    double pTotal = logSumExp(p), qTotal = logSumExp(q);
    for (auto [pLogit, qLogit] : llvm::zip_equal(p, q)) {
      double logP = pLogit - pTotal;
      sum += std::exp(logP) * (logP - (qLogit - qTotal));
    }
  }
  return sum;
}

namespace {

/// The logits of the variants of some images, until those without are known.
struct Variant {
  RangeCandidate *candidate;
  std::vector<float> logits;
};

} // namespace

/// Adds the divergence on some images to what the candidates have.
static Error measureOn(FloatReference &reference, func::FuncOp function,
                       ArrayRef<uint8_t> pixels, int64_t count,
                       SearchCandidates &candidates) {
  std::vector<Variant> variants;
  auto formats = [&](OpResult result) {
    std::vector<CodeFormat> formats;
    auto found = candidates.find(result.getOwner());
    if (found != candidates.end())
      for (const RangeCandidate &each : found->second)
        formats.push_back(formatFor(result, each.range));
    return formats;
  };
  auto see = [&](OpResult result, size_t index, ArrayRef<float> logits) {
    variants.push_back(
        {&candidates.find(result.getOwner())->second[index], logits.vec()});
  };
  auto logits = reference.runVariants(function, pixels, count, formats, see);
  if (!logits)
    return logits.takeError();
  size_t classes = logits->size() / count;
  for (const Variant &variant : variants)
    variant.candidate->divergence +=
        totalDivergence(*logits, variant.logits, classes);
  return Error::success();
}

/// Fails where a divergence is no number.
static Error checkFinite(const SearchCandidates &candidates) {
  for (const auto &[op, each] : candidates)
    for (const RangeCandidate &candidate : each)
      if (!std::isfinite(candidate.divergence))
        return makeError("the logits are not finite when '" + modulePath(op) +
                         "' is rounded; choose another observer than search");
  return Error::success();
}

Error deit::measureCandidates(func::FuncOp function, const ImageBatch &images,
                              SearchCandidates &candidates) {
  // What the caches hold; attention alone is half a megabyte an image.
  constexpr int64_t kGroup = 4;
  Expected<FloatReference *> reference = loadFloatReference();
  if (!reference)
    return reference.takeError();
  for (auto &[op, each] : candidates)
    for (RangeCandidate &candidate : each)
      candidate.divergence = 0;
  ArrayRef<uint8_t> pixels = images.pixels;
  size_t bytes = pixels.size() / images.count;
  for (int64_t begin = 0; begin < images.count; begin += kGroup) {
    int64_t count = std::min(kGroup, images.count - begin);
    if (Error error = measureOn(**reference, function,
                                pixels.slice(begin * bytes, count * bytes),
                                count, candidates))
      return error;
  }
  for (auto &[op, each] : candidates)
    for (RangeCandidate &candidate : each)
      candidate.divergence /= static_cast<double>(images.count);
  return checkFinite(candidates);
}
