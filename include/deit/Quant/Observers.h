// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses the ranges that quantized activations cover. No IR.

#ifndef DEIT_QUANT_OBSERVERS_H
#define DEIT_QUANT_OBSERVERS_H

#include "deit/Quant/Histogram.h"
#include <cmath>

namespace deit {

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

/// Everything that occurred.
Range minMaxRange(const Histogram &histogram);

/// Cuts (100 - percentile) percent of the values off at either end.
Range percentileRange(const Histogram &histogram, double percentile);

/// The range whose codes of `bits` bits keep most of the distribution's
/// information: the one with the least entropyError. Ranges as in mseRange.
/// After Migacz, 8-bit Inference with TensorRT (GTC 2017), with both ends
/// searched where codes are affine.
Range entropyRange(const Histogram &histogram, unsigned bits, bool symmetric);

/// KL(P || Q) in nats. P is the histogram with what lies outside `range` in the
/// outermost bins inside, Q what is left of the bins inside when the bins of a
/// code are told apart no longer: the code's weight, even over its bins that
/// are not empty. Infinite where a code is narrower than a bin.
double entropyError(const Histogram &histogram, Range range, unsigned bits,
                    bool symmetric);

/// The range with the least mean squared error of codes of `bits` bits, a
/// value outside counting as its nearest end. Affine ranges include 0; both
/// their ends are searched. Symmetric ones are [-m, m] for 2^bits - 1 codes,
/// the lowest being left out. With a histogram of values weighted by the
/// squared gradients of a loss it is the range with the least expected loss, to
/// the diagonal of the second order.
Range mseRange(const Histogram &histogram, unsigned bits, bool symmetric);

/// The mean squared error that mseRange minimizes, for any range.
double quantizationError(const Histogram &histogram, Range range, unsigned bits,
                         bool symmetric);

/// The range of 8-bit GELU operands with the least squared error at the
/// table's 8-bit output, whose range is `output`:
/// E[(y(x) - table(Q(x)))^2] with y(x) = min(gelu(x), limit). Both ends are
/// searched: the long negative tails that GELU sends to zero need no codes.
Range geluRange(const Histogram &operand, Range output,
                double limit = HUGE_VAL);

/// The error that geluRange minimizes, for any range of the operand.
double geluError(const Histogram &operand, Range range, Range output,
                 double limit = HUGE_VAL);

} // namespace deit

#endif // DEIT_QUANT_OBSERVERS_H
