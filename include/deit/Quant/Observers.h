// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses the ranges that quantized activations cover. No IR.

#ifndef DEIT_QUANT_OBSERVERS_H
#define DEIT_QUANT_OBSERVERS_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace deit {

/// An interval of real values, low <= high.
struct Range {
  double low = 0, high = 0;
};

/// The smallest range that holds both.
Range unite(Range a, Range b);

/// The range from -m to m, m being the larger magnitude of `range`.
Range mirror(Range range);

/// Integer codes on a straight line: value = scale * (code - zeroPoint).
struct AffineCodes {
  double scale;
  int64_t zeroPoint;
};

/// The scale of a tensor that is zero throughout.
inline constexpr double kEmptyScale = 0x1p-20;

/// Codes 0 to `steps` for `range` extended to include 0, which gets a code of
/// its own: scale = (high - low) / steps, zeroPoint = round(-low / scale).
/// A range narrower than `steps` times 1e-15 gets kEmptyScale and 0.
AffineCodes affineCodes(Range range, int64_t steps);

/// The distribution of a tensor's values in bins of equal width. The counts
/// are integers, so the order of the values does not matter.
class Histogram {
public:
  static constexpr unsigned kBins = 4096;

  /// Counts `values`, which are finite and not empty.
  static Histogram fromValues(llvm::ArrayRef<float> values,
                              unsigned bins = kBins);

  /// The smallest and the largest value.
  Range range() const { return extremes; }
  double binWidth() const { return width; }
  llvm::ArrayRef<uint64_t> counts() const { return binCounts; }
  uint64_t total() const;
  /// Where bin `index` begins; the index after the last bin is allowed.
  double binEdge(size_t index) const { return extremes.low + index * width; }
  double binCenter(size_t index) const { return binEdge(index) + width / 2; }
  /// The value that the fraction `fraction` of all values do not exceed.
  double quantile(double fraction) const;

private:
  Range extremes;
  double width = 0;
  std::vector<uint64_t> binCounts;
};

/// Everything that occurred.
Range minMaxRange(const Histogram &histogram);

/// Cuts (100 - percentile) percent of the values off at either end.
Range percentileRange(const Histogram &histogram, double percentile);

/// The range with the least mean squared error of codes of `bits` bits, a
/// value outside counting as its nearest end. Affine ranges include 0; both
/// their ends are searched. Symmetric ones are [-m, m] for 2^bits - 1 codes,
/// the lowest being left out.
Range mseRange(const Histogram &histogram, unsigned bits, bool symmetric);

/// The mean squared error that mseRange minimizes, for any range.
double quantizationError(const Histogram &histogram, Range range, unsigned bits,
                         bool symmetric);

/// The range of 8-bit GELU operands with the least squared error at the
/// table's 8-bit output, whose range is `output`:
/// E[(gelu(x) - table(Q(x)))^2]. Both ends are searched: the long negative
/// tails that GELU sends to zero need no codes.
Range geluRange(const Histogram &operand, Range output);

/// The error that geluRange minimizes, for any range of the operand.
double geluError(const Histogram &operand, Range range, Range output);

/// x / 2 * (1 + erf(x / sqrt(2))).
double gelu(double x);

} // namespace deit

#endif // DEIT_QUANT_OBSERVERS_H
