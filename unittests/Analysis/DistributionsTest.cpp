// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests of distributions, against sums over the values themselves.

#include "deit/Analysis/Distributions.h"
#include "Depth.h"
#include "deit/Quant/Observers.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace deit;

TEST(Distribution, MomentsAreThoseOfTheValues) {
  std::vector<float> values = {0, 1, 2, 3, 4, -1, 5, 2};
  Distribution found = distributionOfWeights(values, 1);
  // Deviations -2, -1, 0, 1, 2, -3, 3, 0: their squares add up to 28, their
  // fourth powers to 196.
  EXPECT_EQ(found.count, 8);
  EXPECT_EQ(found.minimum, -1);
  EXPECT_EQ(found.maximum, 5);
  EXPECT_NEAR(found.mean, 2, 1e-12);
  EXPECT_NEAR(found.deviation, std::sqrt(28.0 / 8), 1e-12);
  EXPECT_NEAR(found.kurtosis, 196.0 / 8 / (28.0 / 8 * 28.0 / 8), 1e-12);
}

TEST(Distribution, ConstantsHaveNoTails) {
  Distribution found = distributionOfWeights({3, 3, 3, 3}, 2);
  EXPECT_EQ(found.deviation, 0);
  EXPECT_EQ(found.kurtosis, 0);
  EXPECT_EQ(found.outlierPercent, 0);
  EXPECT_FALSE(found.channelSpread); // the median range is 0
}

TEST(Distribution, OutliersAreBeyondSixDeviations) {
  std::vector<float> values(1000);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = i % 2 ? 1 : -1;
  values[10] = 40;
  values[20] = -40;
  values[30] = 5; // some 3 deviations
  double mean = 0, square = 0, outside = 0;
  for (float value : values)
    mean += value / 1000.0;
  for (float value : values)
    square += (value - mean) * (value - mean) / 1000;
  for (float value : values)
    outside += std::abs(value - mean) > 6 * std::sqrt(square);
  ASSERT_EQ(outside, 2);
  EXPECT_NEAR(distributionOfWeights(values, 1).outlierPercent, 0.2, 1e-12);
}

TEST(Distribution, ChannelsOfWeightsAreRows) {
  // Ranges 2, 4, 10 and 1: the median is 3.
  Distribution found = distributionOfWeights({-1, 1, 0, 4, -5, 5, 0, 1}, 4);
  EXPECT_EQ(found.channelLows, (std::vector<float>{-1, 0, -5, 0}));
  EXPECT_EQ(found.channelHighs, (std::vector<float>{1, 4, 5, 1}));
  ASSERT_TRUE(found.channelSpread);
  EXPECT_NEAR(*found.channelSpread, 10.0 / 3, 1e-12);
}

TEST(Distribution, BinsHoldAllValues) {
  std::mt19937_64 engine(1);
  std::vector<float> values;
  for (int i = 0; i < 5000; ++i)
    values.push_back(static_cast<float>(engine() % 1000) / 7);
  Distribution found = distributionOfWeights(values, 5);
  EXPECT_LE(found.bins.size(), 128u);
  double total = 0;
  for (double each : found.bins)
    total += each;
  EXPECT_EQ(total, 5000);
  // The first bin, counted again.
  double width = (found.range.high - found.range.low) / found.bins.size();
  double first = llvm::count_if(
      values, [&](float value) { return value < found.range.low + width; });
  EXPECT_EQ(found.bins.front(), first);
}

TEST(Median, OfEvenManyIsTheMiddleOfTwo) {
  EXPECT_EQ(medianOf({5, 1, 3}), 3.0);
  EXPECT_EQ(medianOf({5, 1, 3, 4}), 3.5);
  EXPECT_EQ(medianOf({}), std::nullopt);
}

TEST(CodeUse, CountsCodesThatOccur) {
  // 0 to 255, of which 40 values are 0, and 100, 101 and 255 occur once.
  std::vector<float> values(40, 0);
  for (float value : {100, 101, 255})
    values.push_back(value);
  Histogram histogram = Histogram::fromValues(values);
  AffineCodes codes = affineCodes(histogram.range(), 255);
  CodeUse use =
      useOf(histogram, {{codes.scale}, {codes.zeroPoint}, 0, 255, -1});
  EXPECT_EQ(use.used, 4);
  EXPECT_EQ(use.of, 256);
  // An even share is 43 / 256, a hundredth of it less than a value.
  EXPECT_NEAR(use.deadPercent, 100.0 * 252 / 256, 1e-12);
  EXPECT_NEAR(use.clippedPercent, 0, 1e-12);
  EXPECT_NEAR(use.low, 0, 1e-12);
  EXPECT_NEAR(use.high, 255, 1e-9);
}

TEST(CodeUse, CodesWithNextToNothingAreDead) {
  // A thousand each of 0 to 99, and one 255: an even share is 390.6.
  std::vector<float> values;
  for (int i = 0; i < 100; ++i)
    values.insert(values.end(), 1000, static_cast<float>(i));
  values.push_back(255);
  Histogram histogram = Histogram::fromValues(values);
  CodeUse use = useOf(histogram, {{1}, {0}, 0, 255, -1});
  EXPECT_EQ(use.used, 101);
  EXPECT_NEAR(use.deadPercent, 100.0 * 156 / 256, 1e-12);
}

TEST(CodeUse, WhatIsBeyondIsClipped) {
  std::vector<float> values = {-4, 0, 1, 2, 3, 4, 5, 6, 7, 30};
  Histogram histogram = Histogram::fromValues(values);
  CodeUse use = useOf(histogram, {{1}, {0}, 0, 7, -1});
  EXPECT_NEAR(use.clippedPercent, 20, 1e-12);
  EXPECT_EQ(use.used, 8);
}
