// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests of the fixed-point parameters against real arithmetic.

#include "deit/Quant/FixedPoint.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <random>

using namespace deit;

/// The parameters, or a failed test.
template <typename T>
static T take(Expected<T> value) {
  if (value)
    return std::move(*value);
  ADD_FAILURE() << llvm::toString(value.takeError());
  return T();
}

template <typename T>
static std::string messageOf(Expected<T> value) {
  return value ? "" : llvm::toString(value.takeError());
}

/// What the operation multiplies by.
static double factorOf(int64_t multiplier, int preShift, int shift) {
  return std::ldexp(double(multiplier), preShift - shift - 31);
}

//===----------------------------------------------------------------------===//
// requantize
//===----------------------------------------------------------------------===//

TEST(Requantize, StaysWithinItsErrorBound) {
  std::mt19937_64 engine(1);
  for (int shift : {1, 2, 4, 9, 20, 30})
    for (int preShift : {0, 1, 5, 15, 24})
      for (int i = 0; i < 2000; ++i) {
        int64_t room = ((int64_t(1) << 31) - (int64_t(1) << shift)) >> preShift;
        int64_t a = int64_t(engine() % (2 * room + 1)) - room;
        auto m = int32_t(engine() >> (33 + engine() % 20));
        if (!canRequantize(a, preShift, shift))
          continue;
        double exact = double(a) * factorOf(m, preShift, shift);
        double error = double(requantize(a, m, preShift, shift)) - exact;
        EXPECT_LE(std::fabs(error), 0.5 + std::ldexp(1.0, -shift))
            << a << " " << m << " " << preShift << " " << shift;
      }
}

TEST(Requantize, NothingLeaves32Bits) {
  for (int shift = 1; shift <= 30; ++shift)
    for (int preShift = 0; preShift <= 24; ++preShift) {
      int64_t a = ((int64_t(1) << 31) - (int64_t(1) << shift) - 1) >> preShift;
      ASSERT_TRUE(canRequantize(a, preShift, shift));
      ASSERT_TRUE(canRequantize(-a, preShift, shift));
      EXPECT_FALSE(canRequantize(a + 1, preShift, shift));
      EXPECT_FALSE(canRequantize(-a - 1, preShift, shift));
      for (int64_t x : {a, -a}) {
        int64_t t = (x * (int64_t(1) << preShift) * INT32_MAX) >> 31;
        int64_t rounded = t + (int64_t(1) << (shift - 1));
        EXPECT_EQ(rounded, int32_t(rounded));
      }
    }
}

TEST(Requantization, ApproximatesEveryRatio) {
  std::mt19937_64 engine(2);
  for (int exponent = -40; exponent <= 6; ++exponent) {
    double f = 0.5 + 0.5 * double(engine() >> 11) * 0x1p-53;
    double ratio = std::ldexp(f, exponent);
    int64_t bound = 1 << 20;
    auto r = take(makeRequantization({ratio, ratio / 7, 0}, bound));
    ASSERT_EQ(r.multipliers.size(), 3u);
    EXPECT_GE(r.shift, 4);
    EXPECT_LE(r.shift, 30);
    EXPECT_TRUE(canRequantize(bound, r.preShift, r.shift));
    if (exponent >= -30)
      EXPECT_GE(r.multipliers[0], 1 << 30) << exponent;
    EXPECT_EQ(r.multipliers[2], 0);
    for (int64_t a = -bound; a <= bound; a += 997)
      for (int n : {0, 1}) {
        double real = double(a) * (n ? ratio / 7 : ratio);
        double error =
            double(requantize(a, r.multipliers[n], r.preShift, r.shift)) - real;
        // One floor, one rounding, and half a unit of the multiplier.
        double unit = std::fabs(factorOf(1, r.preShift, r.shift) * double(a));
        EXPECT_LE(std::fabs(error),
                  0.5 + std::ldexp(1.0, -r.shift) + 0.5 * unit)
            << ratio << " " << a;
      }
  }
}

TEST(Requantization, NeverRoundsUpToThe32ndBit) {
  auto r = take(makeRequantization({std::nextafter(1.0, 0.0)}, 1000));
  EXPECT_EQ(r.multipliers[0], INT32_MAX);
}

TEST(Requantization, GivesUpPrecisionForRoom) {
  // Identity: a pre-shift of 5 and a shift of 4, while the bound allows it.
  auto wide = take(makeRequantization({1.0}, 1 << 25));
  EXPECT_EQ(wide.shift, 4);
  EXPECT_EQ(wide.preShift, 5);
  auto narrow = take(makeRequantization({1.0}, 1 << 28));
  EXPECT_LT(narrow.shift, 4);
  EXPECT_EQ(narrow.preShift, narrow.shift + 1);
  EXPECT_TRUE(canRequantize(1 << 28, narrow.preShift, narrow.shift));
  for (int64_t a : {-5, 0, 7, 1 << 28})
    EXPECT_EQ(
        requantize(a, narrow.multipliers[0], narrow.preShift, narrow.shift), a);
}

TEST(Requantization, RefusesWhatDoesNotFit) {
  EXPECT_NE(messageOf(makeRequantization({100.0}, 1 << 30)).find("32 bits"),
            std::string::npos);
  EXPECT_NE(messageOf(makeRequantization({-1.0}, 1)).find("ratio"),
            std::string::npos);
  EXPECT_NE(messageOf(makeRequantization({NAN}, 1)), "");
  EXPECT_NE(messageOf(makeRequantization({INFINITY}, 1)), "");
}

/// What leaves the codes anyway need not fit 32 bits.
TEST(Requantization, LeavesTheCodesAtOnce) {
  constexpr int64_t bound = 1 << 20, low = -120, high = 135;
  EXPECT_NE(messageOf(makeRequantization({1e5, 0.5}, bound)), "");
  for (double ratio : {135.0, 500.0, 1e5, 1e300}) {
    auto r = take(makeRequantization({ratio, 0.5}, bound, high));
    ASSERT_TRUE(canRequantize(bound, r.preShift, r.shift));
    for (int64_t a : {int64_t(-1), int64_t(0), int64_t(1), bound, -bound}) {
      double real = std::clamp(double(a) * ratio, double(low), double(high));
      int64_t y = requantize(a, r.multipliers[0], r.preShift, r.shift);
      EXPECT_EQ(std::clamp(y, low, high), int64_t(real)) << ratio << " " << a;
    }
    EXPECT_EQ(requantize(101, r.multipliers[1], r.preShift, r.shift), 51);
  }
}

TEST(Requantization, AllZeros) {
  auto r = take(makeRequantization({0.0, 0.0}, 1 << 30));
  EXPECT_EQ(requantize(1 << 30, r.multipliers[1], r.preShift, r.shift), 0);
}

//===----------------------------------------------------------------------===//
// Residuals
//===----------------------------------------------------------------------===//

TEST(Rescale, EveryCodeWithinItsErrorBound) {
  for (double ratio : {1e-9, 3e-5, 0.001, 0.3, 0.5, 0.77, 1.5, 2.0, 100.0}) {
    Rescale r = take(makeRescale(ratio));
    ASSERT_GE(r.shift, 1);
    for (int64_t x = -32768; x <= 32767; ++x) {
      ASSERT_TRUE(canRequantize(x, r.preShift, r.shift));
      double error = double(requantize(x, r.multiplier, r.preShift, r.shift)) -
                     double(x) * ratio;
      ASSERT_LE(std::fabs(error), 0.5 + 2 * std::ldexp(1.0, -r.shift));
    }
  }
}

TEST(Rescale, OneIsExact) {
  Rescale r = take(makeRescale(1));
  for (int64_t x = -32768; x <= 32767; ++x)
    ASSERT_EQ(requantize(x, r.multiplier, r.preShift, r.shift), x);
}

/// Coarse codes of a residual, of which one or two leave the result's range.
TEST(Rescale, SumsOfCoarseResiduals) {
  auto clampToCodes = [](double y) { return std::clamp(y, -32767.0, 32767.0); };
  for (double ratio : {16384.0, 20000.0, 32767.0, 32768.0, 40000.0, 65000.0,
                       65536.0, 1e8, 1e300}) {
    Rescale r = take(makeRescale(ratio));
    for (int64_t x : {-32767, -1000, -3, -2, -1, 0, 1, 2, 3, 1000, 32767}) {
      ASSERT_TRUE(canRequantize(x, r.preShift, r.shift));
      int64_t scaled = requantize(x, r.multiplier, r.preShift, r.shift);
      ASSERT_EQ(scaled, int32_t(scaled));
      for (int64_t branch = -32767; branch <= 32767; branch += 127) {
        double real = clampToCodes(double(x) * ratio + double(branch));
        double found = clampToCodes(double(scaled + branch));
        double bound = ratio <= 32768 || x == 0 ? 1 : ratio / 2;
        ASSERT_LE(std::fabs(found - real), bound)
            << ratio << " " << x << " " << branch;
      }
    }
  }
}

TEST(Rescale, RefusesFactorsWithoutRoom) {
  EXPECT_EQ(messageOf(makeRescale(16383, 32768)), "");
  EXPECT_NE(messageOf(makeRescale(16384, 32768)).find("residual"),
            std::string::npos);
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// The numerator as FxpOps.td specifies it.
static int64_t numerator(const SoftmaxScale &s, int64_t difference) {
  int64_t d = std::min(difference, s.limit);
  int64_t u = ((d << s.preShift) * s.multiplier) >> 31;
  int64_t f = u & 0xffff, i = u >> 16;
  int64_t p =
      32768 - ((f * (22670 - ((f * (7600 - ((f * 1316) >> 16))) >> 16))) >> 16);
  return (255 * p + (int64_t(1) << (14 + i))) >> (15 + i);
}

TEST(SoftmaxScale, NumeratorsAreWithinOneCode) {
  std::vector<double> scales = {1e-30, 1e-12, 1e-6, 1e-4, 0.0037, 0.02, 0.11};
  for (double step = 0.5; step < 20; step += 0.01) // in powers of two
    scales.push_back(step * std::log(2));
  for (double coarse : {20.0, 1e3, 1e9, 1e30, 1e300})
    scales.push_back(coarse);
  for (double scale : scales) {
    SoftmaxScale s = take(makeSoftmaxScale(scale));
    ASSERT_GE(s.limit, 1);
    ASSERT_GE(s.multiplier, 0);
    ASSERT_LE(s.preShift, 24);
    EXPECT_LT(s.limit << s.preShift, int64_t(1) << 31);
    EXPECT_LT(((s.limit << s.preShift) * s.multiplier) >> 31, 17 * 65536);
    EXPECT_EQ(numerator(s, 0), 255);
    // Scores differ by less than 2^31, and be it by how little.
    int64_t most = int64_t(std::min(12 / scale + 4, 0x1p31 - 1));
    int64_t step = std::max<int64_t>(1, most / 100000);
    for (int64_t d = 0; d <= most; d += step) {
      double real = 255 * std::exp(-double(d) * scale);
      ASSERT_LE(std::fabs(double(numerator(s, d)) - real), 0.53)
          << scale << " " << d;
    }
    if (scale > 1e-8)
      EXPECT_EQ(numerator(s, int64_t(1) << 30), 0);
  }
}

TEST(SoftmaxScale, RefusesWhatIsNoScale) {
  EXPECT_NE(messageOf(makeSoftmaxScale(INFINITY)), "");
  EXPECT_NE(messageOf(makeSoftmaxScale(0)), "");
  EXPECT_NE(messageOf(makeSoftmaxScale(NAN)), "");
}

TEST(NormalizeScale, WithinItsErrorBound) {
  for (double ratio : {0.01, 0.5, 1.0, 7.9, 60.0, 126.0}) {
    int64_t bound = 197 * 255 * 127;
    NormalizeScale s = take(makeNormalizeScale(ratio, bound));
    EXPECT_LT(s.multiplier, int64_t(255) << 31);
    for (int64_t sum : {255, 256, 1000, 50235})
      for (int64_t x = -127 * sum; x <= 127 * sum; x += 1 + sum / 9) {
        int64_t m = s.multiplier / sum;
        ASSERT_LT(m, int64_t(1) << 31);
        ASSERT_TRUE(canRequantize(x, 0, s.shift));
        double real = double(x) / double(sum) * ratio;
        double error = double(requantize(x, int32_t(m), 0, s.shift)) - real;
        // The quotient's floor costs up to x / 2^31 more.
        ASSERT_LE(std::fabs(error),
                  0.5 + (1.1 + std::fabs(double(x)) * 0x1p-31) *
                            std::ldexp(1.0, -s.shift))
            << ratio << " " << sum << " " << x;
      }
  }
  EXPECT_NE(messageOf(makeNormalizeScale(128, 1)), "");
}

//===----------------------------------------------------------------------===//
// Layer norm and GELU
//===----------------------------------------------------------------------===//

TEST(LayerNorm, ParametersCarryTheResultsScale) {
  std::vector<float> gamma = {1.5f, -0.25f, 0.0f, 3.0f};
  std::vector<float> beta = {0.0f, -2.0f, 0.5f, 1.0f};
  auto p = take(makeLayerNorm(gamma, beta, 1e-6, 1e-3, 0.02));
  for (size_t i = 0; i < gamma.size(); ++i) {
    EXPECT_NEAR(p.gamma[i] / std::ldexp(1.0, 11 + p.shift), gamma[i] / 0.02,
                1e-6);
    EXPECT_NEAR(p.beta[i] / std::ldexp(1.0, p.shift), beta[i] / 0.02,
                std::ldexp(1.0, -p.shift));
  }
  EXPECT_EQ(p.epsilon, 16); // 1e-6 * 4^2 / 1e-3^2
  // The largest shift whose gammas fit: 3 / 0.02 = 150 takes 8 bits.
  EXPECT_EQ(p.shift, 12);
}

/// Gamma and beta are multiples of a sixteenth of a result code.
TEST(LayerNorm, ParametersAreNoFinerThanASixteenthOfACode) {
  std::vector<float> gamma, beta;
  for (int i = 0; i < 64; ++i) {
    gamma.push_back(float(1.5 * std::sin(i)));
    beta.push_back(float(std::cos(3 * i)));
  }
  auto p = take(makeLayerNorm(gamma, beta, 1e-6, 1e-3, 0.02));
  for (size_t i = 0; i < gamma.size(); ++i) {
    double factor = p.gamma[i] / std::ldexp(1.0, 11 + p.shift);
    double offset = p.beta[i] / std::ldexp(1.0, p.shift);
    EXPECT_EQ(factor * 16, std::nearbyint(factor * 16));
    EXPECT_EQ(offset * 16, std::nearbyint(offset * 16));
    EXPECT_NEAR(factor, gamma[i] / 0.02, 1.0 / 32 + 1e-6);
    EXPECT_NEAR(offset, beta[i] / 0.02, 1.0 / 32 + 1e-3);
  }
}

TEST(RoundToUnit, MultiplesOfAPowerOfTwo) {
  std::vector<int32_t> values = {0, 3, -5, 6, 1000, INT32_MAX, INT32_MIN};
  std::vector<int32_t> rounded = values;
  roundToUnit(rounded, 1.9); // a unit of 1
  EXPECT_EQ(rounded, values);
  roundToUnit(rounded, 7.9); // of 4; halves to even
  EXPECT_EQ(rounded, (std::vector<int32_t>{0, 4, -4, 8, 1000, INT32_MAX - 3,
                                           INT32_MIN}));
  roundToUnit(rounded, 1e30); // nothing is left but the least
  EXPECT_EQ(rounded, (std::vector<int32_t>{0, 0, 0, 0, 0, 1 << 30, INT32_MIN}));
}

TEST(LayerNorm, RefusesWhatDoesNotFit) {
  std::vector<float> one = {1.0f}, large = {1e6f};
  EXPECT_NE(messageOf(makeLayerNorm(large, one, 1e-6, 1e-3, 0.02)), "");
  EXPECT_NE(messageOf(makeLayerNorm(one, large, 1e-6, 1e-3, 1e-4)), "");
  EXPECT_NE(messageOf(makeLayerNorm(one, one, 1, 1e-10, 0.02)), "");
}

TEST(LayerNorm, FinestScaleFitsAndHalfOfItDoesNot) {
  for (float gamma : {0.0f, 1e-6f, 1.0f, 3e7f})
    for (float beta : {0.0f, 1.0f, 1e9f}) {
      if (gamma == 0 && beta == 0)
        continue; // any scale will do
      double finest = finestLayerNormScale({1e-9f, -gamma}, {-beta, 0});
      auto codes = [&](double scale) {
        return makeLayerNorm({1e-9f, -gamma}, {-beta, 0}, 1e-6, 1e-3, scale);
      };
      EXPECT_EQ(messageOf(codes(finest)), "") << gamma << " " << beta;
      EXPECT_NE(messageOf(codes(finest / 2)), "") << gamma << " " << beta;
    }
}

TEST(GeluTable, IsExactUpToRounding) {
  AffineScale input{0.05, 160}, output{0.02, 9};
  std::vector<uint8_t> table = makeGeluTable(input, output);
  ASSERT_EQ(table.size(), 256u);
  for (int code = 0; code < 256; ++code) {
    double x = (code - 160) * 0.05;
    double y = 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    double expected = std::min(255.0, std::max(0.0, y / 0.02 + 9));
    EXPECT_LE(std::fabs(table[code] - expected), 0.5 + 1e-9) << code;
  }
  EXPECT_EQ(table[160], 9);
}

TEST(GeluTable, StopsAtTheLimit) {
  AffineScale input{0.05, 160}, output{0.02, 9};
  std::vector<uint8_t> whole = makeGeluTable(input, output);
  std::vector<uint8_t> limited = makeGeluTable(input, output, 0, 255, 1.1);
  for (int code = 0; code < 256; ++code)
    EXPECT_EQ(limited[code], std::min<int>(whole[code], 9 + 55)) << code;
}

TEST(GeluTable, KeepsToTheStoredRange) {
  std::vector<uint8_t> table = makeGeluTable({1.0, 100}, {0.1, 5}, 4, 200);
  EXPECT_EQ(table[255], 200);
  EXPECT_EQ(*std::min_element(table.begin(), table.end()), 4);
}
