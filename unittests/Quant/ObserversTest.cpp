// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests of histograms and of the choice of ranges.

#include "deit/Quant/Observers.h"
#include "deit/Quant/FixedPoint.h"
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
  EXPECT_EQ(histogram.counts().vec(), (std::vector<double>{1, 1, 1, 3}));
}

TEST(Histogram, OrderDoesNotMatter) {
  std::vector<float> values = normalValues(5000, 1);
  Histogram forward = Histogram::fromValues(values);
  std::reverse(values.begin(), values.end());
  EXPECT_EQ(forward.counts(), Histogram::fromValues(values).counts());
}

TEST(Histogram, WeightsValuesBySquaredFactors) {
  Histogram histogram({-1, 1}, 4);
  histogram.addSquares({-1, -0.9f, 0.1f, 1}, {2, 1, -3, 0});
  histogram.add({1, 1});
  EXPECT_EQ(histogram.counts().vec(), (std::vector<double>{5, 0, 9, 2}));
  EXPECT_EQ(histogram.total(), 16);
  Histogram again(histogram.range(), histogram.counts().vec());
  EXPECT_EQ(again.counts(), histogram.counts());
  EXPECT_EQ(again.quantile(0.5), histogram.quantile(0.5));
}

TEST(Histogram, ValuesBesideTheExtremesAreInTheOutermostBins) {
  Histogram histogram({-1, 1}, 4);
  histogram.add({-1.5f, 1.5f});
  EXPECT_EQ(histogram.counts().vec(), (std::vector<double>{1, 0, 0, 1}));
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

/// The squared error of codes 0 to 255 over the values themselves, each as
/// often as its squared factor says.
static double directWeighted(const std::vector<float> &values,
                             const std::vector<float> &factors, Range range) {
  double sum = 0, total = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    double square = static_cast<double>(factors[i]) * factors[i];
    sum += square * directError({values[i]}, range, 255);
    total += square;
  }
  return sum / total;
}

TEST(MseRange, WeightedValuesDecide) {
  // A few large values that a loss hangs on are kept, a few that it does not
  // hang on are cut.
  std::vector<float> values = normalValues(50000, 1);
  std::vector<float> factors(values.size(), 1);
  for (int i = 0; i < 300; ++i) {
    values.insert(values.end(), {20 - 0.01f * i, -30 + 0.01f * i});
    factors.insert(factors.end(), {20, 0.01f});
  }
  Histogram histogram({-30, 20});
  histogram.addSquares(values, factors);
  Range best = mseRange(histogram, 8, false);
  EXPECT_GT(best.high, 19);
  EXPECT_GT(best.low, -10);
  double least = directWeighted(values, factors, best);
  EXPECT_NEAR(quantizationError(histogram, best, 8, false), least,
              0.05 * least);
  EXPECT_LT(least, directWeighted(values, factors, {-30, 20}));
  EXPECT_LT(least,
            directWeighted(values, factors,
                           mseRange(Histogram::fromValues(values), 8, false)));
}

/// KL(P || Q) as entropyError describes it, bin by bin.
static double directEntropy(const Histogram &histogram, Range range,
                            int64_t steps) {
  AffineCodes codes = affineCodes(range, steps);
  size_t bins = histogram.counts().size();
  std::vector<double> p(bins, 0), q(bins, 0);
  std::vector<int64_t> code(bins);
  int first = -1, last = -1;
  for (size_t i = 0; i < bins; ++i) {
    code[i] = static_cast<int64_t>(std::floor(
        histogram.binCenter(i) / codes.scale + codes.zeroPoint + 0.5));
    if (code[i] < 0 || code[i] > steps)
      continue;
    first = first < 0 ? static_cast<int>(i) : first;
    last = static_cast<int>(i);
  }
  double inside = 0;
  for (size_t i = 0; i < bins; ++i) {
    double count = histogram.counts()[i];
    p[code[i] < 0 ? first : code[i] > steps ? last : i] += count;
    if (code[i] >= 0 && code[i] <= steps)
      inside += count;
  }
  for (int64_t c = 0; c <= steps; ++c) {
    double weight = 0, filled = 0;
    for (size_t i = 0; i < bins; ++i)
      if (code[i] == c) {
        weight += histogram.counts()[i];
        filled += p[i] > 0;
      }
    for (size_t i = 0; i < bins; ++i)
      if (code[i] == c)
        q[i] = std::max(weight, 1e-9 * histogram.total()) / filled;
  }
  double sum = 0;
  for (size_t i = 0; i < bins; ++i)
    if (p[i] > 0)
      sum += p[i] / histogram.total() *
             std::log(p[i] / histogram.total() / (q[i] / inside));
  return sum;
}

TEST(EntropyError, AgreesWithTheDefinition) {
  std::vector<float> values = normalValues(20000, 1);
  for (float &value : values)
    value += 0.4f;
  values.insert(values.end(), {9, -7, 8.5f});
  Histogram histogram = Histogram::fromValues(values);
  for (Range range : {Range{-7, 9}, Range{-2, 3}, Range{-0.5, 1}, Range{-4, 6},
                      Range{-6, 0.7}, Range{0, 3}})
    EXPECT_NEAR(entropyError(histogram, range, 8, false),
                directEntropy(histogram, range, 255), 1e-9)
        << range.low << " to " << range.high;
  EXPECT_NEAR(entropyError(histogram, {-3, 2}, 8, true),
              directEntropy(histogram, {-3, 3}, 254), 1e-9);
}

TEST(EntropyError, CodesNarrowerThanBinsAreNone) {
  Histogram histogram = Histogram::fromValues({-1, 0, 1}, 512);
  EXPECT_EQ(entropyError(histogram, {-0.2, 0.2}, 8, false), HUGE_VAL);
  EXPECT_LT(entropyError(histogram, {-1, 1}, 8, false), HUGE_VAL);
}

TEST(EntropyRange, NoRangeIsMuchBetter) {
  std::vector<float> values = normalValues(100000, 1);
  values.insert(values.end(), {-5, 20});
  Histogram histogram = Histogram::fromValues(values);
  Range best = entropyRange(histogram, 8, false);
  double least = directEntropy(histogram, best, 255);
  EXPECT_LT(best.high, 10);
  EXPECT_LT(least, 0.9 * directEntropy(histogram, minMaxRange(histogram), 255));
  for (double low = -6; low < -1; low += 0.5)
    for (double high = 1; high < 22; high += 0.5)
      EXPECT_LT(least, 1.1 * directEntropy(histogram, {low, high}, 255) + 1e-4);
}

TEST(EntropyRange, ConstantsAndSymmetry) {
  Range zeros = entropyRange(Histogram::fromValues({0, 0}), 8, true);
  EXPECT_EQ(zeros.low, 0);
  EXPECT_EQ(zeros.high, 0);
  EXPECT_EQ(entropyRange(Histogram::fromValues({2.5, 2.5}), 8, false).high,
            2.5);
  std::vector<float> values = normalValues(10000, 1);
  values.push_back(30);
  Range best = entropyRange(Histogram::fromValues(values), 8, true);
  EXPECT_EQ(best.low, -best.high);
  EXPECT_LT(best.high, 30);
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
