// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rounding, in double: a code is exact wherever its float is.

#include "Rounding.h"

using namespace deit;

/// To the nearest integer, halves to even, for |x| < 2^51: where doubles lie
/// 1 apart, the addition rounds. Unlike nearbyint it becomes vector code.
static inline double roundHalfEven(double x) {
  constexpr double kOneApart = 0x1.8p52;
  return (x + kOneApart) - kOneApart;
}

void deit::roundRun(float *values, int64_t count, const CodeFormat &format,
                    int64_t index) {
  double scale = format.scales[index];
  // Clamping first is the same, for the limits are integers, and keeps every
  // number small enough to round.
  double low = static_cast<double>(format.low - format.zeroPoints[index]);
  double high = static_cast<double>(format.high - format.zeroPoints[index]);
  for (int64_t i = 0; i < count; ++i) {
    double code = values[i] / scale;
    code = code < low ? low : code;
    code = code > high ? high : code;
    values[i] = static_cast<float>(roundHalfEven(code) * scale);
  }
}

void deit::roundRowToNumerators(float *values, int64_t count) {
  float largest = 0;
  for (int64_t i = 0; i < count; ++i)
    largest = values[i] > largest ? values[i] : largest;
  // Only a row that is no softmax has no largest value.
  if (!(largest > 0))
    return;
  double sum = 0, step = 255.0 / largest;
  for (int64_t i = 0; i < count; ++i) {
    double code = roundHalfEven(values[i] * step);
    values[i] = static_cast<float>(code);
    sum += code;
  }
  for (int64_t i = 0; i < count; ++i)
    values[i] = static_cast<float>(values[i] / sum);
}
