// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `fxp` constants and data movement.

#include "FxpEvaluation.h"
#include "deit/Dialect/DeiT/IR/Constants.h"

using namespace deit;
using namespace deit::evaluation;

Error evaluation::errorAt(Operation *op, const Twine &message) {
  return llvm::createStringError(modulePath(op) + ": " +
                                 op->getName().getStringRef() + ": " + message);
}

IntegerTensor evaluation::zeros(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  IntegerTensor tensor;
  tensor.shape.assign(type.getShape().begin(), type.getShape().end());
  tensor.values.resize(type.getNumElements());
  return tensor;
}

template <typename T>
static Result readConstant(fxp::ConstantOp op) {
  Expected<std::vector<T>> values = readElements<T>(op.getValue());
  if (!values)
    return errorAt(op, llvm::toString(values.takeError()));
  IntegerTensor result = zeros(op.getResult());
  llvm::copy(*values, result.values.begin());
  return result;
}

Result evaluation::evaluate(fxp::ConstantOp op) {
  Type element = op.getResult().getType().getElementType();
  if (element.isUnsignedInteger(8))
    return readConstant<uint8_t>(op);
  switch (element.getIntOrFloatBitWidth()) {
  case 8:
    return readConstant<int8_t>(op);
  case 16:
    return readConstant<int16_t>(op);
  default:
    return readConstant<int32_t>(op);
  }
}

Result evaluation::evaluate(fxp::PatchesOp op, const IntegerTensor &image) {
  IntegerTensor result = zeros(op.getResult());
  int64_t rows = image.shape[1], columns = image.shape[2];
  int64_t height = op.getHeight(), width = op.getWidth();
  int64_t run = width * image.shape[3]; // pixels of one row of one patch
  auto out = result.values.begin();
  for (int64_t b = 0; b < image.shape[0]; ++b)
    for (int64_t py = 0; py < rows; py += height)
      for (int64_t px = 0; px < columns; px += width)
        for (int64_t y = py; y < py + height; ++y) {
          int64_t from = ((b * rows + y) * columns + px) * image.shape[3];
          out = std::copy_n(image.values.begin() + from, run, out);
        }
  return result;
}

Result evaluation::evaluate(fxp::PrependTokenOp op, const IntegerTensor &tokens,
                            const IntegerTensor &token) {
  IntegerTensor result = zeros(op.getResult());
  int64_t image = tokens.shape[1] * tokens.shape[2];
  auto out = result.values.begin();
  for (int64_t b = 0; b < tokens.shape[0]; ++b) {
    out = llvm::copy(token.values, out);
    out = std::copy_n(tokens.values.begin() + b * image, image, out);
  }
  return result;
}

Result evaluation::evaluate(fxp::SelectTokenOp op,
                            const IntegerTensor &tokens) {
  IntegerTensor result = zeros(op.getResult());
  int64_t count = tokens.shape[1], channels = tokens.shape[2];
  auto out = result.values.begin();
  for (int64_t b = 0; b < tokens.shape[0]; ++b) {
    int64_t from = (b * count + int64_t(op.getIndex())) * channels;
    out = std::copy_n(tokens.values.begin() + from, channels, out);
  }
  return result;
}

/// Calls `copy(merged, split)` with the offsets of every run of one head's
/// channels, in tokens [b, t, h, d] and in heads [b, h, t, d].
template <typename Copy>
static void forEachRun(ArrayRef<int64_t> heads, Copy copy) {
  for (int64_t b = 0; b < heads[0]; ++b)
    for (int64_t h = 0; h < heads[1]; ++h)
      for (int64_t t = 0; t < heads[2]; ++t)
        copy(((b * heads[2] + t) * heads[1] + h) * heads[3],
             ((b * heads[1] + h) * heads[2] + t) * heads[3]);
}

Result evaluation::evaluate(fxp::SplitHeadsOp op, const IntegerTensor &input) {
  IntegerTensor result = zeros(op.getResult());
  forEachRun(result.shape, [&](int64_t merged, int64_t split) {
    std::copy_n(input.values.begin() + merged, result.shape[3],
                result.values.begin() + split);
  });
  return result;
}

Result evaluation::evaluate(fxp::MergeHeadsOp op, const IntegerTensor &input) {
  IntegerTensor result = zeros(op.getResult());
  forEachRun(input.shape, [&](int64_t merged, int64_t split) {
    std::copy_n(input.values.begin() + split, input.shape[3],
                result.values.begin() + merged);
  });
  return result;
}
