// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses the ranges that quantized activations cover.

#include "deit/Quant/Observers.h"
#include "deit/Quant/FixedPoint.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <algorithm>
#include <array>
#include <cmath>

using namespace deit;

//===----------------------------------------------------------------------===//
// Ranges and codes
//===----------------------------------------------------------------------===//

Range deit::unite(Range a, Range b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

Range deit::mirror(Range range) {
  double magnitude = std::max(std::abs(range.low), std::abs(range.high));
  return {-magnitude, magnitude};
}

static Range withZero(Range range) { return unite(range, {0, 0}); }

AffineCodes deit::affineCodes(Range range, int64_t steps) {
  range = withZero(range);
  double scale = (range.high - range.low) / steps;
  // A tensor of zeros, or of what is nothing beside them. Products of two such
  // scales are still those of a type; and a layer of them needs no codes
  // coarser than its bias.
  if (!(scale > 1e-15))
    return {kEmptyScale, 0};
  return {scale, std::llround(-range.low / scale)};
}

//===----------------------------------------------------------------------===//
// Search
//===----------------------------------------------------------------------===//

/// The range in `full` with the least `error`: both ends are moved towards 0,
/// first together, then in turn, by the same factor each step. Ranges that
/// reach further than the values are never better.
static Range searchRange(Range full, llvm::function_ref<double(Range)> error) {
  constexpr int kSteps = 160;      // down to 0.8 % of the full range
  constexpr double kFactor = 0.97; // each
  Range best = full;
  double least = error(full);
  auto consider = [&](Range range) {
    double found = error(range);
    if (!(found < least))
      return false;
    least = found;
    best = range;
    return true;
  };
  for (double part = 1; part > std::pow(kFactor, kSteps); part *= kFactor)
    consider({full.low * part, full.high * part});
  for (bool better = true; better;) {
    better = false;
    for (double part = 1; part > std::pow(kFactor, kSteps); part *= kFactor)
      better |= consider({full.low * part, best.high});
    for (double part = 1; part > std::pow(kFactor, kSteps); part *= kFactor)
      better |= consider({best.low, full.high * part});
  }
  return best;
}

Range deit::minMaxRange(const Histogram &histogram) {
  return histogram.range();
}

Range deit::percentileRange(const Histogram &histogram, double percentile) {
  return {histogram.quantile(1 - percentile / 100),
          histogram.quantile(percentile / 100)};
}

/// Integral from 0 to u of the squared distance to the nearest of the codes
/// 0 to `steps`.
static double squaredDistanceIntegral(double u, double steps) {
  double code = std::clamp(std::nearbyint(u), 0.0, steps);
  double distance = u - code;
  return code / 12 + distance * distance * distance / 3;
}

/// What the codes of a range are, as mseRange searches them.
static AffineCodes codesFor(Range range, unsigned bits, bool symmetric,
                            int64_t &steps) {
  steps = (int64_t(1) << bits) - (symmetric ? 2 : 1);
  return affineCodes(symmetric ? mirror(range) : range, steps);
}

double deit::quantizationError(const Histogram &histogram, Range range,
                               unsigned bits, bool symmetric) {
  int64_t steps;
  auto [scale, zeroPoint] = codesFor(range, bits, symmetric, steps);
  // Values are spread evenly within a bin, so that bins may be wider or
  // narrower than a code's step.
  double width = std::max(histogram.binWidth() / scale, 1e-9);
  double sum = 0;
  for (auto [index, count] : llvm::enumerate(histogram.counts())) {
    if (!count)
      continue;
    double u = histogram.binEdge(index) / scale + zeroPoint;
    sum += count * (squaredDistanceIntegral(u + width, steps) -
                    squaredDistanceIntegral(u, steps));
  }
  return sum / width * scale * scale / histogram.total();
}

/// The range with the least `error` for the values of `histogram`.
static Range bestRange(const Histogram &histogram, bool symmetric,
                       llvm::function_ref<double(Range)> error) {
  Range full =
      symmetric ? mirror(histogram.range()) : withZero(histogram.range());
  Range best = searchRange(full, error);
  return symmetric ? mirror(best) : best;
}

Range deit::mseRange(const Histogram &histogram, unsigned bits,
                     bool symmetric) {
  return bestRange(histogram, symmetric, [&](Range range) {
    return quantizationError(histogram, range, bits, symmetric);
  });
}

//===----------------------------------------------------------------------===//
// Entropy
//===----------------------------------------------------------------------===//

namespace {

/// Evaluates candidates by their entropyError. Running sums over the bins make
/// that a matter of the codes' number, not of the bins'.
class EntropyErrors {
public:
  explicit EntropyErrors(const Histogram &histogram);

  double operator()(AffineCodes codes, int64_t steps) const;

private:
  size_t binsBelow(double value) const;
  double codeLoss(size_t first, size_t last, size_t edge, double clipped) const;

  const Histogram &histogram;
  // Of the bins before each: their weight, the sum of weight * log(weight), and
  // how many are not empty.
  std::vector<double> weight, information, filled;
};

} // namespace

static double timesLog(double x) { return x > 0 ? x * std::log(x) : 0; }

EntropyErrors::EntropyErrors(const Histogram &histogram)
    : histogram(histogram), weight(1), information(1), filled(1) {
  for (double count : histogram.counts()) {
    weight.push_back(weight.back() + count);
    information.push_back(information.back() + timesLog(count));
    filled.push_back(filled.back() + (count > 0));
  }
}

/// How many bins have their centre below `value`.
size_t EntropyErrors::binsBelow(double value) const {
  double bins = static_cast<double>(histogram.counts().size());
  double position = (value - histogram.range().low) / histogram.binWidth();
  return static_cast<size_t>(std::clamp(std::ceil(position - 0.5), 0.0, bins));
}

/// The sum of p * (log p - log q) over the bins of a code, `first` up to
/// `last`; what is `clipped` lies in bin `edge` of them.
double EntropyErrors::codeLoss(size_t first, size_t last, size_t edge,
                               double clipped) const {
  double inside = weight[last] - weight[first];
  if (first == last || !(inside + clipped > 0))
    return 0;
  double bins = filled[last] - filled[first];
  double sum = information[last] - information[first];
  if (clipped > 0) {
    double before = weight[edge + 1] - weight[edge];
    sum += timesLog(before + clipped) - timesLog(before);
    bins += !(before > 0);
  }
  // Where there are none but clipped values, Q has next to nothing.
  double known = std::max(inside, 1e-9 * weight.back());
  return sum - (inside + clipped) * std::log(known / bins);
}

double EntropyErrors::operator()(AffineCodes codes, int64_t steps) const {
  if (!(histogram.binWidth() > 0))
    return 0;
  auto endOf = [&](int64_t code) {
    return binsBelow(codes.scale * (code + 0.5 - codes.zeroPoint));
  };
  size_t begin = endOf(-1), end = endOf(steps);
  double total = weight.back(), inside = weight[end] - weight[begin];
  if (codes.scale < histogram.binWidth() || !(inside > 0))
    return HUGE_VAL;
  double sum = 0;
  size_t first = begin;
  for (int64_t code = 0; code <= steps; ++code) {
    size_t last = endOf(code);
    // What is clipped on both sides never has the same code.
    if (first == begin && weight[begin] > 0)
      sum += codeLoss(first, last, begin, weight[begin]);
    else
      sum +=
          codeLoss(first, last, end - 1, last == end ? total - weight[end] : 0);
    first = last;
  }
  return sum / total + std::log(inside / total);
}

double deit::entropyError(const Histogram &histogram, Range range,
                          unsigned bits, bool symmetric) {
  int64_t steps;
  AffineCodes codes = codesFor(range, bits, symmetric, steps);
  return EntropyErrors(histogram)(codes, steps);
}

Range deit::entropyRange(const Histogram &histogram, unsigned bits,
                         bool symmetric) {
  EntropyErrors errors(histogram);
  return bestRange(histogram, symmetric, [&](Range range) {
    int64_t steps;
    AffineCodes codes = codesFor(range, bits, symmetric, steps);
    return errors(codes, steps);
  });
}

//===----------------------------------------------------------------------===//
// GELU
//===----------------------------------------------------------------------===//

/// The value that the 8-bit code of `x` stands for.
static double roundTrip(double x, AffineCodes codes) {
  double code = std::nearbyint(x / codes.scale) + codes.zeroPoint;
  return codes.scale * (std::clamp(code, 0.0, 255.0) - codes.zeroPoint);
}

namespace {

/// Evaluates candidates for the range of GELU's operand.
class GeluErrors {
public:
  GeluErrors(const Histogram &operand, Range output, double limit)
      : operand(operand), output(affineCodes(output, 255)), limit(limit) {
    for (size_t i = 0; i < operand.counts().size(); ++i)
      exact.push_back(limited(operand.binCenter(i)));
  }

  double operator()(Range range) const {
    AffineCodes input = affineCodes(range, 255);
    std::array<double, 256> table;
    for (int code = 0; code < 256; ++code)
      table[code] =
          roundTrip(limited(input.scale * (code - input.zeroPoint)), output);
    double sum = 0;
    for (auto [index, count] : llvm::enumerate(operand.counts())) {
      if (!count)
        continue;
      double code = std::nearbyint(operand.binCenter(index) / input.scale) +
                    input.zeroPoint;
      double error =
          exact[index] - table[static_cast<int>(std::clamp(code, 0.0, 255.0))];
      sum += count * error * error;
    }
    return sum / operand.total();
  }

private:
  double limited(double x) const { return std::min(gelu(x), limit); }

  const Histogram &operand;
  AffineCodes output;
  double limit;
  std::vector<double> exact;
};

} // namespace

double deit::geluError(const Histogram &operand, Range range, Range output,
                       double limit) {
  return GeluErrors(operand, output, limit)(range);
}

Range deit::geluRange(const Histogram &operand, Range output, double limit) {
  GeluErrors errors(operand, output, limit);
  return searchRange(withZero(operand.range()),
                     [&](Range range) { return errors(range); });
}
