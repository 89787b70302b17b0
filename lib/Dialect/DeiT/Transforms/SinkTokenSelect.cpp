// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Moves the choice of a token towards the input.

#include "ParameterFolds.h"
#include "deit/Dialect/DeiT/Transforms/Passes.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/Statistic.h"

namespace deit {
#define GEN_PASS_DEF_SINKTOKENSELECTPASS
#include "deit/Dialect/DeiT/Transforms/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-sink-token-select"
ALWAYS_ENABLED_STATISTIC(numNarrowed, "Operations narrowed to one token");

/// Whether token t of the result depends on token t of the operands alone.
static bool isTokenWise(Operation *op) {
  return isa<LayerNormOp, LinearOp, GeluOp, LayerScaleOp, ScaleOp, AddOp>(op);
}

/// The operands of a token-wise operation that hold tokens; the others are
/// parameters.
static ValueRange tokenOperands(Operation *op) {
  return op->getOperands().take_front(isa<AddOp>(op) ? 2 : 1);
}

/// The one choice all users of `op` make, or null.
static SelectTokenOp commonChoice(Operation *op) {
  SelectTokenOp common;
  for (Operation *user : op->getUsers()) {
    auto select = dyn_cast<SelectTokenOp>(user);
    if (!select || (common && select.getIndex() != common.getIndex()))
      return nullptr;
    common = select;
  }
  return common;
}

/// [images, tokens, channels] -> [images, channels]
static RankedTensorType withoutTokens(RankedTensorType type) {
  return RankedTensorType::get({type.getDimSize(0), type.getDimSize(2)},
                               type.getElementType());
}

namespace {

/// Narrows the operations of one function.
class Narrowing {
public:
  explicit Narrowing(MLIRContext *context) : rewriter(context) {}

  /// select_token(f(x)) -> f(select_token(x)); false if `op` has to stay.
  FailureOr<bool> narrow(Operation *op);

private:
  FailureOr<Value> selected(Value tokens, SelectTokenOp like);
  FailureOr<Value> sliceConstant(Value tokens, uint64_t index);

  IRRewriter rewriter;
  /// Choices made so far: the residual stream is asked for twice.
  DenseMap<std::pair<Value, uint64_t>, Value> choices;
};

struct SinkTokenSelectPass
    : deit::impl::SinkTokenSelectPassBase<SinkTokenSelectPass> {
  void runOnOperation() override {
    Narrowing narrowing(&getContext());
    for (Block &block : getOperation().getBody())
      // Backwards: an operation's users have been narrowed before it.
      for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
        Location loc = op.getLoc(); // the operation itself is about to go
        StringRef name = op.getName().getStringRef();
        FailureOr<bool> narrowed = narrowing.narrow(&op);
        if (failed(narrowed))
          return signalPassFailure();
        if (!*narrowed)
          continue;
        ++numNarrowed;
        passedRemark(loc, getArgument(), "Narrowed") << name;
      }
    remarkStops();
  }

private:
  /// Says where the choices have come to rest, and why there.
  void remarkStops();
};

} // namespace

void SinkTokenSelectPass::remarkStops() {
  getOperation().walk([&](SelectTokenOp op) {
    Operation *tokens = op.getTokens().getDefiningOp();
    if (!tokens)
      return;
    missedRemark(tokens->getLoc(), getArgument(), "NotNarrowed")
        << tokens->getName().getStringRef()
        << remark::reason("{0}", isTokenWise(tokens)
                                     ? "its other users need every token"
                                     : "its tokens depend on one another");
  });
}

FailureOr<bool> Narrowing::narrow(Operation *op) {
  if (!isTokenWise(op))
    return false;
  SelectTokenOp select = commonChoice(op);
  if (!select)
    return false;
  IRMapping mapping;
  for (Value tokens : tokenOperands(op)) {
    FailureOr<Value> one = selected(tokens, select);
    if (failed(one))
      return failure();
    mapping.map(tokens, *one);
  }
  rewriter.setInsertionPoint(op);
  Operation *narrowed = rewriter.clone(*op, mapping);
  narrowed->getResult(0).setType(select.getType());
  for (Operation *user : llvm::make_early_inc_range(op->getUsers()))
    rewriter.replaceOp(user, narrowed->getResults());
  rewriter.eraseOp(op);
  return true;
}

/// The token of `tokens` that `like` chooses.
FailureOr<Value> Narrowing::selected(Value tokens, SelectTokenOp like) {
  Value &choice = choices[{tokens, like.getIndex()}];
  if (choice)
    return choice;
  rewriter.setInsertionPointAfterValue(tokens);
  if (isFloatConstant(tokens)) {
    FailureOr<Value> sliced = sliceConstant(tokens, like.getIndex());
    if (failed(sliced))
      return failure();
    return choice = *sliced;
  }
  auto type = withoutTokens(cast<RankedTensorType>(tokens.getType()));
  choice = SelectTokenOp::create(rewriter, like.getLoc(), type, tokens,
                                 like.getIndexAttr());
  return choice;
}

FailureOr<Value> Narrowing::sliceConstant(Value tokens, uint64_t index) {
  FailureOr<std::vector<float>> values = readFloatConstant(tokens);
  if (failed(values))
    return failure();
  auto type = cast<RankedTensorType>(tokens.getType());
  int64_t channels = type.getDimSize(2);
  std::vector<float> slice;
  for (int64_t image = 0; image < type.getDimSize(0); ++image) {
    auto *begin =
        values->data() + (image * type.getDimSize(1) + index) * channels;
    slice.insert(slice.end(), begin, begin + channels);
  }
  return Value(createFloatConstant(rewriter, tokens.getLoc(),
                                   withoutTokens(type).getShape(), slice));
}
