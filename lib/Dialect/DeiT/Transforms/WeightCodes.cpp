// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rounds weights to 8-bit codes.

#include "WeightCodes.h"
#include <cmath>

using namespace deit;

constexpr double kLargestCode = 127;

static double clampedCode(double value, double scale) {
  return std::clamp(std::nearbyint(value / scale), -kLargestCode, kLargestCode);
}

static double squaredError(ArrayRef<float> values, double scale) {
  double sum = 0;
  for (float value : values) {
    double error = value - scale * clampedCode(value, scale);
    sum += error * error;
  }
  return sum;
}

/// The scale for `values`; 0 if they are all 0.
static double chooseScale(ArrayRef<float> values, WeightRange range) {
  double largest = 0;
  for (float value : values)
    largest = std::max<double>(largest, std::abs(value));
  double full = largest / kLargestCode;
  if (range == WeightRange::MinMax || full == 0)
    return full;
  double best = full, least = squaredError(values, full);
  for (double part = 0.99; part > 0.4; part -= 0.01)
    if (double error = squaredError(values, full * part); error < least) {
      least = error;
      best = full * part;
    }
  return best;
}

/// Raises the scales of channels that are nearly dead: to what their bias
/// needs, and to a fraction of the largest scale, below which the multiplier
/// that brings all channels to one output scale would lose its precision.
static void floorScales(MutableArrayRef<double> scales, ArrayRef<float> bias,
                        double inputScale) {
  constexpr double kLargestBias = 1 << 28, kSmallestPart = 1.0 / (1 << 12);
  constexpr double kNothing = 1e-30; // a finer scale is no float
  double largest = *std::max_element(scales.begin(), scales.end());
  if (largest < kNothing)
    largest = 1;
  for (double &scale : scales)
    scale = std::max(scale, largest * kSmallestPart);
  for (auto [row, offset] : llvm::enumerate(bias)) {
    double &scale = scales[scales.size() == 1 ? 0 : row];
    scale = std::max(scale, std::abs(offset) / (inputScale * kLargestBias));
  }
}

WeightCodes deit::roundWeight(ArrayRef<float> weight, size_t rows,
                              ArrayRef<float> bias, double inputScale,
                              WeightRounding rounding, ArrayRef<double> steps) {
  WeightCodes result;
  bool perRow = !steps.empty() || rounding.scales == WeightScales::PerChannel;
  size_t groups = perRow ? rows : 1;
  size_t length = weight.size() / groups;
  result.scales.assign(steps.begin(), steps.end());
  for (size_t group = result.scales.size(); group < groups; ++group)
    result.scales.push_back(
        chooseScale(weight.slice(group * length, length), rounding.range));
  floorScales(result.scales, bias, inputScale);
  result.codes.reserve(weight.size());
  for (size_t i = 0; i < weight.size(); ++i)
    result.codes.push_back(
        static_cast<int8_t>(clampedCode(weight[i], result.scales[i / length])));
  return result;
}
