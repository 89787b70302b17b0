// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the folds of parameters have in common.

#include "ParameterFolds.h"

using namespace deit;

bool deit::isFloatConstant(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant && constant.getResult().getType().getElementType().isF32();
}

const char *deit::whyNotOwnLinear(Value value) {
  auto linear = value.getDefiningOp<LinearOp>();
  if (!linear)
    return "the operand is not a linear layer's result";
  if (!value.hasOneUse())
    return "the linear layer's result has several uses";
  if (!isFloatConstant(linear.getWeight()))
    return "the linear layer's weight is not a float constant";
  if (linear.getBias() && !isFloatConstant(linear.getBias()))
    return "the linear layer's bias is not a float constant";
  return nullptr;
}

void deit::remarkNotFolded(Operation *op, StringRef pass, const char *reason) {
  if (Remark remark = missedRemark(op->getLoc(), pass, "NotFolded"))
    remark << op->getName().getStringRef() << remark::reason("{0}", reason);
  else
    op->emitRemark() << "not folded at " << modulePath(op) << ": " << reason;
}

/// A new constant beside `linear`: `old`, whose rows have been changed to
/// `values` by what `source` holds.
static ConstantOp changedConstant(RewriterBase &rewriter, Value old,
                                  ArrayRef<float> values, Location source) {
  Location loc = rewriter.getFusedLoc({old.getLoc(), source});
  auto shape = cast<RankedTensorType>(old.getType()).getShape();
  return createFloatConstant(rewriter, loc, shape, values);
}

/// Multiplies row n of `values` by `factors[n]`.
static void scaleRows(std::vector<float> &values, ArrayRef<double> factors) {
  size_t columns = values.size() / factors.size();
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(values[i] * factors[i / columns]);
}

LogicalResult deit::scaleOutputs(RewriterBase &rewriter, LinearOp linear,
                                 ArrayRef<double> factors, Location source) {
  FailureOr<std::vector<float>> weight = readFloatConstant(linear.getWeight());
  FailureOr<std::vector<float>> bias = std::vector<float>();
  if (linear.getBias())
    bias = readFloatConstant(linear.getBias());
  if (failed(weight) || failed(bias))
    return failure();
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(linear);
  scaleRows(*weight, factors);
  scaleRows(*bias, factors);
  rewriter.modifyOpInPlace(linear, [&] {
    linear.getWeightMutable().assign(
        changedConstant(rewriter, linear.getWeight(), *weight, source));
    if (linear.getBias())
      linear.getBiasMutable().assign(
          changedConstant(rewriter, linear.getBias(), *bias, source));
    linear->setLoc(rewriter.getFusedLoc({linear.getLoc(), source}));
  });
  return success();
}
