// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tries out classes of rows and columns, and keeps what gives the fewest bits.

#include "PlanePlan.h"
#include "deit/Quant/CodeLength.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace deit;
using llvm::ArrayRef;

namespace {

/// A plane without its center and its multiples.
struct Plane {
  std::vector<int8_t> codes;
  size_t rows, columns;
  Multiples multiples;

  ArrayRef<int8_t> row(size_t row) const {
    return ArrayRef<int8_t>(codes).slice(row * columns, columns);
  }
};

/// Logarithms to base 2 of the mean size of the codes.
struct Spreads {
  std::vector<double> rows, columns; ///< of columns: beside their rows'
};

} // namespace

// Smaller planes would pay more for the classes than they gain.
static constexpr size_t kLeastForClasses = 4096;
// Keeps spreads of zeros finite.
static constexpr double kLeastMean = 1.0 / 16;

static Spreads measureSpreads(const Plane &plane) {
  Spreads spreads;
  std::vector<double> columns(plane.columns);
  for (size_t row = 0; row < plane.rows; ++row) {
    int64_t sum = 0;
    for (int8_t code : plane.row(row))
      sum += std::abs(code);
    double mean = std::max(double(sum) / plane.columns, kLeastMean);
    spreads.rows.push_back(std::log2(mean));
    for (auto [column, code] : llvm::enumerate(plane.row(row)))
      columns[column] += std::abs(code) / mean;
  }
  for (double sum : columns)
    spreads.columns.push_back(
        std::log2(std::max(sum / plane.rows, kLeastMean)));
  return spreads;
}

static void countClasses(Classes &classes) {
  uint8_t least = *std::min_element(classes.of.begin(), classes.of.end());
  for (uint8_t &of : classes.of)
    of -= least;
  classes.count = *std::max_element(classes.of.begin(), classes.of.end()) + 1;
  if (classes.count == 1)
    return;
  Histogram histogram = {};
  for (uint8_t of : classes.of)
    ++histogram[of - int(classes.count / 2) + 128];
  classes.distribution = fitDistribution(histogram);
}

/// `steps` classes a power of two; one class for all where `steps` is 0.
static Classes classify(ArrayRef<double> spreads, double steps) {
  double mean = 0;
  for (double spread : spreads)
    mean += spread / spreads.size();
  Classes classes;
  for (double spread : spreads)
    classes.of.push_back(std::clamp<long>(std::lround((spread - mean) * steps) +
                                              DEIT_MAX_CLASSES / 2,
                                          0, DEIT_MAX_CLASSES - 1));
  countClasses(classes);
  return classes;
}

/// The multiples of columns that weights were rounded to with steps of their
/// own. Few codes have a common divisor by chance.
static Multiples findMultiples(const Plane &plane) {
  Multiples multiples;
  if (plane.rows < kLeastRowsForDivisors)
    return multiples;
  std::vector<uint8_t> divisors = columnDivisors(plane.codes, plane.rows);
  if (llvm::all_of(divisors, [](uint8_t divisor) { return divisor == 1; }))
    return multiples;
  Histogram histogram = {};
  for (uint8_t divisor : divisors)
    ++histogram[divisor + 128];
  multiples.of = std::move(divisors);
  multiples.distribution = fitDistribution(histogram);
  return multiples;
}

static void divide(Plane &plane) {
  plane.multiples = findMultiples(plane);
  if (plane.multiples.of.empty())
    return;
  for (size_t i = 0; i < plane.codes.size(); ++i)
    plane.codes[i] /= plane.multiples.of[i % plane.columns];
}

static double multiplesBits(const Multiples &multiples) {
  if (multiples.of.empty())
    return 0;
  double bits =
      distributionBits(deit_flat_distribution, multiples.distribution);
  std::array<float, 256> lengths = codeLengths(multiples.distribution);
  for (uint8_t of : multiples.of)
    bits += lengths[of + 128];
  return bits;
}

static double classesBits(const Classes &classes) {
  if (classes.count == 1)
    return 0;
  double bits = distributionBits(deit_flat_distribution, classes.distribution);
  std::array<float, 256> lengths = codeLengths(classes.distribution);
  for (uint8_t of : classes.of)
    bits += lengths[of - int(classes.count / 2) + 128];
  return bits;
}

static std::vector<Histogram> countCodes(const Plane &plane,
                                         const PlanePlan &plan) {
  std::vector<Histogram> histograms(plan.rows.count + plan.columns.count - 1);
  for (Histogram &histogram : histograms)
    histogram.fill(0);
  for (size_t row = 0; row < plane.rows; ++row) {
    Histogram *first = &histograms[plan.rows.of[row]];
    const int8_t *codes = plane.row(row).data();
    for (size_t column = 0; column < plane.columns; ++column)
      ++first[plan.columns.of[column]][codes[column] + 128];
  }
  return histograms;
}

/// Fits the distributions of a plan whose classes are known.
static void completePlan(const Plane &plane, PlanePlan &plan) {
  plan.multiples = plane.multiples;
  plan.bits = classesBits(plan.rows) + classesBits(plan.columns) +
              multiplesBits(plan.multiples);
  plan.distributions.clear();
  deit_distribution before = deit_flat_distribution;
  for (const Histogram &histogram : countCodes(plane, plan)) {
    plan.distributions.emplace_back();
    if (llvm::all_of(histogram, [](uint32_t count) { return count == 0; }))
      continue;
    deit_distribution fitted = fitDistribution(histogram);
    plan.bits += distributionBits(before, fitted);
    plan.bits += codedBits(histogram, fitted);
    plan.distributions.back() = before = fitted;
  }
}

static PlanePlan bestPlan(const Plane &plane) {
  auto plan = [&](Classes rows, Classes columns) {
    PlanePlan result;
    result.rows = std::move(rows);
    result.columns = std::move(columns);
    completePlan(plane, result);
    return result;
  };
  Spreads spreads = measureSpreads(plane);
  PlanePlan best =
      plan(classify(spreads.rows, 0), classify(spreads.columns, 0));
  if (plane.codes.size() < kLeastForClasses)
    return best;
  for (double steps : {2, 4, 6})
    for (bool byRow : {false, true})
      for (bool byColumn : {false, true}) {
        if (!byRow && !byColumn)
          continue;
        PlanePlan next = plan(classify(spreads.rows, byRow ? steps : 0),
                              classify(spreads.columns, byColumn ? steps : 0));
        if (next.bits < best.bits)
          best = std::move(next);
      }
  return best;
}

/// Zero, and the middle between the smallest and the largest code.
static std::vector<uint8_t> centersToTry(ArrayRef<uint8_t> codes) {
  int low = 127, high = -128;
  for (uint8_t code : codes) {
    low = std::min<int>(low, int8_t(code));
    high = std::max<int>(high, int8_t(code));
  }
  // Half of the range is uneven by one more often than not.
  int middle = (low + high) >> 1;
  // Codes on both sides of zero are centered there, or what follows is rare.
  if (codes.size() >= kLeastForClasses && low < 0 && high > 0)
    return {0};
  if (middle == 0)
    return {0};
  return {0, uint8_t(middle)};
}

/// The best of the plans that tell codes from `center`.
static PlanePlan planAround(uint8_t center, ArrayRef<uint8_t> codes,
                            size_t rows, size_t columns) {
  Plane plane = {{}, rows, columns, {}};
  plane.codes.reserve(codes.size());
  for (uint8_t code : codes)
    plane.codes.push_back(uint8_t(code - center));
  divide(plane);
  PlanePlan plan = bestPlan(plane);
  plan.center = center;
  return plan;
}

PlanePlan deit::planPlane(ArrayRef<uint8_t> codes, size_t rows,
                          size_t columns) {
  auto centers = centersToTry(codes);
  PlanePlan best = planAround(centers.front(), codes, rows, columns);
  for (uint8_t center : ArrayRef(centers).drop_front()) {
    PlanePlan plan = planAround(center, codes, rows, columns);
    if (plan.bits < best.bits)
      best = std::move(plan);
  }
  return best;
}
