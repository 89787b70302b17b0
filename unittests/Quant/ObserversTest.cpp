// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests of histograms and of the choice of ranges.

#include "deit/Quant/Observers.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <random>

using namespace deit;

/// Repeatable values of a normal distribution (Box-Muller: the standard
/// library's distribution differs between implementations).
static std::vector<float> normalValues(size_t count, double deviation) {
  std::mt19937_64 engine(1);
  auto uniform = [&] { return ((engine() >> 11) + 0.5) * 0x1p-53; };
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i)
    values.push_back(deviation * std::sqrt(-2 * std::log(uniform())) *
                     std::cos(2 * M_PI * uniform()));
  return values;
}

/// The mean squared error of codes 0 to `steps` over the values themselves.
static double directError(const std::vector<float> &values, Range range,
                          int64_t steps) {
  auto [scale, zeroPoint] = affineCodes(range, steps);
  double sum = 0;
  for (double x : values) {
    double code = std::nearbyint(x / scale) + zeroPoint;
    code = std::min<double>(std::max(code, 0.0), steps);
    double error = x - scale * (code - zeroPoint);
    sum += error * error;
  }
  return sum / values.size();
}

TEST(AffineCodes, ZeroHasACode) {
  AffineCodes codes = affineCodes({2, 5}, 255);
  EXPECT_EQ(codes.zeroPoint, 0);
  EXPECT_DOUBLE_EQ(codes.scale, 5.0 / 255);
  codes = affineCodes({-5, -2}, 255);
  EXPECT_EQ(codes.zeroPoint, 255);
  codes = affineCodes({-1, 3}, 255);
  EXPECT_EQ(codes.zeroPoint, 64);
  EXPECT_DOUBLE_EQ(codes.scale, 4.0 / 255);
}

TEST(AffineCodes, EmptyRange) {
  for (double high : {0.0, 1e-300, 1e-13}) {
    AffineCodes codes = affineCodes({0, high}, 255);
    EXPECT_EQ(codes.scale, kEmptyScale);
    EXPECT_EQ(codes.zeroPoint, 0);
  }
}

TEST(Range, UniteAndMirror) {
  Range range = mirror(unite({-3, 1}, {0, 2}));
  EXPECT_EQ(range.low, -3);
  EXPECT_EQ(range.high, 3);
}

TEST(Histogram, CountsEveryValueOnce) {
  Histogram histogram = Histogram::fromValues({-1, -0.5, 0, 0.5, 1, 1}, 4);
  EXPECT_EQ(histogram.total(), 6u);
  EXPECT_EQ(histogram.range().low, -1);
  EXPECT_EQ(histogram.range().high, 1);
  EXPECT_EQ(histogram.counts().vec(), (std::vector<uint64_t>{1, 1, 1, 3}));
}

TEST(Histogram, OrderDoesNotMatter) {
  std::vector<float> values = normalValues(5000, 1);
  Histogram forward = Histogram::fromValues(values);
  std::reverse(values.begin(), values.end());
  EXPECT_EQ(forward.counts(), Histogram::fromValues(values).counts());
}

TEST(Histogram, OneValue) {
  Histogram histogram = Histogram::fromValues({2.5, 2.5, 2.5});
  EXPECT_EQ(histogram.total(), 3u);
  EXPECT_EQ(histogram.quantile(0.5), 2.5);
  Range range = mseRange(histogram, 8, false);
  EXPECT_GE(range.high, 2.4);
  EXPECT_EQ(range.low, 0);
}

TEST(Histogram, Zeros) {
  Histogram histogram = Histogram::fromValues({0, 0});
  Range range = mseRange(histogram, 8, true);
  EXPECT_EQ(range.low, 0);
  EXPECT_EQ(range.high, 0);
  EXPECT_EQ(geluRange(histogram, {0, 0}).high, 0);
}

TEST(PercentileRange, CutsEitherEnd) {
  std::vector<float> values;
  for (int i = 0; i <= 10000; ++i)
    values.push_back(i);
  Range range = percentileRange(Histogram::fromValues(values), 99);
  EXPECT_NEAR(range.low, 100, 4);
  EXPECT_NEAR(range.high, 9900, 4);
  range = percentileRange(Histogram::fromValues(values), 100);
  EXPECT_NEAR(range.low, 0, 4);
  EXPECT_EQ(range.high, 10000);
}

TEST(QuantizationError, AgreesWithTheValuesThemselves) {
  std::vector<float> values = normalValues(200000, 1);
  Histogram histogram = Histogram::fromValues(values);
  for (Range range : {Range{-5, 5}, Range{-2, 2}, Range{-0.5, 3}}) {
    double direct = directError(values, range, 255);
    EXPECT_NEAR(quantizationError(histogram, range, 8, false), direct,
                0.02 * direct);
  }
  double direct = directError(values, {-3, 3}, 254);
  EXPECT_NEAR(quantizationError(histogram, {-3, 3}, 8, true), direct,
              0.02 * direct);
}

TEST(QuantizationError, BinsWiderThanSteps) {
  std::vector<float> values = normalValues(200000, 1);
  values.push_back(100); // bins of 0.025
  Histogram histogram = Histogram::fromValues(values);
  double direct = directError(values, {-1.5, 1.5}, 255); // steps of 0.012
  EXPECT_NEAR(quantizationError(histogram, {-1.5, 1.5}, 8, false), direct,
              0.02 * direct);
}

TEST(MseRange, NoRangeIsMuchBetter) {
  std::vector<float> values = normalValues(100000, 1);
  values.push_back(-5);
  values.push_back(20);
  Histogram histogram = Histogram::fromValues(values);
  Range best = mseRange(histogram, 8, false);
  double least = quantizationError(histogram, best, 8, false);
  EXPECT_LT(least, 0.9 * directError(values, minMaxRange(histogram), 255));
  for (double low = -6; low < -1; low += 0.25)
    for (double high = 1; high < 22; high += 0.25)
      EXPECT_LT(least,
                1.03 * quantizationError(histogram, {low, high}, 8, false));
}

TEST(MseRange, SymmetricRangesAre) {
  std::vector<float> values = normalValues(10000, 1);
  values.push_back(30);
  Range best = mseRange(Histogram::fromValues(values), 8, true);
  EXPECT_EQ(best.low, -best.high);
  EXPECT_LT(best.high, 30);
  EXPECT_GT(best.high, 3);
}

TEST(GeluRange, LeavesTheNegativeTailOut) {
  std::vector<float> values = normalValues(50000, 6);
  for (float &value : values)
    value -= 6;
  Histogram histogram = Histogram::fromValues(values);
  Range output{-0.17, std::max(0.0, gelu(histogram.range().high))};
  Range best = geluRange(histogram, output);
  EXPECT_GT(best.low, -6);
  EXPECT_LE(best.low, -0.75);
  EXPECT_GT(best.high, 0.7 * histogram.range().high);
  EXPECT_LT(geluError(histogram, best, output),
            0.7 * geluError(histogram, minMaxRange(histogram), output));
}

TEST(GeluError, KnownValues) {
  EXPECT_NEAR(gelu(1), 0.8413447460685429, 1e-15);
  EXPECT_NEAR(gelu(-1), -0.15865525393145707, 1e-15);
  EXPECT_EQ(gelu(0), 0);
  // One value of which both operand and output have a code.
  Histogram histogram = Histogram::fromValues({10, 10});
  EXPECT_NEAR(geluError(histogram, {0, 10}, {0, 10}), 0, 1e-12);
}
