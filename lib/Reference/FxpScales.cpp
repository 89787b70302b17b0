// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `fxp` operations that bring codes to another scale.

#include "FxpEvaluation.h"
#include "deit/Quant/FixedPoint.h"

using namespace deit;
using namespace deit::evaluation;

/// `rq(value, multiplier, preShift, shift)`, or an error where its
/// preconditions do not hold.
static Expected<int64_t> rescaled(Operation *op, int64_t value,
                                  int64_t multiplier, int preShift, int shift) {
  if (multiplier < 0 || multiplier > INT32_MAX)
    return errorAt(op, "the multiplier " + Twine(multiplier) +
                           " is not from 0 to 2^31 - 1");
  if (!canRequantize(value, preShift, shift))
    return errorAt(op, "the sum " + Twine(value) + " << " + Twine(preShift) +
                           " leaves the range of a shift by " + Twine(shift));
  return requantize(value, int32_t(multiplier), preShift, shift);
}

Result evaluation::evaluate(fxp::RequantizeOp op, const IntegerTensor &input,
                            const IntegerTensor &multiplier) {
  IntegerTensor result = zeros(op.getResult());
  int64_t zeroPoint = op.getZeroPoint(), low = op.getLow(), high = op.getHigh();
  int preShift = op.getPreShift(), shift = op.getShift();
  size_t channels = multiplier.values.size();
  for (size_t i = 0; i < input.values.size(); ++i) {
    Expected<int64_t> y = rescaled(
        op, input.values[i], multiplier.values[i % channels], preShift, shift);
    if (!y)
      return y.takeError();
    result.values[i] = clampTo(zeroPoint + *y, low, high);
  }
  return result;
}

Result evaluation::evaluate(fxp::LookupOp op, const IntegerTensor &input,
                            const IntegerTensor &table) {
  IntegerTensor result = zeros(op.getResult());
  for (size_t i = 0; i < input.values.size(); ++i)
    result.values[i] = table.values[input.values[i]];
  return result;
}

Result evaluation::evaluate(fxp::AddOp op, const IntegerTensor &input,
                            const IntegerTensor &branch) {
  IntegerTensor result = zeros(op.getResult());
  int64_t multiplier = op.getMultiplier(), low = op.getLow(),
          high = op.getHigh();
  int preShift = op.getPreShift(), shift = op.getShift();
  for (size_t i = 0; i < input.values.size(); ++i) {
    Expected<int64_t> x =
        rescaled(op, input.values[i], multiplier, preShift, shift);
    if (!x)
      return x.takeError();
    // A branch for one image is added to every image.
    int64_t y = *x + branch.values[i % branch.values.size()];
    result.values[i] = clampTo(y, low, high);
  }
  return result;
}

Result evaluation::evaluate(fxp::NormalizeOp op, const IntegerTensor &input,
                            const IntegerTensor &sums) {
  IntegerTensor result = zeros(op.getResult());
  int64_t zeroPoint = op.getZeroPoint(), low = op.getLow(), high = op.getHigh();
  size_t columns = input.shape.back();
  for (size_t i = 0; i < input.values.size(); ++i) {
    int64_t sum = sums.values[i / columns];
    if (sum <= 0)
      return errorAt(op, "the row sum " + Twine(sum) + " is not positive");
    Expected<int64_t> y =
        rescaled(op, input.values[i], int64_t(op.getMultiplier()) / sum, 0,
                 op.getShift());
    if (!y)
      return y.takeError();
    result.values[i] = clampTo(zeroPoint + *y, low, high);
  }
  return result;
}
