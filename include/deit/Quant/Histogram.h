// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The distribution of a tensor's values, which ranges are chosen by. No IR.

#ifndef DEIT_QUANT_HISTOGRAM_H
#define DEIT_QUANT_HISTOGRAM_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace deit {

/// An interval of real values, low <= high.
struct Range {
  double low = 0, high = 0;

  bool operator==(Range other) const {
    return low == other.low && high == other.high;
  }
};

/// The weights of a tensor's values in bins of equal width: how many there are,
/// or how much those count. Counts are integers below 2^53, so the order of the
/// values does not matter to them.
class Histogram {
public:
  static constexpr unsigned kBins = 4096;

  Histogram() = default;
  /// Holds nothing yet; for values from `extremes.low` to `extremes.high`.
  explicit Histogram(Range extremes, unsigned bins = kBins);
  /// Holds `weights`, one for each bin, at least one.
  Histogram(Range extremes, std::vector<double> weights);

  /// Counts `values`, which are finite and not empty.
  static Histogram fromValues(llvm::ArrayRef<float> values,
                              unsigned bins = kBins);

  /// Counts each of `values` once.
  void add(llvm::ArrayRef<float> values);
  /// Counts each of `values` as often as the square of its factor says.
  void addSquares(llvm::ArrayRef<float> values, llvm::ArrayRef<float> factors);

  /// The smallest and the largest value.
  Range range() const { return extremes; }
  double binWidth() const { return width; }
  llvm::ArrayRef<double> counts() const { return binCounts; }
  double total() const;
  /// Where bin `index` begins; the index after the last bin is allowed.
  double binEdge(size_t index) const { return extremes.low + index * width; }
  double binCenter(size_t index) const { return binEdge(index) + width / 2; }
  /// The value that the fraction `fraction` of all values do not exceed.
  double quantile(double fraction) const;

private:
  size_t binOf(float value) const;

  Range extremes;
  double width = 0;
  double binsPerUnit = 0;
  std::vector<double> binCounts;
};

} // namespace deit

#endif // DEIT_QUANT_HISTOGRAM_H
