// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Folds pixel normalization into the patch embedding.

#include "ParameterFolds.h"
#include "deit/Dialect/DeiT/Transforms/Passes.h"
#include "llvm/ADT/Statistic.h"

namespace deit {
#define GEN_PASS_DEF_FOLDNORMALIZEPASS
#include "deit/Dialect/DeiT/Transforms/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-fold-normalize"
ALWAYS_ENABLED_STATISTIC(numFolded, "Normalizations folded");

namespace {

/// patch_embed(normalize(x), w, b) -> patch_embed(x, w', b') where
/// w'[n, ..., c] = w[n, ..., c] / (255 std[c]) and
/// b'[n] = b[n] - sum(w[n, ..., c] mean[c] / std[c])
struct NormalizeFold {
  /// Around what a convolution takes there are zeros, which are no pixels.
  static bool isWanted(NormalizeOp op) {
    return op->use_empty() ||
           !llvm::all_of(op->getUsers(), llvm::IsaPred<Conv2DOp>);
  }

  static const char *whyNot(NormalizeOp op) {
    for (Operation *user : op->getUsers()) {
      auto embed = dyn_cast<PatchEmbedOp>(user);
      if (!embed)
        return "a user is not a patch embedding";
      if (!isFloatConstant(embed.getWeight()))
        return "the patch embedding's weight is not a float constant";
      if (!isFloatConstant(embed.getBias()))
        return "the patch embedding's bias is not a float constant";
    }
    return nullptr;
  }

  static LogicalResult fold(NormalizeOp op, RewriterBase &rewriter) {
    for (Operation *user : llvm::make_early_inc_range(op->getUsers()))
      if (failed(foldInto(op, cast<PatchEmbedOp>(user), rewriter)))
        return failure();
    rewriter.eraseOp(op);
    return success();
  }

  static LogicalResult foldInto(NormalizeOp op, PatchEmbedOp embed,
                                RewriterBase &rewriter) {
    FailureOr<std::vector<float>> weight = readFloatConstant(embed.getWeight());
    FailureOr<std::vector<float>> bias = readFloatConstant(embed.getBias());
    if (failed(weight) || failed(bias))
      return failure();
    changeParameters(op.getMean(), op.getStd(), *weight, *bias);
    rewriter.setInsertionPoint(embed);
    auto constant = [&](Value old, ArrayRef<float> values) {
      auto shape = cast<RankedTensorType>(old.getType()).getShape();
      return createFloatConstant(
          rewriter, rewriter.getFusedLoc({old.getLoc(), op.getLoc()}), shape,
          values);
    };
    rewriter.modifyOpInPlace(embed, [&] {
      embed.getWeightMutable().assign(constant(embed.getWeight(), *weight));
      embed.getBiasMutable().assign(constant(embed.getBias(), *bias));
      embed.getImageMutable().assign(op.getImage());
      embed->setLoc(rewriter.getFusedLoc({embed.getLoc(), op.getLoc()}));
    });
    return success();
  }

  static void changeParameters(ArrayRef<float> mean, ArrayRef<float> std,
                               std::vector<float> &weight,
                               std::vector<float> &bias) {
    size_t columns = weight.size() / bias.size();
    for (size_t n = 0; n < bias.size(); ++n) {
      double shifted = bias[n];
      for (size_t i = 0; i < columns; ++i) {
        float &w = weight[n * columns + i];
        double scaled = w / static_cast<double>(std[i % 3]);
        shifted -= scaled * mean[i % 3];
        w = static_cast<float>(scaled / 255);
      }
      bias[n] = static_cast<float>(shifted);
    }
  }
};

struct FoldNormalizePass
    : deit::impl::FoldNormalizePassBase<FoldNormalizePass> {
  void runOnOperation() override {
    if (failed(applyFold<NormalizeFold, NormalizeOp>(getOperation(),
                                                     getArgument(), numFolded)))
      signalPassFailure();
  }
};

} // namespace
