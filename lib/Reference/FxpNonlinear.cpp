// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `fxp.layer_norm` and `fxp.softmax`.

#include "FxpEvaluation.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace deit;
using namespace deit::evaluation;

/// The floor of the square root. The float root is off by one at most.
static int64_t integerRoot(int64_t value) {
  auto root = static_cast<int64_t>(std::sqrt(static_cast<double>(value)));
  while (root * root > value)
    --root;
  while ((root + 1) * (root + 1) <= value)
    ++root;
  return root;
}

namespace {
/// What all channels of one row share.
struct RowMoments {
  int64_t channels, sum;
  int64_t reciprocal; ///< of the deviation
  int before, after;  ///< shifts around the product with it

  RowMoments(ArrayRef<int32_t> row, int64_t epsilon) : channels(row.size()) {
    int64_t squares = 0;
    sum = 0;
    for (int64_t x : row) {
      sum += x;
      squares += x * x;
    }
    int64_t variance = channels * squares - sum * sum + epsilon;
    int64_t root = std::max<int64_t>(integerRoot(variance), 1);
    int length = llvm::bit_width(static_cast<uint64_t>(root));
    reciprocal = ((int64_t(1) << (30 + length)) - 1) / root;
    before = std::max(21 - length, 0);
    after = std::max(length - 21, 0);
  }

  /// The channel's distance from the mean in deviations, in Q20.
  int64_t normalized(int64_t x) const {
    int64_t distance = channels * x - sum;
    return ((distance * (int64_t(1) << before) * reciprocal) >> 31) >> after;
  }
};
} // namespace

Result evaluation::evaluate(fxp::LayerNormOp op, const IntegerTensor &input,
                            const IntegerTensor &gamma,
                            const IntegerTensor &beta) {
  IntegerTensor result = zeros(op.getResult());
  int64_t zeroPoint = op.getZeroPoint(), low = op.getLow(), high = op.getHigh();
  int64_t shift = op.getShift(), half = int64_t(1) << (shift - 1);
  size_t channels = input.shape.back();
  for (size_t first = 0; first < input.values.size(); first += channels) {
    ArrayRef<int32_t> row = ArrayRef(input.values).slice(first, channels);
    RowMoments moments(row, op.getEpsilon());
    for (size_t i = 0; i < channels; ++i) {
      int64_t n = moments.normalized(row[i]);
      int64_t t = ((n * gamma.values[i]) >> 31) + beta.values[i];
      if (!llvm::isInt<32>(n) || !llvm::isInt<32>(t) ||
          !llvm::isInt<32>(t + half))
        return errorAt(op, "channel " + Twine(i) + " leaves 32 bits");
      int64_t y = zeroPoint + ((t + half) >> shift);
      result.values[first + i] = clampTo(y, low, high);
    }
  }
  return result;
}

/// `2^-f` in Q15 for f in Q16, f < 1.
static int64_t powerOfMinus(int64_t f) {
  int64_t p = fxp::kSoftmaxCubic[1] - ((f * fxp::kSoftmaxCubic[2]) >> 16);
  p = fxp::kSoftmaxCubic[0] - ((f * p) >> 16);
  return 32768 - ((f * p) >> 16);
}

/// `255 * 2^-u`, rounded, for u in Q16.
static int64_t numerator(int64_t u) {
  int64_t i = u >> 16;
  int64_t p = powerOfMinus(u & 0xffff);
  return (255 * p + (int64_t(1) << (14 + i))) >> (15 + i);
}

Expected<std::pair<IntegerTensor, IntegerTensor>>
evaluation::evaluate(fxp::SoftmaxOp op, const IntegerTensor &scores) {
  IntegerTensor numerators = zeros(op.getNumerators());
  IntegerTensor sums = zeros(op.getSums());
  size_t columns = scores.shape.back();
  int64_t multiplier = op.getMultiplier(), limit = op.getLimit();
  if (columns == 0)
    return errorAt(op, "expected at least one score in a row");
  for (size_t row = 0; row < sums.values.size(); ++row) {
    ArrayRef<int32_t> s = ArrayRef(scores.values).slice(row * columns, columns);
    int64_t most = *llvm::max_element(s), sum = 0;
    for (size_t i = 0; i < columns; ++i) {
      if (!llvm::isInt<32>(most - s[i]))
        return errorAt(op, "the difference of scores " + Twine(most) + " and " +
                               Twine(s[i]) + " leaves 32 bits");
      int64_t d = std::min(most - s[i], limit);
      int64_t u = ((d << op.getPreShift()) * multiplier) >> 31;
      int64_t y = numerator(u);
      numerators.values[row * columns + i] = int32_t(y);
      sum += y;
    }
    if (!llvm::isInt<32>(sum))
      return errorAt(op, "the sum of a row leaves 32 bits");
    sums.values[row] = int32_t(sum);
  }
  return std::make_pair(std::move(numerators), std::move(sums));
}
