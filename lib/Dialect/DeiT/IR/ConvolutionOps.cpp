// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers of the operations of convolutional networks. Every check cites the
// constraint it enforces by its number in DeiTConvolutionOps.td.

#include "ShapeChecks.h"
#include <cmath>

using namespace deit;

/// Reports that the attribute `name` does not hold `count` numbers of at least
/// `least`.
static LogicalResult expectNumbers(Operation *op, StringRef name,
                                   ArrayRef<int64_t> numbers, size_t count,
                                   int64_t least) {
  bool large = llvm::all_of(numbers, [&](int64_t n) {
    return n >= least && n <= INT32_MAX; // so that sums do not overflow
  });
  if (numbers.size() == count && large)
    return success();
  auto error = op->emitOpError() << "expected " << count << " " << name
                                 << " from " << least << ", found ";
  llvm::interleaveComma(numbers, error);
  return error;
}

/// How many windows of `size` there are in `length` pixels with `before` and
/// `after` around them; 0 when not one fits.
static int64_t countWindows(int64_t length, int64_t before, int64_t after,
                            int64_t size, int64_t stride) {
  int64_t room = length + before + after - size;
  return room < 0 ? 0 : room / stride + 1;
}

/// The shape of what windows slide over; with 0 pixels when none fits.
static SmallVector<int64_t> slidShape(ArrayRef<int64_t> input, int64_t height,
                                      int64_t width, ArrayRef<int64_t> strides,
                                      ArrayRef<int64_t> padding,
                                      int64_t channels) {
  return {input[0],
          countWindows(input[1], padding[0], padding[2], height, strides[0]),
          countWindows(input[2], padding[1], padding[3], width, strides[1]),
          channels};
}

/// Checks the result of a window of `height` and `width` that slides over the
/// operand of `op`.
template <typename Op>
static LogicalResult verifyWindows(Op op, int64_t height, int64_t width,
                                   int64_t channels) {
  ArrayRef<int64_t> input = op.getInput().getType().getShape();
  SmallVector<int64_t> shape = slidShape(input, height, width, op.getStrides(),
                                         op.getPadding(), channels);
  if (shape[1] == 0 || shape[2] == 0)
    return op.emitOpError()
           << "expected a padded operand of at least " << height << "x" << width
           << ", found " << input[1] + op.getPadding()[0] + op.getPadding()[2]
           << "x" << input[2] + op.getPadding()[1] + op.getPadding()[3];
  return expectShape(op, "a result", shape, op.getResult().getType());
}

LogicalResult Conv2DOp::verify() {
  if (failed(expectNumbers(*this, "strides", getStrides(), 2, 1)) || // C1
      failed(expectNumbers(*this, "paddings", getPadding(), 4, 0)))
    return failure();
  int64_t channels = getInput().getType().getDimSize(3);
  ArrayRef<int64_t> weight = getWeight().getType().getShape();
  int64_t groups = getGroups();
  if (groups < 1 || channels % groups != 0 || weight[0] % groups != 0) // C2
    return emitOpError() << "expected groups that divide " << channels
                         << " channels and " << weight[0] << " outputs, found "
                         << groups;
  if (weight[3] != channels / groups)
    return emitOpError() << "expected a weight of " << channels / groups
                         << " channels a group, found " << weight[3];
  if (weight[1] < 1 || weight[2] < 1)
    return emitOpError() << "expected a filter of at least 1x1, found "
                         << weight[1] << "x" << weight[2];
  if (failed(
          verifyWindows(*this, weight[1], weight[2], weight[0]))) // C3 and C4
    return failure();
  return getBias() ? expectVector(*this, "a bias", getBias(), weight[0])
                   : success();
}

LogicalResult BatchNormOp::verify() {
  ArrayRef<int64_t> shape = getInput().getType().getShape();
  if (shape.empty() || failed(expectShape(*this, "a result", shape, // C1
                                          getResult().getType())))
    return failure();
  if (failed(expectVector(*this, "gamma", getGamma(), shape.back())) ||
      failed(expectVector(*this, "beta", getBeta(), shape.back())) ||
      failed(expectVector(*this, "mean", getMean(), shape.back())) ||
      failed(expectVector(*this, "variance", getVariance(), shape.back())))
    return failure();
  return expectEpsilon(*this, getEpsilon()); // C2
}

LogicalResult ReluOp::verify() {
  if (!getCeiling())
    return success();
  double ceiling = getCeiling()->convertToDouble();
  if (!(ceiling > 0 && std::isfinite(ceiling))) // C1
    return emitOpError() << "expected a positive finite ceiling, found "
                         << ceiling;
  return success();
}

template <typename Op>
static LogicalResult verifyPool(Op op) {
  if (failed(expectNumbers(op, "window sides", op.getWindow(), 2, 1)) || // C1
      failed(expectNumbers(op, "strides", op.getStrides(), 2, 1)) ||
      failed(expectNumbers(op, "paddings", op.getPadding(), 4, 0)))
    return failure();
  for (auto [i, padding] : llvm::enumerate(op.getPadding()))
    if (padding >= op.getWindow()[i % 2])
      return op.emitOpError()
             << "expected paddings below the window, found " << padding;
  return verifyWindows(op, op.getWindow()[0], op.getWindow()[1], // C2 and C3
                       op.getInput().getType().getDimSize(3));
}

LogicalResult MaxPoolOp::verify() { return verifyPool(*this); }

LogicalResult AveragePoolOp::verify() { return verifyPool(*this); }

LogicalResult GlobalAveragePoolOp::verify() {
  ArrayRef<int64_t> input = getInput().getType().getShape();
  return expectShape(*this, "a result", {input[0], input[3]}, // C1
                     getResult().getType());
}

LogicalResult ShortcutOp::verify() {
  ArrayRef<int64_t> input = getInput().getType().getShape();
  ArrayRef<int64_t> result = getResult().getType().getShape();
  int64_t stride = getStride(), before = getBefore();
  if (stride < 1) // C1
    return emitOpError() << "expected a stride of at least 1, found " << stride;
  auto strided = [&](int64_t length) {
    return length / stride + (length % stride != 0);
  };
  if (failed(expectShape(
          *this, "a result", // C2
          {input[0], strided(input[1]), strided(input[2]), result[3]},
          getResult().getType())))
    return failure();
  if (before < 0 || before > result[3] || result[3] - before < input[3]) // C3
    return emitOpError() << "expected a result with room for " << input[3]
                         << " channels after " << before << " others, found "
                         << result[3];
  return success();
}
