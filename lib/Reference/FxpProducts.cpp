// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `fxp.linear` and `fxp.matmul`: exact sums of products.

#include "FxpEvaluation.h"
#include "llvm/Support/MathExtras.h"

using namespace deit;
using namespace deit::evaluation;

/// Products of 8-bit codes are at most 255 * 128, so this many fit 32 bits.
static constexpr int64_t kExactRun = 32768;

/// Operands of 16 bits and a sum of 32: the shape that vectorizers know.
static int32_t dotRun(const int16_t *a, const int16_t *b, int64_t count) {
  int32_t sum = 0;
  for (int64_t i = 0; i < count; ++i)
    sum += int32_t(a[i]) * int32_t(b[i]);
  return sum;
}

static int64_t dot(const int16_t *a, const int16_t *b, int64_t count) {
  int64_t sum = 0;
  for (int64_t i = 0; i < count; i += kExactRun)
    sum += dotRun(a + i, b + i, std::min(kExactRun, count - i));
  return sum;
}

Rows evaluation::toRows(const IntegerTensor &codes) {
  return Rows(codes.values.begin(), codes.values.end());
}

/// `out[i, n] = a[i] * b[n] + bias[n]` for rows of `inner` codes.
static Error multiply(Operation *op, ArrayRef<int16_t> a, ArrayRef<int16_t> b,
                      ArrayRef<int32_t> bias, int64_t inner,
                      MutableArrayRef<int32_t> out) {
  int64_t columns = b.size() / inner, rows = a.size() / inner;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t n = 0; n < columns; ++n) {
      int64_t sum = dot(&a[i * inner], &b[n * inner], inner) +
                    (bias.empty() ? 0 : bias[n]);
      if (!llvm::isInt<32>(sum))
        return errorAt(op, "the sum " + Twine(sum) + " of channel " + Twine(n) +
                               " leaves 32 bits");
      out[i * columns + n] = int32_t(sum);
    }
  return Error::success();
}

Result evaluation::evaluate(fxp::LinearOp op, const IntegerTensor &input,
                            const Rows &weight, const IntegerTensor &bias) {
  IntegerTensor result = zeros(op.getResult());
  if (input.shape.back() == 0)
    return errorAt(op, "expected at least one channel");
  if (Error error = multiply(op, toRows(input), weight, bias.values,
                             input.shape.back(), result.values))
    return std::move(error);
  return result;
}

/// Swaps the last two dimensions, `rows` and `columns`, of one head.
static Rows transposed(ArrayRef<int16_t> head, int64_t rows, int64_t columns) {
  Rows result(head.size());
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      result[c * rows + r] = head[r * columns + c];
  return result;
}

Result evaluation::evaluate(fxp::MatmulOp op, const IntegerTensor &lhs,
                            const IntegerTensor &rhs) {
  IntegerTensor result = zeros(op.getResult());
  int64_t rows = result.shape[2], columns = result.shape[3];
  int64_t inner = lhs.shape[3];
  if (inner == 0)
    return errorAt(op, "expected at least one channel");
  Rows left = toRows(lhs), right = toRows(rhs);
  for (int64_t h = 0; h < lhs.shape[0] * lhs.shape[1]; ++h) {
    ArrayRef<int16_t> a = ArrayRef(left).slice(h * rows * inner, rows * inner);
    ArrayRef<int16_t> b =
        ArrayRef(right).slice(h * columns * inner, columns * inner);
    Rows turned;
    if (!op.getTransposeRhs())
      b = turned = transposed(b, inner, columns);
    auto out = MutableArrayRef(result.values)
                   .slice(h * rows * columns, rows * columns);
    if (Error error = multiply(op, a, b, {}, inner, out))
      return std::move(error);
  }
  return result;
}
