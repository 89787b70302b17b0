// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Real multipliers as the fixed-point ones of the `fxp` operations.
//
// Every function chooses integers such that an `fxp` operation, computed as
// FxpOps.td specifies it, comes as near to the real operation as its widths
// allow, and fails where no choice keeps them.

#ifndef DEIT_QUANT_FIXEDPOINT_H
#define DEIT_QUANT_FIXEDPOINT_H

#include "deit/Support/LLVM.h"
#include <cmath>
#include <cstdint>
#include <vector>

namespace deit {

/// Whether `|accumulator << preShift| < 2^31 - 2^shift`, which `requantize`
/// requires so that nothing in it leaves 32 bits.
inline bool canRequantize(int64_t accumulator, int preShift, int shift) {
  int64_t limit = ((int64_t(1) << 31) - (int64_t(1) << shift) - 1) >> preShift;
  return -limit <= accumulator && accumulator <= limit;
}

/// `rq` of the `fxp` dialect: the accumulator times
/// `multiplier * 2^(preShift - shift - 31)`, to less than 1/2 + 2^-shift.
/// Requires `canRequantize` and a multiplier of at least 0.
inline int64_t requantize(int64_t accumulator, int32_t multiplier, int preShift,
                          int shift) {
  int64_t t = (accumulator * (int64_t(1) << preShift) * multiplier) >> 31;
  return (t + (int64_t(1) << (shift - 1))) >> shift;
}

/// Rounds `values` to multiples of the largest power of two that is at most
/// `unit`, the largest ones downwards. Digits that are all zero take no room in
/// a container.
void roundToUnit(MutableArrayRef<int32_t> values, double unit);

/// Parameters of `fxp.requantize`, one multiplier for every channel.
struct Requantization {
  std::vector<int32_t> multipliers;
  int preShift = 0;
  int shift = 4;
};

/// The requantization whose factor in channel n is nearest to `ratios[n] >= 0`,
/// the accumulator's scale over the result's. `bound` is the largest absolute
/// value of any accumulator. The largest multiplier is in [2^30, 2^31) unless
/// all ratios are below 2^-31; the shift is at least 4 where `bound` leaves
/// room, so that the first floor costs at most 1/16 of a result code. A ratio
/// above `width`, the largest distance of a result code from its zero point,
/// counts as `width`, for a sum of 1 leaves the codes already.
Expected<Requantization> makeRequantization(ArrayRef<double> ratios,
                                            int64_t bound,
                                            int64_t width = INT32_MAX);

/// Parameters that bring the residual of `fxp.add` to the result's scale.
struct Rescale {
  int32_t multiplier = 0;
  int preShift = 0;
  int shift = 1;
};

/// The rescaling of s16 codes by `ratio`, their scale over the result's. A
/// ratio of 1 is exact. Above 2^15 the ratio is 2^15: with 16 bits in the
/// branch and the result, a sum is then off by less than half a code of the
/// residual. `bound` is the largest absolute code; fails from 2^14 on if it is
/// 2^15.
Expected<Rescale> makeRescale(double ratio, int64_t bound = INT16_MAX);

/// Parameters of `fxp.softmax`.
struct SoftmaxScale {
  int32_t multiplier = 0;
  int preShift = 0;
  int64_t limit = 1;
};

/// The exponents of scores at `scale`: one code is `scale * log2(e)` powers
/// of two. However coarse that is, numerators are those of the real softmax: of
/// a single code from 9 powers on, all but the largest are 0. Fails unless the
/// scale is positive and finite.
Expected<SoftmaxScale> makeSoftmaxScale(double scale);

/// Parameters of `fxp.normalize`.
struct NormalizeScale {
  int64_t multiplier = 0;
  int shift = 1;
};

/// The division by row sums that also scales by `ratio`, the values' scale over
/// the result's. `bound` is the largest absolute value of the product.
Expected<NormalizeScale> makeNormalizeScale(double ratio, int64_t bound);

/// Parameters of `fxp.layer_norm`.
struct LayerNormParameters {
  std::vector<int32_t> gamma, beta;
  int64_t epsilon = 0;
  int shift = 1;
};

/// The layer norm over `gamma.size()` codes of `inputScale` with the float
/// `gamma`, `beta` and `epsilon`, its result at `outputScale`. The shift is the
/// largest that keeps |gamma| < 2^31 and |beta| <= 2^30.
Expected<LayerNormParameters> makeLayerNorm(ArrayRef<float> gamma,
                                            ArrayRef<float> beta,
                                            double epsilon, double inputScale,
                                            double outputScale);

/// The finest output scale that `makeLayerNorm` takes: a step of the normalized
/// row, 2^-20, times gamma is half a code there.
double finestLayerNormScale(ArrayRef<float> gamma, ArrayRef<float> beta);

/// The scale and zero point of 8-bit codes: `x = (code - zeroPoint) * scale`.
struct AffineScale {
  double scale = 1;
  int64_t zeroPoint = 0;
};

/// x / 2 * (1 + erf(x / sqrt(2))); by erfc, which keeps the digits that
/// `1 + erf` cancels.
double gelu(double x);

/// The 256 results of `y = min(gelu(x), limit)`, rounded half to even and
/// clamped to [low, high], a part of [0, 255].
std::vector<uint8_t> makeGeluTable(AffineScale input, AffineScale output,
                                   int64_t low = 0, int64_t high = 255,
                                   double limit = HUGE_VAL);

} // namespace deit

#endif // DEIT_QUANT_FIXEDPOINT_H
