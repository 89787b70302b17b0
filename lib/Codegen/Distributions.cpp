// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Distributions whose logarithm is linear between knots, fitted to histograms.

#include "Distributions.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace deit;

namespace {

/// Finds the knots of the largest likelihood by generalized iterative scaling
/// (Darroch and Ratcliff, 1972): every knot moves by the logarithm of how much
/// mass it has in the data over how much it has in the distribution, where a
/// code's mass is shared between its two knots as interpolation shares them.
class KnotFitter {
public:
  explicit KnotFitter(const Histogram &histogram);
  deit_distribution fit();

private:
  /// Where a code lies: between `knot` and the next one, `share` of the way.
  struct Place {
    unsigned knot;
    double share;
  };
  unsigned reach = 0;
  std::vector<Place> places;      ///< of codes 0 to reach
  std::vector<double> counts;     ///< of both signs together
  std::vector<double> logarithms; ///< of knots, to base 2
  double total = 0;

  std::vector<double> massOfKnots(const std::vector<double> &masses) const;
  std::vector<double> model() const;
  double signs(unsigned code) const { return code % 128 == 0 ? 1 : 2; }
  void step();
};

} // namespace

KnotFitter::KnotFitter(const Histogram &histogram) {
  for (int code = -128; code < 128; ++code)
    if (histogram[code + 128])
      reach = std::max(reach, unsigned(std::abs(code)));
  counts.resize(reach + 1);
  for (int code = -128; code < 128; ++code)
    if (unsigned(std::abs(code)) <= reach) {
      counts[std::abs(code)] += histogram[code + 128];
      total += histogram[code + 128];
    }
  unsigned knots = deit_knot_count(reach);
  for (unsigned code = 0, knot = 0; code <= reach; ++code) {
    while (knot + 2 < knots && deit_knot_position(reach, knot + 1) < code)
      ++knot;
    double begin = deit_knot_position(reach, knot);
    double end = knots > 1 ? deit_knot_position(reach, knot + 1) : 1;
    places.push_back({knot, (code - begin) / (end - begin)});
  }
  logarithms.resize(std::max(knots, 2u));
}

std::vector<double>
KnotFitter::massOfKnots(const std::vector<double> &masses) const {
  std::vector<double> result(logarithms.size());
  for (unsigned code = 0; code <= reach; ++code) {
    auto [knot, share] = places[code];
    result[knot] += masses[code] * (1 - share);
    result[knot + 1] += masses[code] * share;
  }
  return result;
}

/// The masses of codes 0 to reach, which sum up to `total`.
std::vector<double> KnotFitter::model() const {
  std::vector<double> masses(reach + 1);
  double sum = 0;
  for (unsigned code = 0; code <= reach; ++code) {
    auto [knot, share] = places[code];
    masses[code] = signs(code) * std::exp2(logarithms[knot] * (1 - share) +
                                           logarithms[knot + 1] * share);
    sum += masses[code];
  }
  for (double &mass : masses)
    mass *= total / sum;
  return masses;
}

void KnotFitter::step() {
  std::vector<double> wanted = massOfKnots(counts);
  std::vector<double> found = massOfKnots(model());
  for (size_t knot = 0; knot < logarithms.size(); ++knot)
    logarithms[knot] +=
        std::log2(std::max(wanted[knot], 0.1) / std::max(found[knot], 1e-9));
}

deit_distribution KnotFitter::fit() {
  deit_distribution result = deit_flat_distribution;
  result.reach = reach;
  unsigned knots = deit_knot_count(reach);
  if (knots == 0)
    return result;
  for (int i = 0; i < 12; ++i)
    step();
  double top = *std::max_element(logarithms.begin(), logarithms.end());
  for (unsigned knot = 0; knot < DEIT_MAX_KNOTS; ++knot) {
    double drop = top - logarithms[std::min(knot, knots - 1)];
    result.knots[knot] = std::lround(255 - std::min(16 * drop, 255.0));
  }
  return result;
}

deit_distribution deit::fitDistribution(const Histogram &histogram) {
  return KnotFitter(histogram).fit();
}

std::array<float, 256>
deit::codeLengths(const deit_distribution &distribution) {
  deit_frequencies frequencies;
  deit_make_frequencies(&distribution, &frequencies);
  std::array<float, 256> lengths;
  for (int i = 0; i < 256; ++i)
    lengths[i] =
        frequencies.frequency[i]
            ? DEIT_PROBABILITY_BITS - std::log2(float(frequencies.frequency[i]))
            : std::numeric_limits<float>::infinity();
  return lengths;
}

double deit::codedBits(const Histogram &histogram,
                       const deit_distribution &distribution) {
  std::array<float, 256> lengths = codeLengths(distribution);
  double bits = 0;
  for (int i = 0; i < 256; ++i)
    if (histogram[i])
      bits += histogram[i] * double(lengths[i]);
  return bits;
}

double deit::distributionBits(const deit_distribution &before,
                              const deit_distribution &distribution) {
  static const std::array<float, 256> lengths =
      codeLengths(deit_knot_differences);
  auto difference = [](unsigned to, unsigned from) {
    return lengths[uint8_t(to - from + 128)];
  };
  double bits = difference(distribution.reach, before.reach);
  for (unsigned i = 0; i < deit_knot_count(distribution.reach); ++i)
    bits += difference(distribution.knots[i],
                       deit_predict_knot(&before, &distribution, i));
  return bits;
}
