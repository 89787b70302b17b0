// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs `fxp` functions: holds the values and hands each operation to its
// function of FxpEvaluation.h.

#include "deit/Reference/FxpInterpreter.h"
#include "FxpEvaluation.h"
#include "llvm/ADT/DenseMap.h"

using namespace deit;
using namespace deit::evaluation;

struct FxpInterpreter::Implementation {
  func::FuncOp function;
  llvm::DenseMap<Value, IntegerTensor> constants;
  /// Constants that linear layers use, and them only, as pairs want them.
  llvm::DenseMap<Value, Rows> weights;

  /// Checks that `op` can be run, and reads it if it is a constant.
  Error add(Operation *op);
  Error addConstant(fxp::ConstantOp op);
};

namespace {
/// The values of one run.
class Frame {
public:
  Frame(const llvm::DenseMap<Value, IntegerTensor> &constants,
        const llvm::DenseMap<Value, Rows> &weights, FxpObserver observer)
      : constants(constants), weights(weights), observer(observer) {}

  const IntegerTensor &at(Value value) const {
    auto found = locals.find(value);
    return found != locals.end() ? found->second
                                 : constants.find(value)->second;
  }
  void set(Value value, IntegerTensor tensor) {
    locals[value] = std::move(tensor);
  }
  /// Every operation before the terminator.
  Error execute(Block &block);

private:
  Error execute(Operation *op);
  Error compute(Operation *op);
  Result linear(fxp::LinearOp op);
  Error softmax(fxp::SoftmaxOp op);
  Error kernel(fxp::KernelOp op);
  Result single(Operation *op);

  const llvm::DenseMap<Value, IntegerTensor> &constants;
  const llvm::DenseMap<Value, Rows> &weights;
  FxpObserver observer;
  llvm::DenseMap<Value, IntegerTensor> locals;
};
} // namespace

//===----------------------------------------------------------------------===//
// Execution
//===----------------------------------------------------------------------===//

Result Frame::linear(fxp::LinearOp op) {
  auto found = weights.find(op.getWeight());
  if (found != weights.end())
    return evaluate(op, at(op.getInput()), found->second, at(op.getBias()));
  return evaluate(op, at(op.getInput()), toRows(at(op.getWeight())),
                  at(op.getBias()));
}

Error Frame::softmax(fxp::SoftmaxOp op) {
  auto results = evaluate(op, at(op.getScores()));
  if (!results)
    return results.takeError();
  set(op.getNumerators(), std::move(results->first));
  set(op.getSums(), std::move(results->second));
  return Error::success();
}

Error Frame::kernel(fxp::KernelOp op) {
  Block &body = op.getBody().front();
  if (Error error = execute(body))
    return error;
  auto yield = cast<fxp::YieldOp>(body.getTerminator());
  set(op.getResult(), IntegerTensor(at(yield.getValue())));
  for (Operation &inner : body) // what no one sees need not be kept
    for (Value value : inner.getResults())
      locals.erase(value);
  return Error::success();
}

/// The operations with one result.
Result Frame::single(Operation *op) {
  if (auto o = dyn_cast<fxp::PatchesOp>(op))
    return evaluate(o, at(o.getImage()));
  if (auto o = dyn_cast<fxp::PrependTokenOp>(op))
    return evaluate(o, at(o.getTokens()), at(o.getToken()));
  if (auto o = dyn_cast<fxp::SelectTokenOp>(op))
    return evaluate(o, at(o.getTokens()));
  if (auto o = dyn_cast<fxp::SplitHeadsOp>(op))
    return evaluate(o, at(o.getInput()));
  if (auto o = dyn_cast<fxp::MergeHeadsOp>(op))
    return evaluate(o, at(o.getInput()));
  if (auto o = dyn_cast<fxp::LinearOp>(op))
    return linear(o);
  if (auto o = dyn_cast<fxp::MatmulOp>(op))
    return evaluate(o, at(o.getLhs()), at(o.getRhs()));
  if (auto o = dyn_cast<fxp::RequantizeOp>(op))
    return evaluate(o, at(o.getInput()), at(o.getMultiplier()));
  if (auto o = dyn_cast<fxp::LookupOp>(op))
    return evaluate(o, at(o.getInput()), at(o.getTable()));
  if (auto o = dyn_cast<fxp::AddOp>(op))
    return evaluate(o, at(o.getInput()), at(o.getBranch()));
  if (auto o = dyn_cast<fxp::NormalizeOp>(op))
    return evaluate(o, at(o.getInput()), at(o.getSums()));
  if (auto o = dyn_cast<fxp::LayerNormOp>(op))
    return evaluate(o, at(o.getInput()), at(o.getGamma()), at(o.getBeta()));
  return errorAt(op, "the interpreter does not know this operation");
}

/// Anything but constants and kernels.
Error Frame::compute(Operation *op) {
  if (auto o = dyn_cast<fxp::SoftmaxOp>(op))
    return softmax(o);
  Result result = single(op);
  if (!result)
    return result.takeError();
  set(op->getResult(0), std::move(*result));
  return Error::success();
}

Error Frame::execute(Operation *op) {
  if (isa<fxp::ConstantOp>(op))
    return Error::success(); // read by `create`
  if (auto o = dyn_cast<fxp::KernelOp>(op))
    return kernel(o);
  if (Error error = compute(op))
    return error;
  if (observer)
    for (OpResult result : op->getResults())
      observer(result, at(result));
  return Error::success();
}

Error Frame::execute(Block &block) {
  for (Operation &op : block.without_terminator())
    if (Error error = execute(&op))
      return error;
  return Error::success();
}

//===----------------------------------------------------------------------===//
// FxpInterpreter
//===----------------------------------------------------------------------===//

FxpInterpreter::FxpInterpreter()
    : implementation(std::make_unique<Implementation>()) {}
FxpInterpreter::~FxpInterpreter() = default;

Error FxpInterpreter::Implementation::addConstant(fxp::ConstantOp op) {
  Result value = evaluate(op);
  if (!value)
    return value.takeError();
  bool onlyWeight = llvm::all_of(op->getUses(), [](OpOperand &use) {
    auto linear = dyn_cast<fxp::LinearOp>(use.getOwner());
    return linear && use.get() == linear.getWeight() &&
           use.getOperandNumber() == 1;
  });
  if (onlyWeight)
    weights[op.getResult()] = toRows(*value);
  else
    constants[op.getResult()] = std::move(*value);
  return Error::success();
}

Error FxpInterpreter::Implementation::add(Operation *op) {
  if (auto constant = dyn_cast<fxp::ConstantOp>(op))
    return addConstant(constant);
  if (isa_and_nonnull<fxp::FxpDialect>(op->getDialect()) ||
      isa<func::ReturnOp>(op))
    return Error::success();
  return errorAt(op, "expected operations of 'fxp' only");
}

Expected<std::unique_ptr<FxpInterpreter>>
FxpInterpreter::create(func::FuncOp function) {
  if (!function.getBody().hasOneBlock())
    return llvm::createStringError("function '" + function.getName() +
                                   "' has no body of one block");
  std::unique_ptr<FxpInterpreter> interpreter(new FxpInterpreter());
  interpreter->implementation->function = function;
  SmallVector<Operation *> operations;
  function.getBody().walk([&](Operation *op) { operations.push_back(op); });
  for (Operation *op : operations)
    if (Error error = interpreter->implementation->add(op))
      return std::move(error);
  return std::move(interpreter);
}

/// The argument has as many values as its type, all within its element type.
static Error checkArgument(BlockArgument argument,
                           const IntegerTensor &tensor) {
  auto type = dyn_cast<RankedTensorType>(argument.getType());
  if (!type || !type.getElementType().isIntOrIndex())
    return llvm::createStringError(
        "argument " + Twine(argument.getArgNumber()) +
        " of the function is not a tensor of integers");
  if (type.getShape() != ArrayRef<int64_t>(tensor.shape) ||
      type.getNumElements() != static_cast<int64_t>(tensor.values.size()))
    return llvm::createStringError(
        "argument " + Twine(argument.getArgNumber()) + " has " +
        Twine(tensor.values.size()) + " values or another shape, expected " +
        Twine(type.getNumElements()));
  unsigned width = type.getElementTypeBitWidth();
  bool isUnsigned = type.getElementType().isUnsignedInteger();
  int64_t low = isUnsigned ? 0 : -(int64_t(1) << (width - 1));
  int64_t high = low + (int64_t(1) << width) - 1;
  for (int64_t value : tensor.values)
    if (value < low || value > high)
      return llvm::createStringError(
          "argument " + Twine(argument.getArgNumber()) + " holds " +
          Twine(value) + ", expected " + Twine(low) + " to " + Twine(high));
  return Error::success();
}

Expected<std::vector<IntegerTensor>>
FxpInterpreter::run(ArrayRef<IntegerTensor> arguments, FxpObserver observer) {
  Block &body = implementation->function.getBody().front();
  if (arguments.size() != body.getNumArguments())
    return llvm::createStringError("expected " + Twine(body.getNumArguments()) +
                                   " arguments, found " +
                                   Twine(arguments.size()));
  Frame frame(implementation->constants, implementation->weights, observer);
  for (auto [argument, tensor] : llvm::zip(body.getArguments(), arguments)) {
    if (Error error = checkArgument(argument, tensor))
      return std::move(error);
    frame.set(argument, tensor);
  }
  if (Error error = frame.execute(body))
    return std::move(error);
  std::vector<IntegerTensor> results;
  for (Value value : body.getTerminator()->getOperands())
    results.push_back(frame.at(value));
  return results;
}
