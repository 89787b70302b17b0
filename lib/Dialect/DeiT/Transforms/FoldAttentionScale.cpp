// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Folds the scale of the queries into their linear layer.

#include "ParameterFolds.h"
#include "deit/Dialect/DeiT/Transforms/Passes.h"
#include "llvm/ADT/Statistic.h"

namespace deit {
#define GEN_PASS_DEF_FOLDATTENTIONSCALEPASS
#include "deit/Dialect/DeiT/Transforms/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-fold-attention-scale"
ALWAYS_ENABLED_STATISTIC(numFolded, "Scales folded");

namespace {

/// scale(linear(x, w, b), f) -> linear(x, f * w, f * b)
/// scale(split_heads(linear(x, w, b)), f)
///   -> split_heads(linear(x, f * w, f * b))
struct AttentionScaleFold {
  /// The linear layer's result, before it was split by head.
  static Value merged(ScaleOp op) {
    auto heads = op.getInput().getDefiningOp<SplitHeadsOp>();
    return heads ? Value(heads.getInput()) : Value(op.getInput());
  }

  static bool isWanted(ScaleOp) { return true; }

  static const char *whyNot(ScaleOp op) {
    if (merged(op).getDefiningOp<SplitQkvOp>())
      return "queries, keys and values share a linear layer; run "
             "deit-split-qkv first";
    if (!op.getInput().hasOneUse())
      return "the operand has several uses";
    return whyNotOwnLinear(merged(op));
  }

  static LogicalResult fold(ScaleOp op, RewriterBase &rewriter) {
    auto linear = merged(op).getDefiningOp<LinearOp>();
    std::vector<double> factors(linear.getWeight().getType().getDimSize(0),
                                op.getFactor().convertToDouble());
    if (failed(scaleOutputs(rewriter, linear, factors, op.getLoc())))
      return failure();
    rewriter.replaceOp(op, op.getInput());
    return success();
  }
};

struct FoldAttentionScalePass
    : deit::impl::FoldAttentionScalePassBase<FoldAttentionScalePass> {
  void runOnOperation() override {
    if (failed(applyFold<AttentionScaleFold, ScaleOp>(
            getOperation(), getArgument(), numFolded)))
      signalPassFailure();
  }
};

} // namespace
