// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers of the `deit` operations. Every check cites the constraint it
// enforces by its number in DeiTOps.td.

#include "ShapeChecks.h"
#include "mlir/IR/OpImplementation.h"

using namespace deit;

#define GET_OP_CLASSES
#include "deit/Dialect/DeiT/IR/DeiTOps.cpp.inc"

std::string deit::shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::interleave(shape, stream, "x");
  return text;
}

LogicalResult deit::expectShape(Operation *op, StringRef what,
                                ArrayRef<int64_t> expected,
                                RankedTensorType found) {
  if (found.getShape() == expected)
    return success();
  return op->emitOpError() << "expected " << what << " of shape "
                           << shapeText(expected) << ", found "
                           << shapeText(found.getShape());
}

LogicalResult deit::expectEpsilon(Operation *op, const APFloat &epsilon) {
  double value = epsilon.convertToDouble();
  if (value >= 0)
    return success();
  return op->emitOpError() << "expected an epsilon of at least 0, found "
                           << value;
}

LogicalResult deit::expectVector(Operation *op, StringRef what, Value vector,
                                 int64_t channels) {
  return expectShape(op, what, {channels},
                     cast<RankedTensorType>(vector.getType()));
}

static bool isQuantized(RankedTensorType type) {
  return isa<quant::QuantizedType>(type.getElementType());
}

//===----------------------------------------------------------------------===//
// Constants and number formats
//===----------------------------------------------------------------------===//

LogicalResult ConstantOp::verify() {
  auto held = cast<ShapedType>(getValue().getType());
  RankedTensorType type = getResult().getType();
  if (held.getShape() != type.getShape()) // C1
    return emitOpError() << "expected a value of shape "
                         << shapeText(type.getShape()) << ", found "
                         << shapeText(held.getShape());
  Type expected = type.getElementType(); // C2
  if (auto quantized = dyn_cast<quant::QuantizedType>(expected))
    expected =
        IntegerType::get(getContext(), quantized.getStorageTypeIntegralWidth());
  if (held.getElementType() != expected)
    return emitOpError() << "expected a value of " << expected << ", found "
                         << held.getElementType();
  if (!isWrittenOut(getValue())) // C3
    return emitOpError() << "expected at most " << kMostElementsOfSplat
                         << " elements that are all the same, found "
                         << held.getNumElements();
  return success();
}

LogicalResult QuantizeOp::verify() {
  if (isQuantized(getInput().getType()) || !isQuantized(getResult().getType()))
    return emitOpError("expected a float operand and a quantized result"); // C1
  return success();
}

LogicalResult DequantizeOp::verify() {
  if (!isQuantized(getInput().getType()) || isQuantized(getResult().getType()))
    return emitOpError("expected a quantized operand and a float result"); // C1
  return success();
}

//===----------------------------------------------------------------------===//
// From pixels to tokens
//===----------------------------------------------------------------------===//

LogicalResult NormalizeOp::verify() {
  RankedTensorType image = getImage().getType();
  if (failed(expectShape(*this, "a result", image.getShape(), // C1
                         getResult().getType())))
    return failure();
  if (image.getDimSize(3) != 3)
    return emitOpError() << "expected 3 colours, found " << image.getDimSize(3);
  if (getMean().size() != 3 || getStd().size() != 3) // C2
    return emitOpError() << "expected 3 means and 3 deviations, found "
                         << getMean().size() << " and " << getStd().size();
  for (float deviation : getStd())
    if (!(deviation > 0))
      return emitOpError() << "expected positive deviations, found "
                           << deviation;
  return success();
}

LogicalResult PatchEmbedOp::verify() {
  ArrayRef<int64_t> image = getImage().getType().getShape();
  ArrayRef<int64_t> weight = getWeight().getType().getShape();
  for (int dim : {1, 2}) // C1
    if (weight[dim] == 0 || image[dim] % weight[dim] != 0)
      return emitOpError() << "expected an image that " << weight[1] << "x"
                           << weight[2] << " patches cover, found " << image[1]
                           << "x" << image[2] << " pixels";
  if (image[3] != 3 || weight[3] != 3) // C2
    return emitOpError() << "expected 3 colours, found " << image[3]
                         << " in the image and " << weight[3]
                         << " in the weight";
  int64_t patches = (image[1] / weight[1]) * (image[2] / weight[2]);
  if (failed(expectShape(*this, "a result", {image[0], patches, weight[0]},
                         getResult().getType()))) // C3
    return failure();
  return expectVector(*this, "a bias", getBias(), weight[0]);
}

LogicalResult PrependTokenOp::verify() {
  ArrayRef<int64_t> tokens = getTokens().getType().getShape();
  if (failed(expectShape(*this, "a result",
                         {tokens[0], tokens[1] + 1, tokens[2]},
                         getResult().getType()))) // C1
    return failure();
  return expectVector(*this, "a token", getToken(), tokens[2]);
}

LogicalResult SelectTokenOp::verify() {
  ArrayRef<int64_t> tokens = getTokens().getType().getShape();
  if (getIndex() >= static_cast<uint64_t>(tokens[1])) // C1
    return emitOpError() << "expected an index below " << tokens[1]
                         << ", found " << getIndex();
  return expectShape(*this, "a result", {tokens[0], tokens[2]},
                     getResult().getType());
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

LogicalResult LinearOp::verify() {
  SmallVector<int64_t> shape(getInput().getType().getShape());
  ArrayRef<int64_t> weight = getWeight().getType().getShape();
  if (shape.empty() || shape.back() != weight[1]) // C1
    return emitOpError() << "expected an operand with " << weight[1]
                         << " channels, found " << shapeText(shape);
  shape.back() = weight[0];
  if (failed(expectShape(*this, "a result", shape,
                         getResult().getType()))) // C2
    return failure();
  return getBias() ? expectVector(*this, "a bias", getBias(), weight[0])
                   : success();
}

LogicalResult LayerNormOp::verify() {
  ArrayRef<int64_t> shape = getInput().getType().getShape();
  if (shape.empty() || failed(expectShape(*this, "a result", shape, // C1
                                          getResult().getType())))
    return failure();
  if (failed(expectVector(*this, "gamma", getGamma(), shape.back())) ||
      failed(expectVector(*this, "beta", getBeta(), shape.back())))
    return failure();
  return expectEpsilon(*this, getEpsilon()); // C2
}

LogicalResult GeluOp::verify() {
  if (!getLimit() || (getLargest() > 0 && std::isfinite(getLargest()))) // C1
    return success();
  return emitOpError() << "expected a positive and finite limit, found "
                       << getLargest();
}

double GeluOp::getLargest() {
  return getLimit() ? getLimit()->convertToDouble() : HUGE_VAL;
}

LogicalResult AddOp::verify() {
  RankedTensorType lhs = getLhs().getType();
  if (failed(expectShape(*this, "a result", lhs.getShape(), // C1
                         getResult().getType())))
    return failure();
  SmallVector<int64_t> shape(lhs.getShape());
  if (getRhs().getType().getRank() == lhs.getRank() && lhs.getRank() > 0 &&
      getRhs().getType().getDimSize(0) == 1)
    shape[0] = 1;
  return expectShape(*this, "a right operand", shape, getRhs().getType());
}

LogicalResult LayerScaleOp::verify() {
  ArrayRef<int64_t> shape = getInput().getType().getShape();
  if (shape.empty() || failed(expectShape(*this, "a result", shape, // C1
                                          getResult().getType())))
    return failure();
  return expectVector(*this, "gamma", getGamma(), shape.back());
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

LogicalResult SplitQkvOp::verify() {
  SmallVector<int64_t> shape(getInput().getType().getShape());
  if (shape[2] % 3 != 0) // C1
    return emitOpError() << "expected channels divisible by 3, found "
                         << shape[2];
  shape[2] /= 3;
  for (Value result : getResults())
    if (failed(expectShape(*this, "results", shape,
                           cast<RankedTensorType>(result.getType()))))
      return failure();
  return success();
}

/// C1 and C2 of split_heads and merge_heads: `tokens` are `heads` merged.
static LogicalResult verifyHeads(Operation *op, RankedTensorType tokens,
                                 RankedTensorType heads) {
  ArrayRef<int64_t> h = heads.getShape();
  ArrayRef<int64_t> t = tokens.getShape();
  if (t[0] != h[0] || t[1] != h[2] || t[2] != h[1] * h[3]) // C1
    return op->emitOpError()
           << "expected tokens " << h[0] << "x" << h[2] << "x" << h[1] * h[3]
           << " for heads " << shapeText(h) << ", found " << shapeText(t);
  if (tokens.getElementType() != heads.getElementType()) // C2
    return op->emitOpError()
           << "expected one element type, found " << tokens.getElementType()
           << " and " << heads.getElementType();
  return success();
}

LogicalResult SplitHeadsOp::verify() {
  return verifyHeads(*this, getInput().getType(), getResult().getType());
}

LogicalResult MergeHeadsOp::verify() {
  return verifyHeads(*this, getResult().getType(), getInput().getType());
}

LogicalResult MatmulOp::verify() {
  ArrayRef<int64_t> lhs = getLhs().getType().getShape();
  ArrayRef<int64_t> rhs = getRhs().getType().getShape();
  if (lhs.take_front(2) != rhs.take_front(2)) // C1
    return emitOpError() << "expected equal images and heads, found "
                         << shapeText(lhs) << " and " << shapeText(rhs);
  int64_t contracted = getTransposeRhs() ? rhs[3] : rhs[2];
  int64_t columns = getTransposeRhs() ? rhs[2] : rhs[3];
  if (lhs[3] != contracted) // C2
    return emitOpError() << "expected a right operand that contracts " << lhs[3]
                         << ", found " << contracted;
  return expectShape(*this, "a result", {lhs[0], lhs[1], lhs[2], columns},
                     getResult().getType());
}
