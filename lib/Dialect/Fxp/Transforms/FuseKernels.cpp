// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Groups `fxp` operations into kernels.

#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Dialect/DeiT/IR/Remarks.h"
#include "deit/Dialect/Fxp/Transforms/Passes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/Statistic.h"
#include "llvm/ADT/TypeSwitch.h"

namespace deit {
#define GEN_PASS_DEF_FUSEKERNELSPASS
#include "deit/Dialect/Fxp/Transforms/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "fxp-fuse-kernels"
ALWAYS_ENABLED_STATISTIC(numGemm, "Kernels of kind gemm");
ALWAYS_ENABLED_STATISTIC(numAttention, "Kernels of kind attention");
ALWAYS_ENABLED_STATISTIC(numLayerNorm, "Kernels of kind layer_norm");
ALWAYS_ENABLED_STATISTIC(numOther, "Kernels of any other kind");

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
// What stays alone
//===----------------------------------------------------------------------===//

static bool isProduct(Value codes) {
  auto requantize = codes.getDefiningOp<fxp::RequantizeOp>();
  return requantize && requantize.getInput().getDefiningOp<fxp::LinearOp>();
}

static const char *whyAlone(fxp::AddOp op) {
  if (isProduct(op.getBranch()))
    return op.getBranch().hasOneUse() ? "its branch is part of another kernel"
                                      : "its branch has several uses";
  if (isProduct(op.getInput()))
    return isConstant(op.getBranch())
               ? "its left operand has several uses"
               : "its left operand is a product and its branch no constant";
  return "neither operand is a requantized product";
}

/// Why `op`, which is left over, is part of no kernel of a product; null where
/// nothing is lost by that. Asked before anything is moved.
static const char *whyAlone(Operation *op) {
  return llvm::TypeSwitch<Operation *, const char *>(op)
      .Case([](fxp::RequantizeOp op) {
        return op.getInput().getDefiningOp<fxp::LinearOp>()
                   ? "the sums of its product have several uses"
                   : "its sums are not those of an fxp.linear";
      })
      .Case([](fxp::LookupOp op) {
        return isProduct(op.getInput()) ? "its operand has several uses"
                                        : "its operand is no requantized "
                                          "product";
      })
      .Case([](fxp::AddOp op) { return whyAlone(op); })
      .Case([](fxp::PrependTokenOp op) {
        if (!isConstant(op.getToken()))
          return "the token is not a constant";
        return op.getTokens().hasOneUse()
                   ? "its tokens are not a product with positions"
                   : "its tokens have several uses";
      })
      .Case<fxp::MatmulOp, fxp::NormalizeOp, fxp::SplitHeadsOp,
            fxp::MergeHeadsOp>(
          [](Operation *) { return "it is part of no attention"; })
      .Default(static_cast<const char *>(nullptr));
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
  void remarkFused(fxp::KernelOp kernel);
  void remarkAlone(Block &body,
                   const llvm::DenseMap<Operation *, const char *> &reasons);
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

void FuseKernelsPass::remarkFused(fxp::KernelOp kernel) {
  std::string operations, modules;
  llvm::raw_string_ostream operationNames(operations), paths(modules);
  llvm::SetVector<StringRef> distinct;
  auto body = kernel.getBody().front().without_terminator();
  for (Operation &op : body)
    distinct.insert(modulePath(&op));
  llvm::interleave(
      body, operationNames,
      [&](Operation &op) { operationNames << op.getName().stripDialect(); },
      " + ");
  llvm::interleaveComma(distinct, paths);
  passedRemark(kernel.getLoc(), getArgument(), "Kernel")
      << remarkArg("Kind", kernel.getKind())
      << remarkArg("Operations", operations) << remarkArg("From", modules);
}

/// Kernels of one operation that could have been part of another's.
void FuseKernelsPass::remarkAlone(
    Block &body, const llvm::DenseMap<Operation *, const char *> &reasons) {
  for (auto kernel : body.getOps<fxp::KernelOp>()) {
    Block &inner = kernel.getBody().front();
    const char *reason = reasons.lookup(&inner.front());
    if (reason && llvm::hasSingleElement(inner.without_terminator()))
      missedRemark(inner.front().getLoc(), getArgument(), "Alone")
          << inner.front().getName().getStringRef()
          << remark::reason("{0}", reason);
  }
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
  llvm::DenseMap<Operation *, const char *> reasons;
  for (Operation &op : body)
    reasons[&op] = whyAlone(&op);
  if (failed(fuseAttention(body)))
    return signalPassFailure();
  fuseGemm(body);
  fuseRest(body);
  for (auto kernel : body.getOps<fxp::KernelOp>()) // in the program's order
    remarkFused(kernel);
  remarkAlone(body, reasons);
}
