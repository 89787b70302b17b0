// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the emission of convolutional networks.

#include "importer/CnnBuilder.h"

#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/FileIO.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

namespace deit::importer {

Location CnnBuilder::at(const Twine &path) {
  return pathLoc(builder.getContext(), path);
}

/// Fails unless pixels can have this mean and deviation.
static Error checkColours(ArrayRef<float> mean, ArrayRef<float> deviation) {
  for (auto [m, d] : llvm::zip_equal(mean, deviation))
    if (!std::isfinite(m) || !std::isfinite(d) || !(d > 0))
      return makeError(
          llvm::formatv("the pixels cannot have mean {0:e3} and std {1:e3}", m,
                        d)
              .str());
  return Error::success();
}

Expected<Value> CnnBuilder::begin(StringRef name,
                                  std::array<int64_t, 2> imageSize,
                                  const ImportOptions &options) {
  auto mean = options.mean.value_or(std::array{0.485f, 0.456f, 0.406f});
  auto deviation =
      options.deviation.value_or(std::array{0.229f, 0.224f, 0.225f});
  if (Error error = checkColours(mean, deviation))
    return std::move(error);
  for (int64_t side : imageSize)
    if (side < 1 || side > 4096)
      return makeError("an image cannot be " + Twine(imageSize[0]) + "x" +
                       Twine(imageSize[1]) + "; sides are from 1 to 4096");
  module = ModuleOp::create(at(name), name);
  builder.setInsertionPointToEnd(module->getBody());
  auto image = RankedTensorType::get({1, imageSize[0], imageSize[1], 3},
                                     builder.getIntegerType(8, false));
  function = func::FuncOp::create(builder, at("forward"), "forward",
                                  builder.getFunctionType(image, {}));
  builder.setInsertionPointToStart(function.addEntryBlock());
  function.getArgument(0).setLoc(at("image"));
  return Value(NormalizeOp::create(
      builder, at("normalize"), type(image.getShape()), function.getArgument(0),
      builder.getDenseF32ArrayAttr(mean),
      builder.getDenseF32ArrayAttr(deviation)));
}

Value CnnBuilder::vector(const Twine &path, const Parameter &parameter) {
  int64_t count = static_cast<int64_t>(parameter.values.size());
  return createFloatConstant(builder, at(path), {count}, parameter.values);
}

DenseI64ArrayAttr CnnBuilder::paddingOf(const ConvGeometry &geometry) {
  auto [vertical, horizontal] = geometry.padding;
  return builder.getDenseI64ArrayAttr(
      {vertical, horizontal, vertical, horizontal});
}

/// The type of what a window makes that slides over `input`. Where it does not
/// fit there are no pixels, which the operation's verifier refuses.
Type CnnBuilder::slidType(Value input, std::array<int64_t, 2> window,
                          const ConvGeometry &geometry, int64_t channels) {
  auto count = [&](int dim) -> int64_t {
    int64_t room =
        shapeOf(input)[1 + dim] + 2 * geometry.padding[dim] - window[dim];
    return room < 0 ? 0 : room / geometry.strides[dim] + 1;
  };
  return type({shapeOf(input)[0], count(0), count(1), channels});
}

/// [outputs, channels, height, width] to [outputs, height, width, channels].
static std::vector<float> channelsLast(const Parameter &weight) {
  int64_t outputs = weight.shape[0], channels = weight.shape[1];
  int64_t pixels = weight.shape[2] * weight.shape[3];
  std::vector<float> values(weight.values.size());
  for (int64_t n = 0; n < outputs; ++n)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t p = 0; p < pixels; ++p)
        values[(n * pixels + p) * channels + c] =
            weight.values[(n * channels + c) * pixels + p];
  return values;
}

Value CnnBuilder::conv2d(const Twine &path, Value input,
                         const Parameter &weight, const Parameter *bias,
                         const ConvGeometry &geometry) {
  assert(weight.shape.size() == 4 && shapeOf(input).size() == 4);
  const std::vector<int64_t> &shape = weight.shape;
  Value filters = createFloatConstant(builder, at(path + ".weight"),
                                      {shape[0], shape[2], shape[3], shape[1]},
                                      channelsLast(weight));
  Value offsets = bias ? vector(path + ".bias", *bias) : Value();
  return Conv2DOp::create(
      builder, at(path),
      slidType(input, {shape[2], shape[3]}, geometry, shape[0]), input, filters,
      offsets, builder.getDenseI64ArrayAttr(geometry.strides),
      paddingOf(geometry), builder.getI64IntegerAttr(geometry.groups));
}

Value CnnBuilder::batchNorm(const Twine &path, Value input,
                            const Parameter &gamma, const Parameter &beta,
                            const Parameter &mean, const Parameter &variance,
                            double epsilon) {
  Value parameters[] = {vector(path + ".weight", gamma),
                        vector(path + ".bias", beta),
                        vector(path + ".running_mean", mean),
                        vector(path + ".running_var", variance)};
  return BatchNormOp::create(builder, at(path), input.getType(), input,
                             parameters[0], parameters[1], parameters[2],
                             parameters[3], builder.getF64FloatAttr(epsilon));
}

Value CnnBuilder::relu(const Twine &path, Value input, double ceiling) {
  FloatAttr limit =
      std::isinf(ceiling) ? FloatAttr() : builder.getF64FloatAttr(ceiling);
  return ReluOp::create(builder, at(path), input.getType(), input, limit);
}

Value CnnBuilder::add(const Twine &path, Value lhs, Value rhs) {
  return AddOp::create(builder, at(path), lhs.getType(), lhs, rhs);
}

template <typename PoolOp>
Value CnnBuilder::pool(const Twine &path, Value input,
                       std::array<int64_t, 2> window,
                       const ConvGeometry &geometry) {
  return PoolOp::create(
      builder, at(path),
      slidType(input, window, geometry, shapeOf(input).back()), input,
      builder.getDenseI64ArrayAttr(window),
      builder.getDenseI64ArrayAttr(geometry.strides), paddingOf(geometry));
}

Value CnnBuilder::maxPool(const Twine &path, Value input,
                          std::array<int64_t, 2> window,
                          const ConvGeometry &geometry) {
  return pool<MaxPoolOp>(path, input, window, geometry);
}

Value CnnBuilder::averagePool(const Twine &path, Value input,
                              std::array<int64_t, 2> window,
                              const ConvGeometry &geometry) {
  return pool<AveragePoolOp>(path, input, window, geometry);
}

Value CnnBuilder::globalAveragePool(const Twine &path, Value input) {
  return GlobalAveragePoolOp::create(
      builder, at(path), type({shapeOf(input)[0], shapeOf(input)[3]}), input);
}

Value CnnBuilder::shortcut(const Twine &path, Value input, int64_t stride,
                           int64_t channels) {
  ArrayRef<int64_t> shape = shapeOf(input);
  auto strided = [&](int64_t length) { return (length + stride - 1) / stride; };
  return ShortcutOp::create(
      builder, at(path),
      type({shape[0], strided(shape[1]), strided(shape[2]), channels}), input,
      builder.getI64IntegerAttr(stride),
      builder.getI64IntegerAttr((channels - shape[3]) / 2));
}

Value CnnBuilder::linear(const Twine &path, Value input,
                         const Parameter &weight, const Parameter *bias) {
  assert(weight.shape.size() == 2);
  Value matrix = createFloatConstant(builder, at(path + ".weight"),
                                     weight.shape, weight.values);
  Value offsets = bias ? vector(path + ".bias", *bias) : Value();
  SmallVector<int64_t> shape(shapeOf(input));
  shape.back() = weight.shape[0];
  return LinearOp::create(builder, at(path), type(shape), input, matrix,
                          offsets);
}

Expected<OwningOpRef<ModuleOp>> CnnBuilder::finish(Value logits) {
  func::ReturnOp::create(builder, at("forward"), logits);
  function.setFunctionType(
      builder.getFunctionType(function.getArgumentTypes(), logits.getType()));
  std::string wrong;
  ScopedDiagnosticHandler handler(
      builder.getContext(), [&](Diagnostic &diagnostic) {
        if (wrong.empty())
          wrong = (modulePath(diagnostic.getLocation()) + ": ").str() +
                  diagnostic.str();
        return success();
      });
  if (failed(verify(*module)))
    return makeError("holds layers that do not fit together: " + wrong);
  return std::move(module);
}

} // namespace deit::importer
