// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The distribution of a tensor's values.

#include "deit/Quant/Histogram.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cassert>
#include <numeric>

using namespace deit;

Histogram::Histogram(Range extremes, unsigned bins)
    : Histogram(extremes, std::vector<double>(bins, 0)) {}

Histogram::Histogram(Range extremes, std::vector<double> weights)
    : extremes(extremes), binCounts(std::move(weights)) {
  assert(!binCounts.empty() && extremes.low <= extremes.high);
  width = (extremes.high - extremes.low) / static_cast<double>(counts().size());
  binsPerUnit = width > 0 ? 1 / width : 0;
}

Histogram Histogram::fromValues(llvm::ArrayRef<float> values, unsigned bins) {
  assert(!values.empty());
  auto [low, high] = std::minmax_element(values.begin(), values.end());
  Histogram histogram({*low, *high}, bins);
  histogram.add(values);
  return histogram;
}

/// The outermost bins take what rounding puts beside them.
size_t Histogram::binOf(float value) const {
  double bin = std::max(0.0, (value - extremes.low) * binsPerUnit);
  return std::min(static_cast<size_t>(bin), binCounts.size() - 1);
}

void Histogram::add(llvm::ArrayRef<float> values) {
  for (float value : values)
    binCounts[binOf(value)] += 1;
}

void Histogram::addSquares(llvm::ArrayRef<float> values,
                           llvm::ArrayRef<float> factors) {
  for (auto [value, factor] : llvm::zip_equal(values, factors))
    binCounts[binOf(value)] += static_cast<double>(factor) * factor;
}

double Histogram::total() const {
  return std::accumulate(binCounts.begin(), binCounts.end(), 0.0);
}

double Histogram::quantile(double fraction) const {
  double wanted = fraction * total();
  double below = 0;
  for (auto [index, count] : llvm::enumerate(binCounts)) {
    if (count > 0 && below + count >= wanted)
      return binEdge(index) + (wanted - below) / count * width;
    below += count;
  }
  return extremes.high;
}
