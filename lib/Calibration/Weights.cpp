// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds and replaces weights.

#include "Weights.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/FileIO.h"

using namespace deit;

/// The operand of `op` that is its weight, or null.
static OpOperand *weightOf(Operation &op) {
  if (auto linear = dyn_cast<LinearOp>(op))
    return &linear.getWeightMutable();
  if (auto embed = dyn_cast<PatchEmbedOp>(op))
    return &embed.getWeightMutable();
  return nullptr;
}

/// The constant of `operand` for this user alone, right before it.
static ConstantOp ownConstant(OpOperand &operand) {
  auto constant = operand.get().getDefiningOp<ConstantOp>();
  if (!constant)
    return nullptr;
  Operation *user = operand.getOwner();
  if (!constant->hasOneUse()) {
    constant = cast<ConstantOp>(OpBuilder(user).clone(*constant));
    operand.set(constant.getResult());
  }
  constant->moveBefore(user);
  return constant;
}

Expected<SmallVector<WeightMatrix>>
deit::collectWeights(func::FuncOp function) {
  SmallVector<WeightMatrix> weights;
  for (Operation &op : llvm::make_early_inc_range(function.getOps())) {
    OpOperand *operand = weightOf(op);
    if (!operand)
      continue;
    ConstantOp constant = ownConstant(*operand);
    FailureOr<std::vector<float>> values = failure();
    if (constant)
      values = readFloatConstant(constant.getResult());
    if (failed(values))
      return makeError("the weight of '" + modulePath(&op) +
                       "' is no readable float constant; it has to come "
                       "before deit-quantize");
    size_t rows = constant.getResult().getType().getDimSize(0);
    weights.push_back({&op, constant, std::move(*values), rows});
  }
  return weights;
}

void deit::replaceValues(WeightMatrix &weight, ArrayRef<float> values) {
  RankedTensorType type = weight.constant.getResult().getType();
  weight.constant.setValueAttr(
      makeElements(type, values, modulePath(weight.constant.getLoc())));
}

std::vector<float> deit::valuesOf(ArrayRef<int8_t> codes,
                                  ArrayRef<double> steps) {
  size_t columns = codes.size() / steps.size();
  std::vector<float> values(codes.size());
  for (size_t i = 0; i < codes.size(); ++i)
    values[i] = static_cast<float>(codes[i] * steps[i / columns]);
  return values;
}
