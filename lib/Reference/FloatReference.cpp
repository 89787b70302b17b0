// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Walks a `deit` function and has its operations computed by tensor kernels.

#include "deit/Reference/FloatReference.h"
#include "KernelLibrary.h"
#include "OperationKernels.h"
#include "QuantizedValues.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/FileIO.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/Threading.h"

using namespace deit;

static Type elementType(Value value) {
  return cast<ShapedType>(value.getType()).getElementType();
}

/// "blocks.3.mlp.fc1: 'deit.linear': ", as messages begin.
static std::string describe(Operation *op) {
  return (modulePath(op) + ": '" + op->getName().getStringRef() + "': ").str();
}

/// Whether rounding `result` means softmax's numerators.
static bool holdsNumerators(OpResult result) {
  auto type = dyn_cast<quant::QuantizedType>(elementType(result));
  return type && isa<SoftmaxOp>(result.getOwner()) && !type.isSigned() &&
         type.getStorageTypeIntegralWidth() == 8;
}

/// Whether `op` hands its operands' codes on: nothing is left to round.
static bool movesCodes(Operation *op, Type resultElement) {
  return isa<SplitQkvOp, SplitHeadsOp, MergeHeadsOp, SelectTokenOp,
             PrependTokenOp, MaxPoolOp>(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return elementType(operand) == resultElement;
         });
}

//===----------------------------------------------------------------------===//
// Execution
//===----------------------------------------------------------------------===//

namespace {

/// One run of one function.
class Execution {
public:
  Execution(TensorKernels &kernels, FloatHook hook, FloatObserver observer)
      : kernels(kernels), hook(hook), observer(observer) {}

  Expected<std::vector<float>> run(func::FuncOp function,
                                   ArrayRef<uint8_t> images, int64_t count);

  /// See FloatReference.
  Expected<std::vector<float>>
  runVariants(func::FuncOp function, ArrayRef<uint8_t> images, int64_t count,
              llvm::function_ref<std::vector<Variant>(OpResult)> variants,
              VariantObserver observer, FloatHook hook);

  /// Has the results that `wanted` returns true for watched in a run.
  void watch(llvm::function_ref<bool(OpResult)> wanted) {
    this->wanted = wanted;
  }
  /// Shows the watched results with the gradients of `weights` * logits.
  Error showGradients(func::FuncOp function, std::vector<float> weights,
                      GradientObserver observer);

private:
  struct Live {
    TensorPtr tensor;
    unsigned uses; ///< still to come
  };

  Error begin(func::FuncOp function, ArrayRef<uint8_t> images, int64_t count);
  Error step(Operation &op);
  /// Runs `first` and what comes after it.
  Expected<std::vector<float>> runFrom(Operation &first);
  Error stepRounded(Operation &op, const CodeFormat &format);
  Error tryVariants(OpResult result, ArrayRef<Variant> variants,
                    const Execution &before, VariantObserver observer,
                    FloatHook hook);
  Expected<TensorPtr> readParameter(ConstantOp constant);
  Error finish(OpResult result, const TensorPtr &tensor);
  template <typename Callback>
  Error show(Callback callback, OpResult result, const TensorPtr &tensor);
  Error round(OpResult result, const TensorPtr &tensor);
  Error kernelError() {
    return makeError("LibTorch: " + Twine(kernels.error()));
  }

  const TensorPtr &get(Value value) {
    return tensors.find(value)->second.tensor;
  }
  void define(Value value, TensorPtr tensor);
  void release(Operation &op);

  TensorKernels &kernels;
  FloatHook hook;
  FloatObserver observer;
  llvm::function_ref<bool(OpResult)> wanted = nullptr;
  llvm::MapVector<OpResult, TensorPtr> watched;
  llvm::DenseMap<Value, Live> tensors;
};

} // namespace

void Execution::define(Value value, TensorPtr tensor) {
  auto uses = static_cast<unsigned>(llvm::range_size(value.getUses()));
  if (uses)
    tensors[value] = {std::move(tensor), uses};
}

/// Forgets what nothing after `op` reads.
void Execution::release(Operation &op) {
  for (Value operand : op.getOperands())
    if (--tensors.find(operand)->second.uses == 0)
      tensors.erase(operand);
}

Expected<TensorPtr> Execution::readParameter(ConstantOp constant) {
  Expected<std::vector<float>> values = readConstant(constant);
  if (!values)
    return values.takeError();
  TensorPtr tensor = kernels.make(
      constant.getResult().getType().getShape().vec(), std::move(*values));
  return tensor ? Expected<TensorPtr>(tensor) : kernelError();
}

Error Execution::round(OpResult result, const TensorPtr &tensor) {
  auto type = dyn_cast<quant::QuantizedType>(elementType(result));
  if (!type || movesCodes(result.getOwner(), type))
    return Error::success();
  if (holdsNumerators(result))
    return kernels.roundToNumerators(tensor) ? Error::success() : kernelError();
  Expected<CodeFormat> format = readFormat(type);
  if (!format)
    return format.takeError();
  return kernels.roundToCodes(tensor, *format) ? Error::success()
                                               : kernelError();
}

/// Has `callback`, the hook or the observer, see a tensor's values.
template <typename Callback>
Error Execution::show(Callback callback, OpResult result,
                      const TensorPtr &tensor) {
  if (!callback)
    return Error::success();
  std::vector<int64_t> shape = tensor->shape();
  float *values = tensor->data();
  if (!values)
    return kernelError();
  size_t size = ShapedType::getNumElements(shape);
  callback(result, {values, size}, shape);
  return Error::success();
}

/// Shows a computed result to the hook, rounds it, shows it to the observer.
Error Execution::finish(OpResult result, const TensorPtr &tensor) {
  if (!tensor)
    return kernelError();
  if (wanted) {
    if (isa<quant::QuantizedType>(elementType(result)))
      return makeError("rounding has no gradient; expected a float model");
    if (!wanted(result))
      return Error::success();
    watched[result] = tensor;
    return kernels.watch(tensor) ? Error::success() : kernelError();
  }
  if (Error error = show(hook, result, tensor))
    return error;
  if (Error error = round(result, tensor))
    return error;
  return show(observer, result, tensor);
}

Error Execution::step(Operation &op) {
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    Expected<TensorPtr> tensor = readParameter(constant);
    if (!tensor)
      return tensor.takeError();
    define(constant, std::move(*tensor));
    return Error::success();
  }
  SmallVector<TensorPtr> results = OperationKernels(kernels, [&](Value value) {
                                     return get(value);
                                   }).compute(&op);
  for (auto [result, tensor] : llvm::zip_equal(op.getResults(), results)) {
    if (Error error = finish(result, tensor))
      return error;
    define(result, std::move(tensor));
  }
  release(op);
  return Error::success();
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

/// Fails unless `function` maps an image to logits by `deit` operations.
static Error checkFunction(func::FuncOp function) {
  FunctionType type = function.getFunctionType();
  auto isImage = [](Type type) {
    auto image = dyn_cast<RankedTensorType>(type);
    return image && image.hasStaticShape() && image.getRank() == 4 &&
           image.getDimSize(0) == 1 &&
           image.getElementType().isUnsignedInteger(8);
  };
  auto isLogits = [](Type type) {
    auto logits = dyn_cast<RankedTensorType>(type);
    return logits && logits.hasStaticShape() && logits.getRank() == 2;
  };
  if (function.isExternal() || !llvm::hasSingleElement(function.getBody()) ||
      type.getNumInputs() != 1 || type.getNumResults() != 1 ||
      !isImage(type.getInput(0)) || !isLogits(type.getResult(0))) {
    std::string found;
    llvm::raw_string_ostream(found) << type;
    return makeError("function '" + function.getName() +
                     "': expected tensor<1xHxWx3xui8> to tensor<1xCxf32> "
                     "(or quantized), found " +
                     found);
  }
  for (Operation &op : function.getBody().front().without_terminator())
    if (!OperationKernels::isSupported(&op))
      return makeError(describe(&op) +
                       "the float reference does not run this operation; it "
                       "takes models of the 'deit' dialect");
  return Error::success();
}

Error Execution::begin(func::FuncOp function, ArrayRef<uint8_t> images,
                       int64_t count) {
  Value image = function.getArgument(0);
  std::vector<int64_t> shape =
      cast<RankedTensorType>(image.getType()).getShape().vec();
  shape[0] = count;
  if (images.size() != static_cast<size_t>(ShapedType::getNumElements(shape)))
    return makeError("expected " + Twine(count) + " images of " +
                     Twine(shape[1]) + "x" + Twine(shape[2]) +
                     "x3 bytes, found " + Twine(images.size()) + " bytes");
  TensorPtr input = kernels.fromBytes(shape, images.data());
  if (!input)
    return kernelError();
  define(image, std::move(input));
  return Error::success();
}

Expected<std::vector<float>> Execution::runFrom(Operation &first) {
  Block::iterator end = first.getBlock()->getTerminator()->getIterator();
  for (Operation &op : llvm::make_range(first.getIterator(), end))
    if (Error error = step(op))
      return prefixError(describe(&op), std::move(error));
  const TensorPtr &logits = get(end->getOperand(0));
  const float *values = logits->data();
  if (!values)
    return kernelError();
  return std::vector<float>(
      values, values + ShapedType::getNumElements(logits->shape()));
}

Expected<std::vector<float>>
Execution::run(func::FuncOp function, ArrayRef<uint8_t> images, int64_t count) {
  if (Error error = begin(function, images, count))
    return error;
  return runFrom(function.getBody().front().front());
}

/// Runs `op` with its weights rounded. Other operations see them as they were.
Error Execution::stepRounded(Operation &op, const CodeFormat &format) {
  Value weights = weightOperand(&op)->get();
  TensorPtr exact = get(weights);
  TensorPtr rounded = kernels.copy(exact);
  if (!rounded || !kernels.roundToCodes(rounded, format))
    return kernelError();
  tensors.find(weights)->second.tensor = std::move(rounded);
  if (Error error = step(op))
    return error;
  auto left = tensors.find(weights);
  if (left != tensors.end())
    left->second.tensor = std::move(exact);
  return Error::success();
}

Error Execution::tryVariants(OpResult result, ArrayRef<Variant> variants,
                             const Execution &before, VariantObserver observer,
                             FloatHook hook) {
  Operation &op = *result.getOwner();
  TensorPtr exact = variants.empty() ? nullptr : get(result);
  for (auto [index, variant] : llvm::enumerate(variants)) {
    // Tensors are shared, for none is changed that somebody reads.
    Execution trial = variant.weights ? before : *this;
    if (variant.weights)
      if (Error error = trial.stepRounded(op, *variant.weights))
        return error;
    TensorPtr &value = trial.tensors.find(result)->second.tensor;
    if (variant.result) {
      value = kernels.copy(value);
      if (!value || !kernels.roundToCodes(value, *variant.result))
        return kernelError();
    }
    TensorPtr kept = value;
    trial.hook = hook;
    auto logits = trial.runFrom(*op.getNextNode());
    if (!logits)
      return logits.takeError();
    size_t size = ShapedType::getNumElements(exact->shape());
    const float *from = exact->data(), *to = kept->data();
    if (!from || !to)
      return kernelError();
    observer({result, index, {from, size}, {to, size}, *logits});
  }
  return Error::success();
}

Expected<std::vector<float>> Execution::runVariants(
    func::FuncOp function, ArrayRef<uint8_t> images, int64_t count,
    llvm::function_ref<std::vector<Variant>(OpResult)> variants,
    VariantObserver observer, FloatHook hook) {
  if (Error error = begin(function, images, count))
    return error;
  Block &body = function.getBody().front();
  for (Operation &op : body.without_terminator()) {
    Execution before = *this;
    if (Error error = step(op))
      return prefixError(describe(&op), std::move(error));
    for (OpResult result : op.getResults())
      if (tensors.contains(result))
        if (Error error =
                tryVariants(result, variants(result), before, observer, hook))
          return error;
  }
  return runFrom(*body.getTerminator());
}

Error Execution::showGradients(func::FuncOp function,
                               std::vector<float> weights,
                               GradientObserver observer) {
  const TensorPtr &logits =
      get(function.getBody().front().getTerminator()->getOperand(0));
  TensorPtr factors = kernels.make(logits->shape(), std::move(weights));
  if (!factors || !kernels.backward(logits, factors))
    return kernelError();
  for (auto &[result, tensor] : watched) {
    TensorPtr gradient = kernels.gradient(tensor);
    std::vector<int64_t> shape = tensor->shape();
    size_t size = ShapedType::getNumElements(shape);
    float *values = tensor->data();
    float *gradients = gradient ? gradient->data() : nullptr;
    if (!values || !gradients)
      return kernelError();
    observer(result, {values, size}, {gradients, size}, shape);
    tensor = nullptr;
  }
  return Error::success();
}

namespace {

class KernelReference : public FloatReference {
public:
  explicit KernelReference(TensorKernels &kernels) : kernels(kernels) {}

  Expected<std::vector<float>> run(func::FuncOp function,
                                   ArrayRef<uint8_t> images, int64_t count,
                                   FloatHook hook,
                                   FloatObserver observer) override {
    if (Error error = checkFunction(function))
      return error;
    return Execution(kernels, hook, observer).run(function, images, count);
  }

  Error differentiate(func::FuncOp function, ArrayRef<uint8_t> images,
                      int64_t count, LossGradient loss,
                      llvm::function_ref<bool(OpResult)> wanted,
                      GradientObserver observer) override;

  Expected<std::vector<float>>
  runVariants(func::FuncOp function, ArrayRef<uint8_t> images, int64_t count,
              llvm::function_ref<std::vector<Variant>(OpResult)> variants,
              VariantObserver observer, FloatHook hook) override {
    if (Error error = checkFunction(function))
      return error;
    return Execution(kernels, nullptr, nullptr)
        .runVariants(function, images, count, variants, observer, hook);
  }

  Expected<std::vector<double>> covariance(ArrayRef<float> values,
                                           int64_t columns) override;

  TensorKernels &kernels;
};

} // namespace

Error KernelReference::differentiate(func::FuncOp function,
                                     ArrayRef<uint8_t> images, int64_t count,
                                     LossGradient loss,
                                     llvm::function_ref<bool(OpResult)> wanted,
                                     GradientObserver observer) {
  if (Error error = checkFunction(function))
    return error;
  kernels.recordGradients(true);
  llvm::scope_exit stop([&] { kernels.recordGradients(false); });
  Execution execution(kernels, nullptr, nullptr);
  execution.watch(wanted);
  auto logits = execution.run(function, images, count);
  if (!logits)
    return logits.takeError();
  return execution.showGradients(function, loss(*logits), observer);
}

/// Centred before the product: the mean may be far larger than the deviation.
Expected<std::vector<double>>
KernelReference::covariance(ArrayRef<float> values, int64_t columns) {
  int64_t rows = static_cast<int64_t>(values.size()) / columns;
  std::vector<double> means(columns, 0);
  for (size_t i = 0; i < values.size(); ++i)
    means[i % columns] += values[i];
  for (double &mean : means)
    mean /= static_cast<double>(rows);
  std::vector<float> centred(values.size());
  for (size_t i = 0; i < values.size(); ++i)
    centred[i] = static_cast<float>(values[i] - means[i % columns]);
  TensorPtr product =
      kernels.gram(kernels.make({rows, columns}, std::move(centred)));
  float *sums = product ? product->data() : nullptr;
  if (!sums)
    return makeError("LibTorch: " + Twine(kernels.error()));
  std::vector<double> result(sums, sums + columns * columns);
  for (double &each : result)
    each /= static_cast<double>(rows);
  return result;
}

Expected<FloatReference *> deit::loadFloatReference(unsigned threads) {
  static KernelReference *reference = nullptr;
  if (!reference) {
    Expected<TensorKernels *> kernels = loadKernelLibrary();
    if (!kernels)
      return kernels.takeError();
    // Never freed: it is of use until the process ends.
    reference = new KernelReference(**kernels);
    reference->kernels.setThreads(
        llvm::hardware_concurrency().compute_thread_count());
  }
  if (threads != 0)
    reference->kernels.setThreads(threads);
  return reference;
}
