// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs a model of either dialect and keeps what its operations compute.

#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Reference/Comparison.h"
#include "deit/Reference/FloatReference.h"
#include "deit/Reference/FxpInterpreter.h"
#include "deit/Support/FileIO.h"
#include "llvm/ADT/StringMap.h"

using namespace deit;

/// Puts parts of neurons that deit-split-neurons has split together again:
/// behind GELU they add up; before it the first part is what the neuron was.
static void joinParts(Operation *op, SmallVectorImpl<int64_t> &shape,
                      std::vector<float> &values) {
  auto parts = op->getAttrOfType<DenseI32ArrayAttr>(kPartsAttr);
  if (!parts)
    parts = op->getAttrOfType<DenseI32ArrayAttr>(fxp::kPartsAttr);
  if (!parts || parts.empty())
    return;
  bool addUp = isa<GeluOp, fxp::LookupOp>(op);
  auto all = static_cast<size_t>(shape.back());
  size_t whole = all - parts.size();
  std::vector<float> joined;
  for (size_t row = 0; row < values.size(); row += all) {
    ArrayRef<float> from = ArrayRef(values).slice(row, all);
    llvm::append_range(joined, from.take_front(whole));
    float *to = joined.data() + joined.size() - whole;
    if (addUp)
      for (auto [neuron, part] :
           llvm::zip_equal(parts.asArrayRef(), from.drop_front(whole)))
        to[neuron] += part;
  }
  values = std::move(joined);
  shape.back() = static_cast<int64_t>(whole);
}

namespace {

/// Gives values their names while they arrive.
class TraceBuilder {
public:
  /// Keeps a value, unless it has no module path.
  void add(Operation *op, ArrayRef<int64_t> shape, std::vector<float> values) {
    StringRef path = modulePath(op);
    if (path == "?")
      return;
    unsigned count = ++counts[path];
    std::string name = path.str();
    if (count > 1)
      name += "#" + std::to_string(count);
    SmallVector<int64_t> joined(shape);
    joinParts(op, joined, values);
    trace.values.push_back(
        {op, name, {joined.begin(), joined.end()}, std::move(values)});
  }

  Trace trace;

private:
  llvm::StringMap<unsigned> counts;
};

} // namespace

//===----------------------------------------------------------------------===//
// deit
//===----------------------------------------------------------------------===//

static Expected<Trace> traceFloat(func::FuncOp forward, ArrayRef<uint8_t> image,
                                  unsigned threads) {
  Expected<FloatReference *> reference = loadFloatReference(threads);
  if (!reference)
    return reference.takeError();
  TraceBuilder builder;
  auto observer = [&](OpResult result, ArrayRef<float> values,
                      ArrayRef<int64_t> shape) {
    builder.add(result.getOwner(), shape, values.vec());
  };
  Expected<std::vector<float>> logits =
      (*reference)->run(forward, image, 1, nullptr, observer);
  if (!logits)
    return logits.takeError();
  builder.trace.logits = std::move(*logits);
  return std::move(builder.trace);
}

//===----------------------------------------------------------------------===//
// fxp
//===----------------------------------------------------------------------===//

static std::vector<float> dequantize(const IntegerTensor &codes, double scale,
                                     int64_t zeroPoint) {
  std::vector<float> values;
  values.reserve(codes.values.size());
  for (int64_t code : codes.values)
    values.push_back(static_cast<float>((code - zeroPoint) * scale));
  return values;
}

/// Numerators over the sum of their row.
static std::vector<float> weights(const IntegerTensor &numerators,
                                  const IntegerTensor &sums) {
  std::vector<float> values;
  values.reserve(numerators.values.size());
  size_t columns = numerators.shape.back();
  for (size_t i = 0; i < numerators.values.size(); ++i)
    values.push_back(static_cast<float>(
        numerators.values[i] / static_cast<double>(sums.values[i / columns])));
  return values;
}

namespace {

/// Turns the integers of one run into what they stand for.
class FxpTrace {
public:
  void observe(OpResult result, const IntegerTensor &tensor) {
    Operation *op = result.getOwner();
    quant::UniformQuantizedType format = fxp::formatOf(op);
    if (!format)
      return;
    if (!isa<fxp::SoftmaxOp>(op))
      builder.add(op, tensor.shape,
                  dequantize(tensor, format.getScale(), format.getZeroPoint()));
    else if (result.getResultNumber() == 0)
      numerators = tensor;
    else
      builder.add(op, numerators.shape, weights(numerators, tensor));
  }

  TraceBuilder builder;

private:
  IntegerTensor numerators; ///< of the softmax whose sums come next
};

} // namespace

static Expected<Trace> traceFxp(func::FuncOp forward, ArrayRef<uint8_t> image) {
  auto scale = forward->getAttrOfType<FloatAttr>(fxp::kLogitScaleAttr);
  if (!scale)
    return makeError("function '" + forward.getName() + "' has no '" +
                     fxp::kLogitScaleAttr +
                     "'; convert the quantized model again");
  auto interpreter = FxpInterpreter::create(forward);
  if (!interpreter)
    return interpreter.takeError();
  IntegerTensor argument;
  llvm::append_range(
      argument.shape,
      cast<ShapedType>(forward.getArgumentTypes()[0]).getShape());
  argument.values.assign(image.begin(), image.end());
  FxpTrace trace;
  auto results =
      (*interpreter)
          ->run(argument, [&](OpResult result, const IntegerTensor &tensor) {
            trace.observe(result, tensor);
          });
  if (!results)
    return results.takeError();
  if (trace.builder.trace.values.empty())
    return makeError("no operation has an 'fxp.format', which tells what "
                     "integers stand for; convert the quantized model again");
  trace.builder.trace.logits =
      dequantize(results->front(), scale.getValueAsDouble(), 0);
  return std::move(trace.builder.trace);
}

Expected<Trace> deit::traceModel(func::FuncOp forward, ArrayRef<uint8_t> image,
                                 unsigned threads) {
  bool isInteger = false;
  forward.walk([&](Operation *op) {
    isInteger |= isa_and_nonnull<fxp::FxpDialect>(op->getDialect());
  });
  return isInteger ? traceFxp(forward, image)
                   : traceFloat(forward, image, threads);
}
