// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Real multipliers as the fixed-point ones of the `fxp` operations.

#include "deit/Quant/FixedPoint.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cmath>

using namespace deit;

static constexpr int kMinShift = 1, kMaxShift = 30, kMaxPreShift = 24;
/// Leaves an error of at most 1/16 of a result code to the first floor.
static constexpr int kGoodShift = 4;
static constexpr int32_t kMaxMultiplier = INT32_MAX;

/// Halves to even: the rounding mode that every program starts with.
static double roundHalfEven(double value) { return std::nearbyint(value); }

static std::string text(double value) {
  std::string result;
  llvm::raw_string_ostream(result) << llvm::format("%g", value);
  return result;
}

/// `ratio * 2^exponent`, rounded; a ratio just below a power of two must not
/// round up to the 32nd bit.
static int32_t multiplierFor(double ratio, int exponent) {
  double scaled = roundHalfEven(std::ldexp(ratio, exponent));
  return scaled >= kMaxMultiplier ? kMaxMultiplier : int32_t(scaled);
}

void deit::roundToUnit(MutableArrayRef<int32_t> values, double unit) {
  if (!(unit >= 2))
    return;
  int64_t step = int64_t(1) << std::min(std::ilogb(unit), 30);
  for (int32_t &value : values) {
    int64_t rounded = int64_t(roundHalfEven(double(value) / step)) * step;
    value = rounded > INT32_MAX ? rounded - step : rounded;
  }
}

//===----------------------------------------------------------------------===//
// Sums and residuals
//===----------------------------------------------------------------------===//

static Error checkRatio(double ratio) {
  if (std::isfinite(ratio) && ratio >= 0)
    return Error::success();
  return llvm::createStringError("expected a finite ratio of scales, found " +
                                 text(ratio));
}

Expected<Requantization> deit::makeRequantization(ArrayRef<double> ratios,
                                                  int64_t bound,
                                                  int64_t width) {
  double asked = 0;
  for (double ratio : ratios) {
    if (Error error = checkRatio(ratio))
      return std::move(error);
    asked = std::max(asked, ratio);
  }
  double largest = std::min(asked, double(width));
  int exponent = 0;
  std::frexp(largest, &exponent); // largest = f * 2^exponent, f in [0.5, 1)
  Requantization result;
  result.shift = std::clamp(-exponent, kGoodShift, kMaxShift);
  result.preShift = largest > 0 ? std::max(exponent + result.shift, 0) : 0;
  while (!canRequantize(bound, result.preShift, result.shift) &&
         result.preShift > 0 && result.shift > kMinShift)
    --result.preShift, --result.shift;
  if (result.preShift > kMaxPreShift ||
      !canRequantize(bound, result.preShift, result.shift))
    return llvm::createStringError(
        "a sum of up to " + Twine(bound) + " times " + text(asked) +
        " leaves 32 bits; expected a coarser scale of the result");
  for (double ratio : ratios)
    result.multipliers.push_back(multiplierFor(
        std::min(ratio, largest), 31 + result.shift - result.preShift));
  return result;
}

/// Of codes on both sides of 0 the coarsest ratio; a pre-shift of 16 leaves
/// room for them, but not for -32768.
static Rescale largestRescale(double ratio) {
  Rescale result;
  result.preShift = 16;
  result.shift = kMinShift;
  result.multiplier = multiplierFor(std::min(ratio, 32768.0), 16);
  return result;
}

Expected<Rescale> deit::makeRescale(double ratio, int64_t bound) {
  if (Error error = checkRatio(ratio))
    return std::move(error);
  int exponent = 0;
  std::frexp(ratio, &exponent);
  if (exponent > 14 && bound <= INT16_MAX)
    return largestRescale(ratio);
  // 16 bits leave room for 15 more, and the more the smaller the first floor;
  // a shift of 30 would halve the room.
  constexpr int most = kMaxShift - 1;
  Rescale result;
  result.preShift = std::clamp(most + exponent, 0, 15);
  result.shift = std::min(result.preShift - exponent, most);
  if (result.shift < kMinShift)
    return llvm::createStringError(
        "the scale of a residual is " + text(ratio) +
        " times the sum's; expected less than 2^14, or no code of -32768");
  result.multiplier = multiplierFor(ratio, 31 + result.shift - result.preShift);
  return result;
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

/// Exponents of numerators end below this, see fxp.softmax.
static constexpr int64_t kExponents = 17;

/// A step with the same numerators, some multiple of which lies between where
/// they are 0 for good and where exponents end.
static double representableStep(double step) {
  constexpr double kZero = 8.994353436858858; // log2 510: 255 * 2^-x is 1/2
  constexpr double kTwoSteps = double(kExponents) / 2;
  if (step >= kZero) // a score below the largest counts for nothing
    return kExponents - 1;
  // One step gives 1 and two give 0, here as there.
  return std::min(step, kTwoSteps * (1 - 0x1p-20));
}

Expected<SoftmaxScale> deit::makeSoftmaxScale(double scale) {
  constexpr double kLog2E = 1.4426950408889634;
  if (!(scale > 0 && std::isfinite(scale)))
    return llvm::createStringError(
        "expected scores of a scale that is positive and finite, found " +
        text(scale));
  double step = representableStep(scale * kLog2E);
  int exponent = 0;
  std::frexp(step * 65536, &exponent); // exponents are in Q16
  SoftmaxScale result;
  result.preShift = std::max(exponent, 0);
  result.multiplier = multiplierFor(step * 65536, 31 - result.preShift);
  // The largest d with (d << preShift) * multiplier >> 31 below 17 in Q16.
  int64_t below = ((kExponents * 65536 << 31) - 1) /
                  std::max<int64_t>(result.multiplier, 1);
  result.limit = std::min<int64_t>(below, INT32_MAX) >> result.preShift;
  return result;
}

Expected<NormalizeScale> deit::makeNormalizeScale(double ratio, int64_t bound) {
  if (Error error = checkRatio(ratio))
    return std::move(error);
  // A row's sum is at least 255, so the quotient stays below 2^31.
  constexpr int64_t most = (int64_t(255) << 31) - 1;
  for (int shift = kMaxShift; shift >= kMinShift; --shift) {
    double scaled = roundHalfEven(std::ldexp(ratio, shift + 31));
    if (scaled > double(most) || !canRequantize(bound, 0, shift))
      continue;
    NormalizeScale result;
    result.multiplier = int64_t(scaled);
    result.shift = shift;
    return result;
  }
  return llvm::createStringError(
      "the values' scale is " + text(ratio) +
      " times the result's, their sums up to " + Twine(bound) +
      "; expected a ratio below 127 and sums of 31 bits");
}

//===----------------------------------------------------------------------===//
// Layer norm and GELU
//===----------------------------------------------------------------------===//

static double largestOf(ArrayRef<float> values) {
  double largest = 0;
  for (float value : values)
    largest = std::max(largest, std::fabs(double(value)));
  return largest;
}

static std::vector<int32_t> scaled(ArrayRef<float> values, double scale,
                                   int exponent) {
  std::vector<int32_t> result;
  for (float value : values)
    result.push_back(
        int32_t(roundHalfEven(std::ldexp(value / scale, exponent))));
  return result;
}

double deit::finestLayerNormScale(ArrayRef<float> gamma, ArrayRef<float> beta) {
  // With the least shift, 1. The float that is nearest to the quotient may be
  // below it.
  constexpr double kRoom = 1 + 1e-9;
  return kRoom * std::max(largestOf(gamma) / ((1 << 19) - 1),
                          largestOf(beta) / (1 << 29));
}

Expected<LayerNormParameters>
deit::makeLayerNorm(ArrayRef<float> gamma, ArrayRef<float> beta, double epsilon,
                    double inputScale, double outputScale) {
  double gammaMost = largestOf(gamma) / outputScale;
  double betaMost = largestOf(beta) / outputScale;
  LayerNormParameters result;
  result.shift = 24;
  while (result.shift >= 1 &&
         !(std::ldexp(gammaMost, 11 + result.shift) < kMaxMultiplier - 1 &&
           std::ldexp(betaMost, result.shift) <= double(1 << 30)))
    --result.shift;
  if (result.shift < 1)
    return llvm::createStringError("gamma of up to " + text(gammaMost) +
                                   " and beta of up to " + text(betaMost) +
                                   " result codes, expected below 2^19 and "
                                   "2^29; the result's scale is too "
                                   "fine");
  double n = double(gamma.size());
  double varianceEpsilon =
      roundHalfEven(epsilon * n * n / (inputScale * inputScale));
  if (!(varianceEpsilon >= 0 && varianceEpsilon <= std::ldexp(1.0, 61)))
    return llvm::createStringError("an epsilon of " + text(epsilon) +
                                   " at an input scale of " + text(inputScale) +
                                   " leaves 62 bits; expected a coarser scale");
  result.epsilon = int64_t(varianceEpsilon);
  result.gamma = scaled(gamma, outputScale, 11 + result.shift);
  result.beta = scaled(beta, outputScale, result.shift);
  // A sixteenth of a result code, where the normalized value is 1.
  constexpr int kFraction = 4;
  roundToUnit(result.gamma, std::ldexp(1.0, 11 + result.shift - kFraction));
  roundToUnit(result.beta, std::ldexp(1.0, result.shift - kFraction));
  return result;
}

double deit::gelu(double x) {
  constexpr double kSqrtHalf = 0.70710678118654752;
  return 0.5 * x * std::erfc(-x * kSqrtHalf);
}

std::vector<uint8_t> deit::makeGeluTable(AffineScale input, AffineScale output,
                                         int64_t low, int64_t high,
                                         double limit) {
  std::vector<uint8_t> table(256);
  for (int64_t code = 0; code < 256; ++code) {
    double x = double(code - input.zeroPoint) * input.scale;
    double y = roundHalfEven(std::min(gelu(x), limit) / output.scale) +
               double(output.zeroPoint);
    table[code] = uint8_t(std::clamp(y, double(low), double(high)));
  }
  return table;
}
