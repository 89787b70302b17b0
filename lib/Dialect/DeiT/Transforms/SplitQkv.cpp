// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gives queries, keys and values a linear layer each.

#include "ParameterFolds.h"
#include "deit/Dialect/DeiT/Transforms/Passes.h"
#include "llvm/ADT/Statistic.h"

namespace deit {
#define GEN_PASS_DEF_SPLITQKVPASS
#include "deit/Dialect/DeiT/Transforms/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-split-qkv"
ALWAYS_ENABLED_STATISTIC(numSplit, "Linear layers split");

namespace {

/// split_qkv(linear(x, w, b)) -> linear(x, w[0:C], b[0:C]),
///                               linear(x, w[C:2C], b[C:2C]),
///                               linear(x, w[2C:3C], b[2C:3C])
struct QkvSplit {
  static bool isWanted(SplitQkvOp) { return true; }

  static const char *whyNot(SplitQkvOp op) {
    return whyNotOwnLinear(op.getInput());
  }

  static LogicalResult fold(SplitQkvOp op, RewriterBase &rewriter) {
    auto linear = op.getInput().getDefiningOp<LinearOp>();
    FailureOr<std::vector<float>> weight =
        readFloatConstant(linear.getWeight());
    FailureOr<std::vector<float>> bias = std::vector<float>();
    if (linear.getBias())
      bias = readFloatConstant(linear.getBias());
    if (failed(weight) || failed(bias))
      return failure();
    static constexpr StringLiteral kNames[] = {"q", "k", "v"};
    SmallVector<Value> parts;
    for (auto [index, name] : llvm::enumerate(kNames))
      parts.push_back(createPart(op, index, name, *weight, *bias, rewriter));
    rewriter.replaceOp(op, parts);
    return success();
  }

  /// The linear layer for one third of the rows.
  static Value createPart(SplitQkvOp op, size_t index, StringRef name,
                          ArrayRef<float> weight, ArrayRef<float> bias,
                          RewriterBase &rewriter) {
    auto linear = op.getInput().getDefiningOp<LinearOp>();
    ArrayRef<int64_t> shape = linear.getWeight().getType().getShape();
    auto path = [&](const Twine &suffix) {
      return pathLoc(op.getContext(), modulePath(linear) + "." + name + suffix);
    };
    auto third = [&](ArrayRef<float> all) {
      return all.slice(index * (all.size() / 3), all.size() / 3);
    };
    Value rows = createFloatConstant(rewriter, path(".weight"),
                                     {shape[0] / 3, shape[1]}, third(weight));
    Value offsets;
    if (linear.getBias())
      offsets = createFloatConstant(rewriter, path(".bias"), {shape[0] / 3},
                                    third(bias));
    return LinearOp::create(rewriter, path(""), op.getResult(index).getType(),
                            linear.getInput(), rows, offsets);
  }
};

struct SplitQkvPass : deit::impl::SplitQkvPassBase<SplitQkvPass> {
  void runOnOperation() override {
    if (failed(applyFold<QkvSplit, SplitQkvOp>(getOperation(), getArgument(),
                                               numSplit)))
      signalPassFailure();
  }
};

} // namespace
