// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests of how differences are measured, against sums done by hand.

#include "deit/Quant/Measures.h"
#include "gtest/gtest.h"
#include <cmath>
#include <vector>

using namespace deit;

using Floats = std::vector<float>;

TEST(NoiseMeter, IsTheRatioOfPowersInDecibels) {
  NoiseMeter meter;
  // Signal 9 + 16 + 144, noise 0 + 1 + 0.25.
  meter.add(Floats{3, 4}, Floats{3, 5});
  meter.add(Floats{-12}, Floats{-12.5});
  EXPECT_NEAR(meter.decibels(), 10 * std::log10(169 / 1.25), 1e-12);
}

TEST(NoiseMeter, IsInfiniteWithoutError) {
  NoiseMeter meter;
  meter.add(Floats{3, 4}, Floats{3, 4});
  EXPECT_TRUE(std::isinf(meter.decibels()));
  EXPECT_GT(meter.decibels(), 0);
}

/// KL(p || q) of probabilities, as it is defined.
static double divergenceOf(std::vector<double> p, std::vector<double> q) {
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i)
    sum += p[i] * std::log(p[i] / q[i]);
  return sum;
}

TEST(TotalDivergence, IsThatOfTheProbabilities) {
  // Logits are logarithms of probabilities, but for a constant.
  auto logits = [](std::vector<double> probabilities, double constant) {
    Floats result;
    for (double each : probabilities)
      result.push_back(static_cast<float>(std::log(each) + constant));
    return result;
  };
  std::vector<double> p = {0.5, 0.25, 0.25}, q = {0.125, 0.75, 0.125};
  EXPECT_NEAR(totalDivergence(logits(p, 7), logits(q, -3), 3),
              divergenceOf(p, q), 1e-6);
  EXPECT_NEAR(totalDivergence(logits(q, 0), logits(p, 0), 3),
              divergenceOf(q, p), 1e-6);
  EXPECT_NEAR(totalDivergence(logits(p, 0), logits(p, 40), 3), 0, 1e-6);

  Floats both = logits(p, 0), changed = logits(q, 0);
  both.insert(both.end(), both.begin(), both.begin() + 3);
  changed.insert(changed.end(), both.begin(), both.begin() + 3);
  EXPECT_NEAR(totalDivergence(both, changed, 3), divergenceOf(p, q), 1e-6);
}

TEST(TotalDivergence, StandsLargeLogits) {
  // p = (1, e^-400) nearly; q the other way round: KL = 400.
  EXPECT_NEAR(totalDivergence(Floats{900, 500}, Floats{500, 900}, 2), 400,
              1e-9);
}

TEST(LogitsMeter, CountsImagesThatAreDecidedAlike) {
  LogitsMeter meter(2);
  meter.add(Floats{1, 0, 0, 1}, Floats{2, 1, 1, 0}); // the first alone
  meter.add(Floats{5, 1}, Floats{3, 2});
  EXPECT_EQ(meter.images(), 3);
  EXPECT_NEAR(meter.agreement(), 200.0 / 3, 1e-12);
  double two = totalDivergence(Floats{1, 0, 0, 1}, Floats{2, 1, 1, 0}, 2);
  double one = totalDivergence(Floats{5, 1}, Floats{3, 2}, 2);
  EXPECT_NEAR(meter.divergence(), (two + one) / 3, 1e-12);
}

TEST(DecisionOf, IsTheFirstOfTheLargest) {
  EXPECT_EQ(decisionOf(Floats{-3, 2, 2, 1}), 1u);
}
