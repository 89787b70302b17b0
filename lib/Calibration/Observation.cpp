// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which values are observed, and what their ranges are for.

#include "deit/Calibration/Observation.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Quant/Observers.h"

using namespace deit;

template <typename... Ops>
static bool isUsedBy(Value value) {
  return llvm::any_of(value.getUsers(),
                      [](Operation *user) { return isa<Ops...>(user); });
}

/// Whether `value` belongs to the residual stream or is added to it: 16 bits
/// resolve small values beside large ones, so there is nothing to win by
/// cutting.
static bool isStream(Value value) {
  if (isFeatures(value))
    return false;
  return isa<PatchEmbedOp, AddOp, PrependTokenOp>(value.getDefiningOp()) ||
         isUsedBy<AddOp>(value);
}

bool deit::isAttention(Value value) {
  return isa<SoftmaxOp>(value.getDefiningOp()) || isUsedBy<SoftmaxOp>(value);
}

RangeUse deit::rangeUse(Value value) {
  if (isStream(value) || isAttention(value) || isUsedBy<func::ReturnOp>(value))
    return RangeUse::Everything;
  return isUsedBy<SplitHeadsOp>(value) ? RangeUse::Symmetric : RangeUse::Affine;
}

CodeFormat deit::formatFor(Value value, Range range) {
  if (rangeUse(value) == RangeUse::Symmetric)
    return {{affineCodes(mirror(range), 254).scale}, {0}, -127, 127, -1};
  AffineCodes codes = affineCodes(range, 255);
  return {{codes.scale}, {codes.zeroPoint}, 0, 255, -1};
}

GeluOp deit::geluOf(Value value) {
  for (Operation *user : value.getUsers())
    if (auto gelu = dyn_cast<GeluOp>(user))
      return gelu;
  return nullptr;
}

Operation *deit::sourceOf(Operation *op) {
  if (!isa<SplitQkvOp, SplitHeadsOp, MergeHeadsOp, SelectTokenOp, MaxPoolOp,
           ShortcutOp>(op))
    return op;
  Operation *from = op->getOperand(0).getDefiningOp();
  return from && !isa<ConstantOp>(from) ? sourceOf(from) : op;
}

SmallVector<Operation *> deit::observedOperations(func::FuncOp function) {
  SmallVector<Operation *> operations;
  for (Operation &op : function.getBody().front().without_terminator())
    if (!isa<ConstantOp>(op) && sourceOf(&op) == &op)
      operations.push_back(&op);
  return operations;
}
