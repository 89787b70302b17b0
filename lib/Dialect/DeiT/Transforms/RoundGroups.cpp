// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-round-groups: weights to the nearest code, a scale for each group.

#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Dialect/DeiT/Transforms/GroupRounding.h"
#include "deit/Dialect/DeiT/Transforms/Passes.h"
#include "deit/Support/FileIO.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/Statistic.h"
#include <algorithm>
#include <cmath>

namespace deit {
#define GEN_PASS_DEF_ROUNDGROUPSPASS
#include "deit/Dialect/DeiT/Transforms/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-round-groups"
ALWAYS_ENABLED_STATISTIC(numGroups, "Groups of weights rounded");

namespace {

struct RoundGroupsPass : deit::impl::RoundGroupsPassBase<RoundGroupsPass> {
  using RoundGroupsPassBase::RoundGroupsPassBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (Error error = round(function)) {
      function.emitError() << "deit-round-groups: "
                           << llvm::toString(std::move(error));
      signalPassFailure();
    }
  }

private:
  Error round(func::FuncOp function) {
    if (bits < 2 || bits > 8)
      return makeError("expected bits from 2 to 8, found " + Twine(bits));
    if (group == 0)
      return makeError("expected a group of at least 1 weight");
    return roundGroups(function, {bits, group});
  }
};

} // namespace

/// Whether a layer multiplies by `constant`.
static bool isWeight(ConstantOp constant) {
  return llvm::any_of(constant->getUses(), [](OpOperand &use) {
    Operation *user = use.getOwner();
    return isa<LinearOp, PatchEmbedOp>(user) && use.getOperandNumber() == 1;
  });
}

/// The nearest number of 16 bits.
static float toHalf(float value) {
  llvm::APFloat number(value);
  bool lost;
  number.convert(llvm::APFloat::IEEEhalf(), llvm::APFloat::rmNearestTiesToEven,
                 &lost);
  number.convert(llvm::APFloat::IEEEsingle(),
                 llvm::APFloat::rmNearestTiesToEven, &lost);
  return number.convertToFloat();
}

static void roundGroup(MutableArrayRef<float> group, unsigned bits) {
  float largest = 0;
  for (float value : group)
    largest = std::max(largest, std::abs(value));
  float most = static_cast<float>((1 << (bits - 1)) - 1);
  float scale = toHalf(largest / most);
  for (float &value : group)
    value = scale > 0
                ? std::clamp(std::nearbyint(value / scale), -most, most) * scale
                : 0;
  ++numGroups;
}

static void roundRows(MutableArrayRef<float> values, size_t columns,
                      const GroupRounding &rounding) {
  for (size_t row = 0; row < values.size(); row += columns)
    for (size_t at = 0; at < columns; at += rounding.size)
      roundGroup(
          values.slice(row + at, std::min<size_t>(rounding.size, columns - at)),
          rounding.bits);
}

/// Weights in a row of a layer's weight.
static size_t columnsOf(ShapedType type) {
  return type.getNumElements() / type.getDimSize(0);
}

Error deit::roundGroups(func::FuncOp function, const GroupRounding &rounding) {
  for (auto constant : function.getOps<ConstantOp>()) {
    RankedTensorType type = constant.getResult().getType();
    FailureOr<std::vector<float>> values =
        readFloatConstant(constant.getResult());
    if (failed(values))
      return makeError("'" + modulePath(constant) +
                       "' is no readable float constant; this comes before "
                       "deit-quantize");
    if (isWeight(constant))
      roundRows(*values, columnsOf(type), rounding);
    else
      llvm::transform(*values, values->begin(), toHalf);
    constant.setValueAttr(
        makeElements<float>(type, *values, modulePath(constant)));
  }
  return Error::success();
}

uint64_t deit::groupedBytes(func::FuncOp function,
                            const GroupRounding &rounding) {
  uint64_t bytes = 0;
  for (auto constant : function.getOps<ConstantOp>()) {
    RankedTensorType type = constant.getResult().getType();
    uint64_t count = type.getNumElements();
    if (!isWeight(constant)) {
      bytes += 2 * count;
      continue;
    }
    uint64_t columns = columnsOf(type);
    uint64_t groups = (columns + rounding.size - 1) / rounding.size;
    bytes += (count * rounding.bits + 7) / 8 + 2 * groups * type.getDimSize(0);
  }
  return bytes;
}
