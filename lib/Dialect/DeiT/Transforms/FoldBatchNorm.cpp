// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Folds batch normalization into the convolution before it.

#include "ParameterFolds.h"
#include "deit/Dialect/DeiT/Transforms/Passes.h"
#include "llvm/ADT/Statistic.h"
#include <cmath>

namespace deit {
#define GEN_PASS_DEF_FOLDBATCHNORMPASS
#include "deit/Dialect/DeiT/Transforms/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-fold-batch-norm"
ALWAYS_ENABLED_STATISTIC(numFolded, "Batch normalizations folded");

namespace {

/// With f[n] = gamma[n] / sqrt(variance[n] + epsilon),
/// batch_norm(conv2d(x, w, b)) -> conv2d(x, f[n] * w[n],
///                                       f[n] * (b[n] - mean[n]) + beta[n])
struct BatchNormFold {
  static bool isWanted(BatchNormOp) { return true; }

  static const char *whyNot(BatchNormOp op) {
    auto conv = op.getInput().getDefiningOp<Conv2DOp>();
    if (!conv)
      return "the operand is not a convolution's result";
    if (!conv.getResult().hasOneUse())
      return "the convolution's result has several uses";
    if (!conv.getResult().getType().getElementType().isF32() ||
        !op.getResult().getType().getElementType().isF32())
      return "the convolution or the normalization is quantized";
    if (!isFloatConstant(conv.getWeight()))
      return "the convolution's weight is not a float constant";
    if (conv.getBias() && !isFloatConstant(conv.getBias()))
      return "the convolution's bias is not a float constant";
    for (Value parameter : op->getOperands().drop_front())
      if (!isFloatConstant(parameter))
        return "a parameter is not a float constant";
    return nullptr;
  }

  static LogicalResult fold(BatchNormOp op, RewriterBase &rewriter) {
    auto conv = op.getInput().getDefiningOp<Conv2DOp>();
    FailureOr<std::vector<float>> weight = readFloatConstant(conv.getWeight());
    FailureOr<std::vector<float>> bias =
        std::vector<float>(op.getResult().getType().getShape().back(), 0);
    if (conv.getBias())
      bias = readFloatConstant(conv.getBias());
    if (failed(weight) || failed(bias) ||
        failed(changeParameters(op, *weight, *bias)))
      return failure();
    rewriter.setInsertionPoint(conv);
    auto loc = [&](Value old) -> Location {
      return old ? rewriter.getFusedLoc({old.getLoc(), op.getLoc()})
                 : pathLoc(op.getContext(), modulePath(conv) + ".bias");
    };
    Value newWeight =
        createFloatConstant(rewriter, loc(conv.getWeight()),
                            conv.getWeight().getType().getShape(), *weight);
    Value newBias =
        createFloatConstant(rewriter, loc(conv.getBias()),
                            {static_cast<int64_t>(bias->size())}, *bias);
    rewriter.modifyOpInPlace(conv, [&] {
      conv.getWeightMutable().assign(newWeight);
      conv.getBiasMutable().assign(newBias);
      conv->setLoc(rewriter.getFusedLoc({conv.getLoc(), op.getLoc()}));
    });
    rewriter.replaceOp(op, conv.getResult());
    return success();
  }

  static LogicalResult changeParameters(BatchNormOp op,
                                        std::vector<float> &weight,
                                        std::vector<float> &bias) {
    auto gamma = readFloatConstant(op.getGamma());
    auto beta = readFloatConstant(op.getBeta());
    auto mean = readFloatConstant(op.getMean());
    auto variance = readFloatConstant(op.getVariance());
    if (failed(gamma) || failed(beta) || failed(mean) || failed(variance))
      return failure();
    double epsilon = op.getEpsilon().convertToDouble();
    size_t columns = weight.size() / bias.size();
    for (size_t n = 0; n < bias.size(); ++n) {
      double factor = (*gamma)[n] / std::sqrt((*variance)[n] + epsilon);
      for (size_t i = n * columns; i < (n + 1) * columns; ++i)
        weight[i] = static_cast<float>(weight[i] * factor);
      bias[n] = static_cast<float>(
          (bias[n] - static_cast<double>((*mean)[n])) * factor + (*beta)[n]);
    }
    return success();
  }
};

struct FoldBatchNormPass
    : deit::impl::FoldBatchNormPassBase<FoldBatchNormPass> {
  void runOnOperation() override {
    if (failed(applyFold<BatchNormFold, BatchNormOp>(getOperation(),
                                                     getArgument(), numFolded)))
      signalPassFailure();
  }
};

} // namespace
