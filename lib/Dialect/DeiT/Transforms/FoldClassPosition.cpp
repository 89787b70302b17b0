// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Adds the class token's position embedding ahead of time.

#include "ParameterFolds.h"
#include "deit/Dialect/DeiT/Transforms/Passes.h"
#include "llvm/ADT/Statistic.h"

namespace deit {
#define GEN_PASS_DEF_FOLDCLASSPOSITIONPASS
#include "deit/Dialect/DeiT/Transforms/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-fold-class-position"
ALWAYS_ENABLED_STATISTIC(numFolded, "Positions added to a token");

namespace {

/// add(prepend_token(x, token), position)
///   -> prepend_token(add(x, position[1:]), token + position[0])
struct ClassPositionFold {
  static bool isWanted(AddOp op) {
    // Anything but a constant is the first block's branch, not a position.
    return op.getLhs().getDefiningOp<PrependTokenOp>() &&
           op.getRhs().getDefiningOp<ConstantOp>();
  }

  static const char *whyNot(AddOp op) {
    auto prepend = op.getLhs().getDefiningOp<PrependTokenOp>();
    if (!isFloatConstant(op.getRhs()))
      return "the position embedding is quantized";
    if (op.getRhs().getType().getDimSize(0) != 1)
      return "every image has a position embedding of its own";
    if (!isFloatConstant(prepend.getToken()))
      return "the class token is not a float constant";
    if (!prepend->hasOneUse())
      return "the tokens without positions have several uses";
    return nullptr;
  }

  static LogicalResult fold(AddOp op, RewriterBase &rewriter) {
    auto prepend = op.getLhs().getDefiningOp<PrependTokenOp>();
    FailureOr<std::vector<float>> position = readFloatConstant(op.getRhs());
    FailureOr<std::vector<float>> token = readFloatConstant(prepend.getToken());
    if (failed(position) || failed(token))
      return failure();
    for (size_t c = 0; c < token->size(); ++c)
      (*token)[c] =
          static_cast<float>(static_cast<double>((*token)[c]) + (*position)[c]);
    auto patches = ArrayRef(*position).drop_front(token->size());
    RankedTensorType type = prepend.getTokens().getType();
    Location positionLoc = op.getRhs().getLoc();
    Value patchPosition = createFloatConstant(
        rewriter, positionLoc, {1, type.getDimSize(1), type.getDimSize(2)},
        patches);
    Value movedToken = createFloatConstant(
        rewriter,
        rewriter.getFusedLoc({prepend.getToken().getLoc(), positionLoc}),
        prepend.getToken().getType().getShape(), *token);
    Value sum = AddOp::create(rewriter, op.getLoc(), type, prepend.getTokens(),
                              patchPosition);
    auto moved = PrependTokenOp::create(rewriter, prepend.getLoc(),
                                        op.getType(), sum, movedToken);
    rewriter.replaceOp(op, moved);
    return success();
  }
};

struct FoldClassPositionPass
    : deit::impl::FoldClassPositionPassBase<FoldClassPositionPass> {
  void runOnOperation() override {
    if (failed(applyFold<ClassPositionFold, AddOp>(getOperation(),
                                                   getArgument(), numFolded)))
      signalPassFailure();
  }
};

} // namespace
