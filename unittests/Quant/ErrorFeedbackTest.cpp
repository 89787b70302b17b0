// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Error feedback against plain rounding, and against all roundings there are.

#include "deit/Quant/ErrorFeedback.h"
#include "deit/Quant/CodeLength.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace deit;

namespace {

/// A covariance of `n` inputs that depend on one another.
std::vector<double> randomCovariance(size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> mix(n * n), covariance(n * n, 0);
  for (double &each : mix)
    each = normal(random);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j)
      for (size_t k = 0; k < n; ++k)
        covariance[i * n + j] += mix[i * n + k] * mix[j * n + k] / double(n);
  return covariance;
}

std::vector<float> randomRow(size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 3);
  std::vector<float> row(n);
  for (float &each : row)
    each = normal(random);
  return row;
}

/// What the layer's output is off by: e^T H e, with steps of 1.
double outputError(ArrayRef<float> row, ArrayRef<int8_t> codes,
                   ArrayRef<double> covariance) {
  size_t n = row.size();
  double sum = 0;
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j)
      sum += (row[i] - codes[i]) * covariance[i * n + j] * (row[j] - codes[j]);
  return sum;
}

FeedbackFactor factorOf(std::vector<double> covariance,
                        const FeedbackOptions &options = {}) {
  return cantFail(FeedbackFactor::create(std::move(covariance), options));
}

/// U^T U is the inverse of the damped covariance, its columns in order.
TEST(ErrorFeedback, FactorsTheInverse) {
  constexpr size_t n = 9;
  std::vector<double> covariance = randomCovariance(n, 1);
  FeedbackFactor factor = factorOf(covariance, {0.1, true});
  double trace = 0;
  for (size_t i = 0; i < n; ++i)
    trace += covariance[i * n + i];
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (size_t k = 0; k < n; ++k) {
        double inverse = 0; // element (i, k)
        for (size_t r = 0; r <= std::min(i, k); ++r)
          inverse += double(factor.row(r)[i]) * factor.row(r)[k];
        double damped = covariance[factor.column(k) * n + factor.column(j)] +
                        (k == j ? 0.1 * trace / n : 0);
        sum += inverse * damped;
      }
      EXPECT_NEAR(sum, i == j ? 1 : 0, 1e-4) << i << " " << j;
    }
  for (size_t i = 0; i + 1 < n; ++i)
    EXPECT_GE(covariance[factor.column(i) * (n + 1)],
              covariance[factor.column(i + 1) * (n + 1)]);
}

TEST(ErrorFeedback, IsPlainRoundingWhereInputsAreIndependent) {
  constexpr size_t n = 20;
  std::vector<double> covariance(n * n, 0);
  for (size_t i = 0; i < n; ++i)
    covariance[i * (n + 1)] = 1 + double(i);
  std::vector<float> row = randomRow(n, 2);
  FeedbackFactor factor = factorOf(covariance);
  EXPECT_EQ(roundWithFeedback(row, {1.0}, {}, factor),
            roundToNearest(row, {1.0}));
}

/// Over many rows the error at the output falls by a good part.
TEST(ErrorFeedback, BeatsPlainRounding) {
  constexpr size_t n = 24;
  double plain = 0, feedback = 0;
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::vector<double> covariance = randomCovariance(n, seed);
    std::vector<float> row = randomRow(n, seed + 100);
    plain += outputError(row, roundToNearest(row, {1.0}), covariance);
    feedback += outputError(
        row, roundWithFeedback(row, {1.0}, {}, factorOf(covariance)),
        covariance);
  }
  EXPECT_LT(feedback, 0.6 * plain);
}

/// With few inputs every rounding up or down can be tried.
TEST(ErrorFeedback, IsNearTheBestRounding) {
  constexpr size_t n = 8;
  double best = 0, feedback = 0;
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::vector<double> covariance = randomCovariance(n, seed);
    std::vector<float> row = randomRow(n, seed + 200);
    double least = HUGE_VAL;
    for (unsigned choice = 0; choice < 1u << n; ++choice) {
      std::vector<int8_t> codes(n);
      for (size_t i = 0; i < n; ++i)
        codes[i] = static_cast<int8_t>(std::floor(row[i]) + (choice >> i & 1));
      least = std::min(least, outputError(row, codes, covariance));
    }
    best += least;
    feedback += outputError(
        row, roundWithFeedback(row, {1.0}, {}, factorOf(covariance)),
        covariance);
  }
  EXPECT_LT(feedback, 3 * best);
}

TEST(ErrorFeedback, KeepsCodesWithin8Bits) {
  std::vector<float> row = {1e6f, -1e6f, 3, 0.2f};
  FeedbackFactor factor = factorOf(randomCovariance(4, 3));
  for (int8_t code : roundWithFeedback(row, {0.01}, {}, factor))
    EXPECT_GE(code, -127);
  EXPECT_EQ(roundToNearest(row, {1.0}), (std::vector<int8_t>{127, -127, 3, 0}));
}

TEST(ErrorFeedback, AnInputThatNeverChangesIsNoProblem) {
  FeedbackFactor factor = factorOf(std::vector<double>(9, 0));
  std::vector<float> row = {0.4f, 1.6f, -2.7f};
  EXPECT_EQ(roundWithFeedback(row, {1.0}, {}, factor),
            (std::vector<int8_t>{0, 2, -3}));
}

TEST(ErrorFeedback, RefusesWhatIsNoCovariance) {
  auto factor = FeedbackFactor::create({1, 5, 5, 1}, {});
  ASSERT_FALSE(factor);
  EXPECT_NE(llvm::toString(factor.takeError()).find("not positive definite"),
            std::string::npos);
  auto infinite = FeedbackFactor::create({NAN, 0, 0, 1}, {});
  ASSERT_FALSE(infinite);
  llvm::consumeError(infinite.takeError());
}

/// Two rows of one spread share a table of four equally likely codes: two bits
/// each, but for what is set aside for codes that have not occurred.
/// The product of all conditional variances is the determinant, so in whatever
/// order; and those of the factor are the same.
TEST(ErrorFeedback, DeviationsAreConditional) {
  // Column 0 is rounded first: its variance given column 1 is 4 - 2 * 2 / 2.
  std::vector<double> covariance = {4, 2, 2, 2};
  FeedbackOptions options = {1e-9, true};
  auto deviations = cantFail(conditionalDeviations(covariance, options));
  EXPECT_NEAR(deviations[0], std::sqrt(2), 1e-6);
  EXPECT_NEAR(deviations[1], std::sqrt(2), 1e-6);
  FeedbackFactor factor = factorOf(covariance, options);
  for (size_t column : {0, 1})
    EXPECT_EQ(factor.deviation(column), deviations[column]);
}

/// Steps go against the deviations, so that all columns cost the same; and only
/// where enough rows share what it takes to tell.
TEST(ErrorFeedback, ColumnsCostTheSame) {
  std::vector<double> deviations = {4, 1, 1, 0.25};
  std::vector<double> shape = columnShape(deviations, 1000);
  ASSERT_EQ(shape.size(), 4u);
  for (size_t column = 0; column < 4; ++column)
    EXPECT_NEAR(shape[column] * deviations[column], 1, 1e-9);
  EXPECT_NEAR(columnCost(deviations, shape), 1, 1e-9);
  EXPECT_NEAR(columnCost(deviations, {}), (16 + 1 + 1 + 0.0625) / 4, 1e-9);
  EXPECT_TRUE(columnShape(deviations, 1).empty());
  EXPECT_TRUE(columnShape({1, 1, 1, 1}, 1000).empty());
  EXPECT_EQ(columnMultiples(shape, 4), (std::vector<uint8_t>{1, 4, 4, 16}));
  EXPECT_EQ(columnMultiples({0.01, 100}, 4), (std::vector<uint8_t>{1, 127}));
}

/// Codes of a column are multiples of its multiple, in 8 bits.
TEST(ErrorFeedback, RoundsToMultiplesOfColumns) {
  size_t n = 12;
  std::vector<float> row = randomRow(n, 3);
  for (float &value : row)
    value *= 40;
  std::vector<uint8_t> multiples;
  for (size_t column = 0; column < n; ++column)
    multiples.push_back(static_cast<uint8_t>(1 + column % 5 * 3));
  std::vector<int8_t> codes = roundWithFeedback(
      row, {1.0}, multiples, factorOf(randomCovariance(n, 3)));
  for (size_t column = 0; column < n; ++column)
    EXPECT_EQ(codes[column] % multiples[column], 0) << column;
  EXPECT_NE(codes, roundToNearest(row, {1.0}));
}

TEST(CodeLength, IsTheEntropy) {
  std::vector<int8_t> codes;
  for (int i = 0; i < 4000; ++i)
    codes.push_back(static_cast<int8_t>(2 * (i % 4) - 3));
  EXPECT_NEAR(codeBits(codes, 2) / 4000, 2, 0.01);
  EXPECT_NEAR(codeBits(std::vector<int8_t>(1000, 0), 1) / 1000, 0, 0.01);
}

} // namespace
