// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the folds of parameters have in common.

#ifndef DEIT_LIB_DIALECT_DEIT_TRANSFORMS_PARAMETERFOLDS_H
#define DEIT_LIB_DIALECT_DEIT_TRANSFORMS_PARAMETERFOLDS_H

#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Dialect/DeiT/IR/Remarks.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/Statistic.h"

namespace deit {

/// Whether `value` is a parameter whose values can be folded.
bool isFloatConstant(Value value);

/// Why the parameters of the linear layer that defines `value` cannot be
/// changed on behalf of the one operation that asks; null if they can.
const char *whyNotOwnLinear(Value value);

/// Multiplies output n of `linear` by `factors[n]`, in its weight and bias.
/// `source`, where the factors come from, joins the locations. Fails, with an
/// error, on constants that cannot be read.
LogicalResult scaleOutputs(RewriterBase &rewriter, LinearOp linear,
                           ArrayRef<double> factors, Location source);

/// A fold of the operation `Root`, written as
///   static bool isWanted(Root): whether there is something to fold,
///   static const char *whyNot(Root): why a wanted fold cannot be, or null,
///   static LogicalResult fold(Root, RewriterBase &): does it; fails only
///     after it has reported an error and changed nothing.
template <typename Fold, typename Root>
struct FoldPattern : OpRewritePattern<Root> {
  FoldPattern(MLIRContext *context, StringRef pass,
              llvm::TrackingStatistic &count)
      : OpRewritePattern<Root>(context), pass(pass), count(count) {}

  LogicalResult matchAndRewrite(Root op,
                                PatternRewriter &rewriter) const final {
    if (!Fold::isWanted(op))
      return rewriter.notifyMatchFailure(op, "nothing to fold");
    if (const char *reason = Fold::whyNot(op))
      return rewriter.notifyMatchFailure(op, reason);
    Location loc = op.getLoc(); // the operation itself is about to go
    if (failed(Fold::fold(op, rewriter)))
      return rewriter.notifyMatchFailure(op, "unreadable constant");
    ++count;
    passedRemark(loc, pass, "Folded") << Root::getOperationName();
    return success();
  }

  StringRef pass; ///< its flag
  llvm::TrackingStatistic &count;
};

/// Says that `op` stays and why: as a missed optimization to those who asked
/// for remarks, else as a diagnostic.
void remarkNotFolded(Operation *op, StringRef pass, const char *reason);

/// Applies the fold of the pass with flag `pass` all over `function`, counts
/// it, and remarks on what it did and on what it has to leave alone. Fails if
/// a fold has reported an error.
template <typename Fold, typename Root>
LogicalResult applyFold(func::FuncOp function, StringRef pass,
                        llvm::TrackingStatistic &count) {
  RewritePatternSet patterns(function.getContext());
  patterns.add<FoldPattern<Fold, Root>>(function.getContext(), pass, count);
  auto config =
      GreedyRewriteConfig().enableFolding(false).enableConstantCSE(false);
  if (failed(applyPatternsGreedily(function, std::move(patterns), config)))
    return failure();
  bool broken = false;
  function.walk([&](Root op) {
    if (!Fold::isWanted(op))
      return;
    if (const char *reason = Fold::whyNot(op))
      remarkNotFolded(op, pass, reason);
    else
      broken = true;
  });
  return failure(broken);
}

} // namespace deit

#endif // DEIT_LIB_DIALECT_DEIT_TRANSFORMS_PARAMETERFOLDS_H
