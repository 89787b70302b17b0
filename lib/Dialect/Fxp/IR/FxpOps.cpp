// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers of the `fxp` operations. Every check cites the constraint it
// enforces by its number in FxpOps.td.

#include "deit/Dialect/Fxp/IR/FxpOps.h"
#include "mlir/IR/OpImplementation.h"

using namespace deit;
using namespace deit::fxp;

#define GET_OP_CLASSES
#include "deit/Dialect/Fxp/IR/FxpOps.cpp.inc"

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

static Type elementOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getElementType();
}

static LogicalResult expectShape(Operation *op, StringRef what,
                                 ArrayRef<int64_t> expected,
                                 ArrayRef<int64_t> found) {
  if (expected == found)
    return success();
  auto diagnostic = op->emitOpError() << "expected " << what << " of shape ";
  llvm::interleave(expected, diagnostic, "x");
  diagnostic << ", found ";
  llvm::interleave(found, diagnostic, "x");
  return diagnostic;
}

static LogicalResult expectWithin(Operation *op, StringRef what, int64_t value,
                                  int64_t low, int64_t high) {
  if (low <= value && value <= high)
    return success();
  return op->emitOpError() << "expected " << what << " from " << low << " to "
                           << high << ", found " << value;
}

/// `low <= high`, and both are values of `element`.
static LogicalResult verifyClamp(Operation *op, int64_t low, int64_t high,
                                 Type element) {
  unsigned width = element.getIntOrFloatBitWidth();
  bool isUnsigned = element.isUnsignedInteger();
  int64_t min = isUnsigned ? 0 : -(int64_t(1) << (width - 1));
  int64_t max = (int64_t(1) << (isUnsigned ? width : width - 1)) - 1;
  if (low > high)
    return op->emitOpError()
           << "expected low <= high, found " << low << " and " << high;
  if (low < min || high > max)
    return op->emitOpError() << "expected low and high to fit " << element
                             << ", found " << low << " and " << high;
  return success();
}

/// The same for operations that add a zero point.
static LogicalResult verifyClamp(Operation *op, int64_t zeroPoint, int64_t low,
                                 int64_t high, Type element) {
  if (failed(expectWithin(op, "'zero_point'", zeroPoint, INT16_MIN, INT16_MAX)))
    return failure();
  return verifyClamp(op, low, high, element);
}

static LogicalResult verifyShifts(Operation *op, int64_t preShift,
                                  int64_t shift) {
  if (failed(expectWithin(op, "'pre_shift'", preShift, 0, 24)))
    return failure();
  return expectWithin(op, "'shift'", shift, 1, 30);
}

static constexpr int64_t kMaxMultiplier = (int64_t(1) << 31) - 1;

//===----------------------------------------------------------------------===//
// Constants and data movement
//===----------------------------------------------------------------------===//

void ConstantOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  if (isa_and_nonnull<ProgramOp>((*this)->getParentOp()))
    effects.emplace_back(MemoryEffects::Write::get());
}

LogicalResult ConstantOp::verify() {
  auto held = cast<ShapedType>(getValue().getType());
  if (failed(expectShape(*this, "a value", shapeOf(getResult()), // C1
                         held.getShape())))
    return failure();
  unsigned width = elementOf(getResult()).getIntOrFloatBitWidth();
  if (!held.getElementType().isSignlessInteger(width))
    return emitOpError() << "expected a value of i" << width << ", found "
                         << held.getElementType();
  if (!isWrittenOut(getValue())) // C2
    return emitOpError() << "expected at most " << kMostElementsOfSplat
                         << " elements that are all the same, found "
                         << held.getNumElements();
  return success();
}

LogicalResult PatchesOp::verify() {
  ArrayRef<int64_t> image = shapeOf(getImage());
  int64_t height = getHeight(), width = getWidth();
  if (height <= 0 || width <= 0 || image[1] % height || image[2] % width) // C1
    return emitOpError() << "expected an image that " << height << "x" << width
                         << " patches cover, found " << image[1] << "x"
                         << image[2] << " pixels";
  int64_t patches = (image[1] / height) * (image[2] / width); // C2
  return expectShape(*this, "a result",
                     {image[0], patches, height * width * image[3]},
                     shapeOf(getResult()));
}

LogicalResult PrependTokenOp::verify() {
  ArrayRef<int64_t> tokens = shapeOf(getTokens());
  if (tokens.size() != 3) // C1
    return emitOpError() << "expected tokens of rank 3, found "
                         << tokens.size();
  if (failed(
          expectShape(*this, "a token", {1, tokens[2]}, shapeOf(getToken()))))
    return failure();
  return expectShape(*this, "a result", {tokens[0], tokens[1] + 1, tokens[2]},
                     shapeOf(getResult()));
}

LogicalResult SelectTokenOp::verify() {
  ArrayRef<int64_t> tokens = shapeOf(getTokens());
  if (tokens.size() != 3) // C1
    return emitOpError() << "expected tokens of rank 3, found "
                         << tokens.size();
  if (failed(expectWithin(*this, "'index'", getIndex(), 0, tokens[1] - 1)))
    return failure();
  if (elementOf(getTokens()) != elementOf(getResult())) // C2
    return emitOpError() << "expected a result of " << elementOf(getTokens())
                         << ", found " << elementOf(getResult());
  return expectShape(*this, "a result", {tokens[0], tokens[2]},
                     shapeOf(getResult()));
}

/// C1 of split_heads and merge_heads: `tokens` are `heads` merged.
static LogicalResult verifyHeads(Operation *op, Value tokens, Value heads) {
  ArrayRef<int64_t> h = shapeOf(heads);
  if (elementOf(tokens) != elementOf(heads))
    return op->emitOpError()
           << "expected one element type, found " << elementOf(tokens)
           << " and " << elementOf(heads);
  return expectShape(op, "tokens", {h[0], h[2], h[1] * h[3]}, shapeOf(tokens));
}

LogicalResult SplitHeadsOp::verify() {
  return verifyHeads(*this, getInput(), getResult());
}

LogicalResult MergeHeadsOp::verify() {
  return verifyHeads(*this, getResult(), getInput());
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

LogicalResult LinearOp::verify() {
  SmallVector<int64_t> shape(shapeOf(getInput()));
  ArrayRef<int64_t> weight = shapeOf(getWeight());
  if (shape.empty() || shape.back() != weight[1]) // C1
    return emitOpError() << "expected an operand with " << weight[1]
                         << " channels, found "
                         << (shape.empty() ? 0 : shape.back());
  shape.back() = weight[0]; // C2
  if (failed(expectShape(*this, "a bias", {weight[0]}, shapeOf(getBias()))))
    return failure();
  return expectShape(*this, "a result", shape, shapeOf(getResult()));
}

LogicalResult MatmulOp::verify() {
  ArrayRef<int64_t> lhs = shapeOf(getLhs()), rhs = shapeOf(getRhs());
  int64_t inner = getTransposeRhs() ? rhs[3] : rhs[2];
  int64_t columns = getTransposeRhs() ? rhs[2] : rhs[3];
  if (lhs.take_front(2) != rhs.take_front(2) || lhs[3] != inner) // C1
    return emitOpError() << "expected a right operand of " << lhs[0]
                         << " images, " << lhs[1] << " heads that contracts "
                         << lhs[3] << ", found " << rhs[0] << ", " << rhs[1]
                         << " and " << inner;
  if (elementOf(getRhs()).isUnsignedInteger()) // C2
    return emitOpError("expected an i8 right operand, found ui8");
  return expectShape(*this, "a result", {lhs[0], lhs[1], lhs[2], columns},
                     shapeOf(getResult()));
}

//===----------------------------------------------------------------------===//
// Change of scale
//===----------------------------------------------------------------------===//

LogicalResult RequantizeOp::verify() {
  ArrayRef<int64_t> shape = shapeOf(getInput());
  if (shape.empty() || // C1
      failed(expectShape(*this, "a result", shape, shapeOf(getResult()))) ||
      failed(expectShape(*this, "a multiplier", {shape.back()},
                         shapeOf(getMultiplier()))))
    return failure();
  if (failed(verifyShifts(*this, getPreShift(), getShift()))) // C2
    return failure();
  return verifyClamp(*this, getZeroPoint(), getLow(), getHigh(), // C3
                     elementOf(getResult()));
}

LogicalResult LookupOp::verify() {
  if (failed(expectShape(*this, "a table", {256}, shapeOf(getTable())))) // C1
    return failure();
  return expectShape(*this, "a result", shapeOf(getInput()), // C2
                     shapeOf(getResult()));
}

LogicalResult AddOp::verify() {
  SmallVector<int64_t> shape(shapeOf(getInput()));
  if (failed(expectShape(*this, "a result", shape, shapeOf(getResult())))) // C1
    return failure();
  if (!shape.empty() && !shapeOf(getBranch()).empty() &&
      shapeOf(getBranch())[0] == 1)
    shape[0] = 1;
  if (failed(expectShape(*this, "a branch", shape, shapeOf(getBranch()))))
    return failure();
  if (failed(expectWithin(*this, "'multiplier'", getMultiplier(), 0, // C2
                          kMaxMultiplier)) ||
      failed(verifyShifts(*this, getPreShift(), getShift())))
    return failure();
  return verifyClamp(*this, getLow(), getHigh(), elementOf(getResult())); // C3
}

//===----------------------------------------------------------------------===//
// Nonlinear functions
//===----------------------------------------------------------------------===//

LogicalResult LayerNormOp::verify() {
  ArrayRef<int64_t> shape = shapeOf(getInput());
  if (shape.empty() || // C1
      failed(expectShape(*this, "a result", shape, shapeOf(getResult()))))
    return failure();
  if (failed(expectWithin(*this, "channels", shape.back(), 1, 4096)))
    return failure();
  for (Value vector : {getGamma(), getBeta()})
    if (failed(expectShape(*this, "gamma and beta", {shape.back()},
                           shapeOf(vector))))
      return failure();
  if (failed(expectWithin(*this, "'shift'", getShift(), 1, 24)) || // C2
      failed(
          expectWithin(*this, "'epsilon'", getEpsilon(), 0, int64_t(1) << 61)))
    return failure();
  return verifyClamp(*this, getZeroPoint(), getLow(), getHigh(), // C3
                     elementOf(getResult()));
}

LogicalResult SoftmaxOp::verify() {
  ArrayRef<int64_t> shape = shapeOf(getScores());
  if (shape.empty() || failed(expectShape(*this, "numerators", shape, // C1
                                          shapeOf(getNumerators()))))
    return failure();
  if (failed(expectShape(*this, "sums", shape.drop_back(), shapeOf(getSums()))))
    return failure();
  if (failed(expectWithin(*this, "'multiplier'", getMultiplier(), 0, // C2
                          kMaxMultiplier)) ||
      failed(expectWithin(*this, "'pre_shift'", getPreShift(), 0, 24)))
    return failure();
  int64_t most = kMaxMultiplier >> getPreShift(); // C3
  if (failed(expectWithin(*this, "'limit'", getLimit(), 1, most)))
    return failure();
  int64_t exponent = ((static_cast<int64_t>(getLimit()) << getPreShift()) *
                      static_cast<int64_t>(getMultiplier())) >>
                     31;
  return expectWithin(*this, "the limit's exponent", exponent, 0,
                      kSoftmaxExponents * 65536 - 1);
}

LogicalResult NormalizeOp::verify() {
  ArrayRef<int64_t> shape = shapeOf(getInput());
  if (shape.empty() || // C1
      failed(expectShape(*this, "a result", shape, shapeOf(getResult()))) ||
      failed(expectShape(*this, "sums", shape.drop_back(), shapeOf(getSums()))))
    return failure();
  if (failed(expectWithin(*this, "'multiplier'", getMultiplier(), 0, // C2
                          (int64_t(255) << 31) - 1)) ||
      failed(expectWithin(*this, "'shift'", getShift(), 1, 30)))
    return failure();
  return verifyClamp(*this, getZeroPoint(), getLow(), getHigh(), // C3
                     elementOf(getResult()));
}

//===----------------------------------------------------------------------===//
// Fusion
//===----------------------------------------------------------------------===//

LogicalResult KernelOp::verify() {
  Block &block = getBody().front();
  auto yield = block.empty() ? YieldOp() : dyn_cast<YieldOp>(block.back());
  if (!yield) // C1
    return emitOpError("expected a body that ends in 'fxp.yield'");
  if (yield.getValue().getType() != getResult().getType())
    return emitOpError() << "expected to yield " << getResult().getType()
                         << ", found " << yield.getValue().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

LogicalResult ProgramOp::verify() {
  for (Operation &op : getBody().front())
    if (!isa<ConstantOp, PackRowsOp, PackGemmOp, StepOp>(op)) { // C1
      auto diagnostic = emitOpError("expected constants, packing and steps");
      diagnostic.attachNote(op.getLoc()) << "found '" << op.getName() << "'";
      return diagnostic;
    }
  int64_t stride = getLogitsStride(), arena = getArenaBytes();
  if (failed(expectWithin(*this, "'batch'", getBatch(), 1, 1 << 10)) || // C2
      failed(expectWithin(*this, "'image_height'", getImageHeight(), 1,
                          1 << 24)) ||
      failed(
          expectWithin(*this, "'image_width'", getImageWidth(), 1, 1 << 24)) ||
      failed(expectWithin(*this, "'classes'", getClasses(), 1, 1 << 24)) ||
      failed(expectWithin(*this, "'packed_bytes'", getPackedBytes(), 1,
                          INT64_MAX)) ||
      failed(expectWithin(*this, "'arena_bytes'", arena, 1, INT64_MAX)))
    return failure();
  int64_t logits = static_cast<int64_t>(getClasses()) * 4;
  if (failed(expectWithin(*this, "'logits_stride'", stride, logits, 1 << 26)))
    return failure();
  int64_t others = (static_cast<int64_t>(getBatch()) - 1) * stride;
  return expectWithin(*this, "'logits_offset'", getLogitsOffset(), 0,
                      arena - others - logits);
}

LogicalResult StepOp::verify() {
  return expectWithin(*this, "'items'", getItems(), 1, INT64_MAX); // C1
}
