// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Groups `fxp` operations into kernels.

#include "deit/Dialect/Fxp/Transforms/Passes.h"
#include "llvm/ADT/STLExtras.h"

namespace deit {
#define GEN_PASS_DEF_FUSEKERNELSPASS
#include "deit/Dialect/Fxp/Transforms/Passes.h.inc"
} // namespace deit

using namespace deit;

namespace {
/// Operations of one kernel in the order of the program; the last one's first
/// result leaves.
struct Group {
  std::string kind;
  SmallVector<Operation *> operations;
  Operation *anchor; ///< names the kernel
};
} // namespace

/// The one user of `value`, if it is an `Op`.
template <typename Op>
static Op onlyUser(Value value) {
  return value.hasOneUse() ? dyn_cast<Op>(*value.user_begin()) : Op();
}

/// The operation that defines `value` for one user alone, if it is an `Op`.
template <typename Op>
static Op definedFor(Value value) {
  return value.hasOneUse() ? value.getDefiningOp<Op>() : Op();
}

static bool isConstant(Value value) {
  return value.getDefiningOp<fxp::ConstantOp>() != nullptr;
}

//===----------------------------------------------------------------------===//
// gemm
//===----------------------------------------------------------------------===//

/// linear -> requantize -> lookup -> add -> prepend_token, as far as each is
/// there and nothing else uses what came before.
static Group gemmGroup(fxp::LinearOp linear) {
  Group group{"gemm", {linear}, linear};
  auto append = [&](Operation *op) { group.operations.push_back(op); };
  auto requantize = onlyUser<fxp::RequantizeOp>(linear.getResult());
  if (!requantize)
    return group;
  append(requantize);
  if (auto lookup = onlyUser<fxp::LookupOp>(requantize.getResult())) {
    append(lookup);
    return group;
  }
  Value value = requantize.getResult();
  if (auto add = onlyUser<fxp::AddOp>(value))
    if (add.getBranch() == value || isConstant(add.getBranch())) {
      append(add);
      value = add.getResult();
    }
  auto prepend = onlyUser<fxp::PrependTokenOp>(value);
  if (prepend && prepend.getTokens() == value && isConstant(prepend.getToken()))
    append(prepend);
  return group;
}

//===----------------------------------------------------------------------===//
// attention
//===----------------------------------------------------------------------===//

/// merge_heads(normalize(matmul(softmax(matmul(split_heads(q),
/// split_heads(k))), split_heads(v)))), or why `softmax` is not part of that.
static FailureOr<Group> attentionGroup(fxp::SoftmaxOp softmax,
                                       StringRef &missing) {
  auto decline = [&](StringRef what) {
    missing = what;
    return failure();
  };
  auto scores = definedFor<fxp::MatmulOp>(softmax.getScores());
  if (!scores || !scores.getTransposeRhs())
    return decline("scores of a transposed fxp.matmul of their own");
  auto query = definedFor<fxp::SplitHeadsOp>(scores.getLhs());
  auto key = definedFor<fxp::SplitHeadsOp>(scores.getRhs());
  auto product = onlyUser<fxp::MatmulOp>(softmax.getNumerators());
  if (!product || product.getLhs() != softmax.getNumerators() ||
      product.getTransposeRhs())
    return decline("numerators that go to one fxp.matmul alone");
  auto value = definedFor<fxp::SplitHeadsOp>(product.getRhs());
  if (!query || !key || !value)
    return decline("queries, keys and values of fxp.split_heads");
  auto normalize = onlyUser<fxp::NormalizeOp>(softmax.getSums());
  if (!normalize || normalize.getInput() != product.getResult() ||
      !product.getResult().hasOneUse())
    return decline("one fxp.normalize of sums and product");
  auto merge = onlyUser<fxp::MergeHeadsOp>(normalize.getResult());
  if (!merge)
    return decline("an fxp.merge_heads at its end");
  return Group{"attention",
               {query, key, value, scores, softmax, product, normalize, merge},
               softmax};
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct FuseKernelsPass : deit::impl::FuseKernelsPassBase<FuseKernelsPass> {
  using FuseKernelsPassBase::FuseKernelsPassBase;

  void runOnOperation() override;

private:
  LogicalResult fuseAttention(Block &body);
  void fuseGemm(Block &body);
  void fuseRest(Block &body);
  /// Moves the group's operations into a kernel in the place of the last.
  void fuse(Group group);
  void count(StringRef kind);
  void remark(fxp::KernelOp kernel);
};
} // namespace

void FuseKernelsPass::count(StringRef kind) {
  if (kind == "gemm")
    ++numGemm;
  else if (kind == "attention")
    ++numAttention;
  else if (kind == "layer_norm")
    ++numLayerNorm;
  else
    ++numOther;
}

void FuseKernelsPass::remark(fxp::KernelOp kernel) {
  auto diagnostic = kernel.emitRemark()
                    << "kernel '" << kernel.getKind() << "': ";
  llvm::interleave(
      kernel.getBody().front().without_terminator(),
      [&](Operation &op) { diagnostic << op.getName().stripDialect(); },
      [&] { diagnostic << " + "; });
}

void FuseKernelsPass::fuse(Group group) {
  Operation *last = group.operations.back();
  Value result = last->getResult(0);
  OpBuilder builder(last);
  auto kernel = fxp::KernelOp::create(builder, group.anchor->getLoc(),
                                      result.getType(), group.kind);
  Block *body = &kernel.getBody().emplaceBlock();
  result.replaceAllUsesWith(kernel.getResult());
  llvm::sort(group.operations,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  for (Operation *op : group.operations)
    op->moveBefore(body, body->end());
  builder.setInsertionPointToEnd(body);
  fxp::YieldOp::create(builder, last->getLoc(), result);
  count(group.kind);
}

LogicalResult FuseKernelsPass::fuseAttention(Block &body) {
  for (auto op : llvm::to_vector(body.getOps<fxp::SoftmaxOp>())) {
    StringRef missing;
    FailureOr<Group> group = attentionGroup(op, missing);
    if (failed(group))
      return op.emitOpError() << "fits no kernel, expected " << missing;
    fuse(*group);
  }
  return success();
}

void FuseKernelsPass::fuseGemm(Block &body) {
  for (auto op : llvm::to_vector(body.getOps<fxp::LinearOp>()))
    fuse(gemmGroup(op));
}

void FuseKernelsPass::fuseRest(Block &body) {
  for (Operation &op : llvm::make_early_inc_range(body.without_terminator())) {
    if (!isa<fxp::FxpDialect>(op.getDialect()) ||
        isa<fxp::ConstantOp, fxp::SelectTokenOp, fxp::KernelOp>(op))
      continue;
    fuse({op.getName().stripDialect().str(), {&op}, &op});
  }
}

void FuseKernelsPass::runOnOperation() {
  if (getOperation().isExternal())
    return;
  Block &body = getOperation().getBody().front();
  if (failed(fuseAttention(body)))
    return signalPassFailure();
  fuseGemm(body);
  fuseRest(body);
  if (remarks) // in the order of the program
    for (auto kernel : body.getOps<fxp::KernelOp>())
      remark(kernel);
}
