// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Folds LayerScale into the linear layer before it.

#include "ParameterFolds.h"
#include "deit/Dialect/DeiT/Transforms/Passes.h"
#include "llvm/ADT/Statistic.h"

namespace deit {
#define GEN_PASS_DEF_FOLDLAYERSCALEPASS
#include "deit/Dialect/DeiT/Transforms/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-fold-layer-scale"
ALWAYS_ENABLED_STATISTIC(numFolded, "LayerScales folded");

namespace {

/// layer_scale(linear(x, w, b), gamma)
///   -> linear(x, gamma[n] * w[n], gamma[n] * b[n])
struct LayerScaleFold {
  static bool isWanted(LayerScaleOp) { return true; }

  static const char *whyNot(LayerScaleOp op) {
    if (!isFloatConstant(op.getGamma()))
      return "gamma is not a float constant";
    return whyNotOwnLinear(op.getInput());
  }

  static LogicalResult fold(LayerScaleOp op, RewriterBase &rewriter) {
    FailureOr<std::vector<float>> gamma = readFloatConstant(op.getGamma());
    if (failed(gamma))
      return failure();
    std::vector<double> factors(gamma->begin(), gamma->end());
    auto linear = op.getInput().getDefiningOp<LinearOp>();
    if (failed(scaleOutputs(rewriter, linear, factors, op.getLoc())))
      return failure();
    rewriter.replaceOp(op, linear.getResult());
    return success();
  }
};

struct FoldLayerScalePass
    : deit::impl::FoldLayerScalePassBase<FoldLayerScalePass> {
  void runOnOperation() override {
    if (failed(applyFold<LayerScaleFold, LayerScaleOp>(
            getOperation(), getArgument(), numFolded)))
      signalPassFailure();
  }
};

} // namespace
