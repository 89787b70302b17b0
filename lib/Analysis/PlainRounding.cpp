// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rounds models the plain way.

#include "PlainRounding.h"
#include "deit/Calibration/Observation.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Quant/Measures.h"
#include "deit/Quant/Observers.h"
#include "deit/Support/FileIO.h"
#include <cmath>

using namespace deit;

static constexpr double kLargestWeight = 127;

//===----------------------------------------------------------------------===//
// Codes
//===----------------------------------------------------------------------===//

/// The scale at which the largest of `values` has the largest code.
static double scaleFor(ArrayRef<float> values) {
  double largest = 0;
  for (float value : values)
    largest = std::max<double>(largest, std::abs(value));
  return std::max(largest / kLargestWeight, kEmptyScale);
}

static CodeFormat weightFormat(ArrayRef<float> values, size_t rows,
                               bool perChannel) {
  size_t groups = perChannel ? rows : 1, size = values.size() / groups;
  CodeFormat format = {
      {}, std::vector<int64_t>(groups, 0), -127, 127, perChannel ? 0 : -1};
  for (size_t i = 0; i < groups; ++i)
    format.scales.push_back(scaleFor(values.slice(i * size, size)));
  return format;
}

static std::vector<float> roundedWeights(ArrayRef<float> values,
                                         const CodeFormat &format) {
  size_t size = values.size() / format.scales.size();
  std::vector<float> rounded;
  rounded.reserve(values.size());
  for (auto [i, value] : llvm::enumerate(values)) {
    double scale = format.scales[i / size];
    rounded.push_back(
        static_cast<float>(std::nearbyint(value / scale) * scale));
  }
  return rounded;
}

Error PlainRounding::addWeights(const AnalyzedModule &module, bool perChannel) {
  weights.emplace_back();
  decibels.emplace_back();
  if (!module.weights)
    return Error::success();
  Value operand = module.weights->get();
  Expected<std::vector<float>> values = readWeights(module);
  if (!values)
    return values.takeError();
  auto type = cast<RankedTensorType>(operand.getType());
  // What an addition adds has no output channels.
  size_t rows = isa<AddOp>(module.op) ? 1 : type.getDimSize(0);
  CodeFormat format = weightFormat(*values, rows, perChannel);
  std::vector<float> rounded = roundedWeights(*values, format);
  NoiseMeter noise;
  noise.add(*values, rounded);
  decibels.back() = noise.decibels();
  weights.back() =
      makeElements<float>(type, rounded, modulePath(operand.getLoc()));
  variants.back().weights = std::move(format);
  return Error::success();
}

void PlainRounding::addActivations(const AnalyzedModule &module,
                                   const ActivationStatistics &statistics) {
  Value value = module.result();
  auto isUser = [&](auto isa) { return llvm::all_of(value.getUsers(), isa); };
  if (isUser(llvm::IsaPred<func::ReturnOp>) || isUser(llvm::IsaPred<ReluOp>))
    return;
  variants.back().result = formatFor(value, statistics.histogram.range());
}

Expected<PlainRounding> PlainRounding::create(const Subject &subject,
                                              bool perChannel) {
  PlainRounding rounding(subject);
  for (auto [module, statistics] :
       llvm::zip_equal(subject.modules, subject.statistics.activations)) {
    rounding.variants.emplace_back();
    if (Error error = rounding.addWeights(module, perChannel))
      return std::move(error);
    rounding.addActivations(module, statistics);
  }
  return rounding;
}

std::optional<Variant> PlainRounding::variant(size_t index, Part part) const {
  Variant result = variants[index];
  if (part == Part::Weights)
    result.result.reset();
  if (part == Part::Activations)
    result.weights.reset();
  if (!result.weights && !result.result)
    return std::nullopt;
  return result;
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

/// The type whose codes are those of `format`. Its storage is 16 bits wide, for
/// of a softmax's result unsigned 8-bit codes mean numerators.
static quant::QuantizedType typeOf(MLIRContext *context,
                                   const CodeFormat &format) {
  return quant::UniformQuantizedType::get(
      quant::QuantizationFlags::Signed, IntegerType::get(context, 16),
      Float32Type::get(context), format.scales[0], format.zeroPoints[0],
      format.low, format.high);
}

/// Gives `op` weights of its own.
static void setWeights(OpOperand &operand, ElementsAttr values) {
  OpBuilder builder(operand.getOwner());
  auto constant =
      cast<ConstantOp>(builder.clone(*operand.get().getDefiningOp()));
  constant.setValueAttr(values);
  operand.set(constant.getResult());
}

OwningOpRef<ModuleOp> PlainRounding::round(
    llvm::function_ref<std::optional<Part>(size_t index)> chosen) const {
  OwningOpRef<ModuleOp> copy(subject.prepared.get().clone());
  for (auto [index, module] :
       llvm::enumerate(analyzedModules(forwardOf(*copy)))) {
    std::optional<Part> part = chosen(index);
    if (!part)
      continue;
    std::optional<Variant> rounded = variant(index, *part);
    if (rounded && rounded->weights)
      setWeights(*module.weights, weights[index]);
    if (!rounded || !rounded->result)
      continue;
    OpResult result = module.op->getResult(0);
    result.setType(cast<RankedTensorType>(result.getType())
                       .clone(typeOf(copy->getContext(), *rounded->result)));
  }
  return copy;
}
