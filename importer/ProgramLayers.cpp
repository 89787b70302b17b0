// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the nodes of exported programs: rounding, layers, shapes.

#include "deit/Support/FileIO.h"
#include "importer/ProgramImporter.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

namespace deit::importer {

//===----------------------------------------------------------------------===//
// Quantization
//===----------------------------------------------------------------------===//

/// Rounding is left to this compiler.
Known ProgramImporter::quantize(const GraphNode &node) {
  const Known *found = operand(node, "input");
  if (!found)
    return {};
  roundings += found->activation != nullptr;
  return *found;
}

/// The tensor `key` with each code replaced.
Known ProgramImporter::scaled(
    const GraphNode &node, StringRef key,
    llvm::function_ref<float(float code, size_t index)> valueOf) {
  auto codes = readStored(node, key, /*integers=*/true);
  if (!codes)
    return {};
  auto result = std::make_shared<Parameter>(*codes);
  for (auto [i, value] : llvm::enumerate(result->values)) {
    value = valueOf(value, i);
    if (!std::isfinite(value))
      return fail(node, "makes values that are infinite or not a number");
  }
  return {{}, result, ""};
}

Known ProgramImporter::dequantize(const GraphNode &node) {
  const Known *found = operand(node, "input");
  if (!found || found->stored.empty())
    return found ? *found : Known();
  std::optional<double> scale = node.number("scale");
  std::optional<int64_t> zeroPoint = node.integer("zero_point");
  if (!scale || !zeroPoint)
    return fail(node, "has no scale or zero point");
  auto valueOf = [&](float code, size_t) {
    return (code - static_cast<float>(*zeroPoint)) * static_cast<float>(*scale);
  };
  return scaled(node, found->stored, valueOf);
}

Known ProgramImporter::dequantizeChannels(const GraphNode &node) {
  const Known *found = operand(node, "input");
  if (!found || found->stored.empty())
    return found ? *found : Known();
  std::string key = found->stored;
  const Known *zeros = operand(node, "zero_points");
  auto scales = parameter(node, "scales", 1);
  auto entry = state.tensors.find(key);
  if (!scales || !zeros || zeros->stored.empty() ||
      entry == state.tensors.end())
    return fail(node, "has no scales or zero points");
  auto offsets = readStored(node, zeros->stored, /*integers=*/true);
  ArrayRef<int64_t> shape = entry->second.shape();
  int64_t axis = node.integer("axis").value_or(-1);
  if (!offsets || axis < 0 || axis >= int64_t(shape.size()) ||
      int64_t(scales->values.size()) != shape[axis] ||
      offsets->values.size() != scales->values.size())
    return fail(node, "has scales that do not fit the tensor " + quoted(key));
  size_t inner = 1;
  for (int64_t length : shape.drop_front(axis + 1))
    inner *= length;
  auto valueOf = [&](float code, size_t i) {
    size_t index = i / inner % shape[axis];
    return (code - offsets->values[index]) * scales->values[index];
  };
  return scaled(node, key, valueOf);
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

Known ProgramImporter::convolution(const GraphNode &node) {
  Value input = activation(node, "input", 4);
  auto weight = parameter(node, "weight", 4);
  bool hasBias = node.tensor("bias").has_value();
  auto bias = hasBias ? parameter(node, "bias", 1) : nullptr;
  if (hasBias && !bias)
    return {};
  auto strides = pair(node, "stride", 1, {1, 1});
  auto padding = pair(node, "padding", 0, {0, 0});
  auto dilation = pair(node, "dilation", 1, {1, 1});
  if (!input || !weight || !strides || !padding || !dilation)
    return {};
  if (*dilation != std::array<int64_t, 2>{1, 1})
    return unsupported(node, " with dilation");
  if (node.boolean("transposed").value_or(false))
    return unsupported(node, " transposed");
  if (weight->values.empty())
    return fail(node, "has an empty weight");
  Value result =
      builder.conv2d(pathOf(node), input, *weight, bias.get(),
                     {*strides, *padding, node.integer("groups").value_or(1)});
  return {result, nullptr, ""};
}

Known ProgramImporter::batchNorm(const GraphNode &node) {
  Value input = activation(node, "input", 4);
  auto gamma = parameter(node, "weight", 1), beta = parameter(node, "bias", 1);
  auto mean = parameter(node, "running_mean", 1);
  auto variance = parameter(node, "running_var", 1);
  std::optional<double> epsilon = node.number("eps");
  if (!input || !gamma || !beta || !mean || !variance)
    return {};
  if (!epsilon || !(*epsilon >= 0))
    return fail(node, "has no epsilon");
  return {builder.batchNorm(pathOf(node), input, *gamma, *beta, *mean,
                            *variance, *epsilon),
          nullptr, ""};
}

Known ProgramImporter::relu(const GraphNode &node) {
  Value input = activation(node, "self", 0);
  if (!input)
    return {};
  return {builder.relu(pathOf(node), input, INFINITY), nullptr, ""};
}

Known ProgramImporter::hardtanh(const GraphNode &node) {
  Value input = activation(node, "self", 0);
  double low = node.number("min_val").value_or(-1);
  double high = node.number("max_val").value_or(1);
  if (!input)
    return {};
  if (low != 0 || !(high > 0) || !std::isfinite(high))
    return unsupported(node,
                       llvm::formatv(" from {0} to {1}", low, high).str());
  return {builder.relu(pathOf(node), input, high), nullptr, ""};
}

Known ProgramImporter::add(const GraphNode &node) {
  Value lhs = activation(node, "self", 0), rhs = activation(node, "other", 0);
  if (!lhs || !rhs)
    return {};
  if (node.number("alpha").value_or(1) != 1)
    return unsupported(node, " with alpha");
  if (lhs.getType() != rhs.getType())
    return unsupported(node, " of tensors of different shape");
  std::string path = node.path.empty() ? node.outputs[0] : node.path + ".add";
  return {builder.add(path, lhs, rhs), nullptr, ""};
}

Known ProgramImporter::mean(const GraphNode &node) {
  Value input = activation(node, "self", 4);
  Ints dims = node.integers("dim").value_or(Ints());
  for (int64_t &dim : dims)
    dim += dim < 0 ? 4 : 0;
  llvm::sort(dims);
  if (!input)
    return {};
  if (dims != Ints({2, 3}))
    return unsupported(node, " other than over height and width");
  return {builder.globalAveragePool(pathOf(node), input), nullptr, ""};
}

Known ProgramImporter::adaptivePool(const GraphNode &node) {
  Value input = activation(node, "self", 4);
  if (!input)
    return {};
  if (node.integers("output_size").value_or(Ints()) != Ints({1, 1}))
    return unsupported(node, " to another size than 1x1");
  return {builder.globalAveragePool(pathOf(node), input), nullptr, ""};
}

Known ProgramImporter::pool(const GraphNode &node) {
  Value input = activation(node, "self", 4);
  auto window = pair(node, "kernel_size", 1, {1, 1});
  if (!input || !window)
    return {};
  auto strides = pair(node, "stride", 1, *window);
  auto padding = pair(node, "padding", 0, {0, 0});
  auto dilation = pair(node, "dilation", 1, {1, 1});
  if (!strides || !padding || !dilation)
    return {};
  bool isMax = StringRef(node.target).starts_with("aten.max_pool2d");
  bool isPadded = *padding != std::array<int64_t, 2>{0, 0};
  if (*dilation != std::array<int64_t, 2>{1, 1} ||
      node.boolean("ceil_mode").value_or(false) ||
      node.integer("divisor_override") ||
      (!isMax && isPadded && !node.boolean("count_include_pad").value_or(true)))
    return unsupported(node, " with dilation, ceil_mode, divisor_override or "
                             "without count_include_pad");
  ConvGeometry geometry = {*strides, *padding, 1};
  Value result =
      isMax ? builder.maxPool(pathOf(node), input, *window, geometry)
            : builder.averagePool(pathOf(node), input, *window, geometry);
  return {result, nullptr, ""};
}

/// Means of channels are [1, channels] from the start; nothing else is cut
/// down to rows, for the order of its values would change.
Known ProgramImporter::flatten(const GraphNode &node) {
  Value input = activation(node, "self", 0);
  if (!input)
    return {};
  ArrayRef<int64_t> shape = CnnBuilder::shapeOf(input);
  if (shape.size() != 2)
    return unsupported(node, " of features");
  if (std::optional<Ints> size = node.integers("size"))
    if (size->size() != 2 || ((*size)[0] != shape[0] && (*size)[0] != -1) ||
        ((*size)[1] != shape[1] && (*size)[1] != -1))
      return unsupported(node, " to " + shapeString(*size));
  return {input, nullptr, ""};
}

/// Nothing is dropped after training.
Known ProgramImporter::dropout(const GraphNode &node) {
  const Known *found = operand(node, "input");
  return found ? *found : Known();
}

static std::shared_ptr<const Parameter> transposed(const Parameter &matrix) {
  int64_t rows = matrix.shape[0], columns = matrix.shape[1];
  auto result = std::make_shared<Parameter>(
      Parameter{{columns, rows}, std::vector<float>(matrix.values.size())});
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      result->values[column * rows + row] =
          matrix.values[row * columns + column];
  return result;
}

Known ProgramImporter::transpose(const GraphNode &node) {
  auto matrix = parameter(node, "self", 2);
  if (!matrix)
    return {};
  return {{}, transposed(*matrix), ""};
}

Known ProgramImporter::dense(const GraphNode &node, Value input,
                             std::shared_ptr<const Parameter> weight,
                             std::shared_ptr<const Parameter> bias) {
  if (weight->values.empty())
    return fail(node, "has an empty weight");
  return {builder.linear(pathOf(node), input, *weight, bias.get()), nullptr,
          ""};
}

Known ProgramImporter::linear(const GraphNode &node) {
  Value input = activation(node, "input", 2);
  auto weight = parameter(node, "weight", 2);
  bool hasBias = node.tensor("bias").has_value();
  auto bias = hasBias ? parameter(node, "bias", 1) : nullptr;
  if (hasBias && !bias)
    return {};
  if (!input || !weight)
    return {};
  return dense(node, input, weight, bias);
}

/// bias + input * weight^T, where the graph holds weight^T.
Known ProgramImporter::addmm(const GraphNode &node) {
  auto bias = parameter(node, "self", 1);
  Value input = activation(node, "mat1", 2);
  auto matrix = parameter(node, "mat2", 2);
  if (!bias || !input || !matrix)
    return {};
  if (node.number("alpha").value_or(1) != 1 ||
      node.number("beta").value_or(1) != 1)
    return unsupported(node, " with alpha or beta");
  return dense(node, input, transposed(*matrix), bias);
}

//===----------------------------------------------------------------------===//
// Which is which
//===----------------------------------------------------------------------===//

ProgramImporter::Handler ProgramImporter::handlerOf(StringRef target) {
  using P = ProgramImporter;
  static const llvm::StringMap<Handler> handlers = {
      {"quantized_decomposed.quantize_per_tensor.default", &P::quantize},
      {"quantized_decomposed.quantize_per_channel.default", &P::quantize},
      {"quantized_decomposed.dequantize_per_tensor.default", &P::dequantize},
      {"quantized_decomposed.dequantize_per_channel.default",
       &P::dequantizeChannels},
      {"aten.convolution.default", &P::convolution},
      {"aten.conv2d.default", &P::convolution},
      {"aten._native_batch_norm_legit_no_training.default", &P::batchNorm},
      {"aten.relu.default", &P::relu},
      {"aten.relu_.default", &P::relu},
      {"aten.hardtanh.default", &P::hardtanh},
      {"aten.hardtanh_.default", &P::hardtanh},
      {"aten.add.Tensor", &P::add},
      {"aten.add_.Tensor", &P::add},
      {"aten.mean.dim", &P::mean},
      {"aten.adaptive_avg_pool2d.default", &P::adaptivePool},
      {"aten.max_pool2d.default", &P::pool},
      {"aten.avg_pool2d.default", &P::pool},
      {"aten.view.default", &P::flatten},
      {"aten.reshape.default", &P::flatten},
      {"aten.flatten.using_ints", &P::flatten},
      {"aten.native_dropout.default", &P::dropout},
      {"aten.dropout.default", &P::dropout},
      {"aten.t.default", &P::transpose},
      {"aten.linear.default", &P::linear},
      {"aten.addmm.default", &P::addmm}};
  return handlers.lookup(target);
}

} // namespace deit::importer
