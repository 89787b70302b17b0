// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the import of exported programs: graph and state_dict to deit IR.

#include "importer/ExportedProgram.h"

#include "deit/Support/FileIO.h"
#include "importer/CnnBuilder.h"
#include "importer/ExportedGraph.h"
#include "importer/Readers.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

namespace deit::importer {
namespace {

constexpr llvm::StringLiteral kGraphName = "serialized_exported_program.json";
constexpr llvm::StringLiteral kStateName = "serialized_state_dict.pt";

/// What a name in the graph stands for: one of the three, or none.
struct Known {
  Value activation;                           ///< features or rows
  std::shared_ptr<const Parameter> parameter; ///< computed from constants
  std::string stored;                         ///< a key of the state_dict
};

/// Builds one program, node by node.
class ProgramImporter {
public:
  ProgramImporter(MLIRContext &context, const ExportedGraph &graph,
                  const Checkpoint &state, const ImportOptions &options)
      : builder(context), graph(graph), state(state), options(options) {}

  Expected<OwningOpRef<ModuleOp>> run(StringRef name);

private:
  using Handler = Known (ProgramImporter::*)(const GraphNode &);
  using Ints = llvm::SmallVector<int64_t, 4>;

  static Handler handlerOf(StringRef target);
  void visit(const GraphNode &node);
  Known fail(const GraphNode &node, const Twine &message);
  Known unsupported(const GraphNode &node, const Twine &what);
  Error complaint() const;
  void tell() const;
  Error begin(StringRef name);

  const Known *operand(const GraphNode &node, StringRef input);
  Value activation(const GraphNode &node, StringRef input, int64_t rank);
  std::shared_ptr<const Parameter> parameter(const GraphNode &node,
                                             StringRef input, size_t rank);
  std::shared_ptr<const Parameter> readStored(const GraphNode &node,
                                              StringRef key, bool integers);
  std::optional<std::array<int64_t, 2>> pair(const GraphNode &node,
                                             StringRef input, int64_t least,
                                             std::array<int64_t, 2> missing);
  std::string pathOf(const GraphNode &node) const;

  Known quantize(const GraphNode &node);
  Known dequantize(const GraphNode &node);
  Known dequantizeChannels(const GraphNode &node);
  Known scaled(const GraphNode &node, StringRef key,
               llvm::function_ref<float(float code, size_t index)> valueOf);
  Known convolution(const GraphNode &node);
  Known batchNorm(const GraphNode &node);
  Known relu(const GraphNode &node);
  Known hardtanh(const GraphNode &node);
  Known add(const GraphNode &node);
  Known mean(const GraphNode &node);
  Known adaptivePool(const GraphNode &node);
  Known pool(const GraphNode &node);
  Known flatten(const GraphNode &node);
  Known dropout(const GraphNode &node);
  Known transpose(const GraphNode &node);
  Known linear(const GraphNode &node);
  Known addmm(const GraphNode &node);
  Known dense(const GraphNode &node, Value input,
              std::shared_ptr<const Parameter> weight,
              std::shared_ptr<const Parameter> bias);

  CnnBuilder builder;
  const ExportedGraph &graph;
  const Checkpoint &state;
  const ImportOptions &options;
  llvm::StringMap<Known> known;
  /// What is not supported, with how often it occurs.
  std::map<std::string, unsigned> missing;
  std::string failure;
  unsigned roundings = 0;
};

} // namespace

//===----------------------------------------------------------------------===//
// Complaints
//===----------------------------------------------------------------------===//

/// Keeps the first failure.
Known ProgramImporter::fail(const GraphNode &node, const Twine &message) {
  if (failure.empty())
    failure = ("node " + quoted(node.outputs.empty() ? "" : node.outputs[0]) +
               " (" + quoted(node.target) + ") " + message)
                  .str();
  return {};
}

Known ProgramImporter::unsupported(const GraphNode &node, const Twine &what) {
  ++missing[node.target + what.str()];
  return {};
}

/// Everything that is not supported, or what else is wrong.
Error ProgramImporter::complaint() const {
  if (missing.empty())
    return failure.empty() ? Error::success() : makeError(failure);
  std::vector<std::string> each;
  each.reserve(missing.size());
  for (const auto &[what, count] : missing)
    each.push_back(what +
                   (count > 1 ? " (" + std::to_string(count) + " times)" : ""));
  return makeError("cannot be imported because of: " + llvm::join(each, ", ") +
                   "; supported are convolution, batch normalization, ReLU and "
                   "ReLU6, addition, pooling, dropout and linear layers, and "
                   "the quantization of PT2E");
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// What the tensor argument `input` stands for; null after a complaint.
const Known *ProgramImporter::operand(const GraphNode &node, StringRef input) {
  std::optional<std::string> name = node.tensor(input);
  auto found = name ? known.find(*name) : known.end();
  if (found != known.end())
    return &found->second;
  // What a node that is not supported makes is unknown, and no news.
  if (missing.empty())
    fail(node, name ? "takes " + quoted(*name) + ", which nothing makes"
                    : "has no tensor " + quoted(input));
  return nullptr;
}

/// The activation that is the argument `input`, of `rank` unless that is 0.
Value ProgramImporter::activation(const GraphNode &node, StringRef input,
                                  int64_t rank) {
  const Known *found = operand(node, input);
  if (!found)
    return {};
  if (!found->activation) {
    unsupported(node, " of constants");
    return {};
  }
  int64_t held = CnnBuilder::shapeOf(found->activation).size();
  if (rank && held != rank) {
    fail(node, "takes a tensor of " + Twine(held) + " dimensions, " +
                   Twine(rank) + " are expected");
    return {};
  }
  return found->activation;
}

std::shared_ptr<const Parameter>
ProgramImporter::readStored(const GraphNode &node, StringRef key,
                            bool integers) {
  auto entry = state.tensors.find(key.str());
  if (entry == state.tensors.end()) {
    fail(node, "needs the tensor " + quoted(key) +
                   ", which the state_dict does not hold");
    return nullptr;
  }
  const Tensor &tensor = entry->second;
  auto values = integers ? tensor.readIntegers() : tensor.readFloats();
  if (!values) {
    fail(node, "cannot read tensor " + quoted(key) + ": it " +
                   llvm::toString(values.takeError()));
    return nullptr;
  }
  if (!llvm::all_of(*values, [](float x) { return std::isfinite(x); })) {
    fail(node, "needs the tensor " + quoted(key) +
                   ", which holds values that are infinite or not a number");
    return nullptr;
  }
  return std::make_shared<Parameter>(
      Parameter{tensor.shape().vec(), std::move(*values)});
}

/// The constant that is the argument `input`, which must have `rank`
/// dimensions; null after a complaint.
std::shared_ptr<const Parameter>
ProgramImporter::parameter(const GraphNode &node, StringRef input,
                           size_t rank) {
  const Known *found = operand(node, input);
  if (!found)
    return nullptr;
  if (found->activation) {
    unsupported(node, " with a computed " + input);
    return nullptr;
  }
  auto result = found->parameter
                    ? found->parameter
                    : readStored(node, found->stored, /*integers=*/false);
  if (result && result->shape.size() != rank) {
    fail(node, "has the " + input + " " + shapeString(result->shape) + ", " +
                   Twine(rank) + " dimensions are expected");
    return nullptr;
  }
  return result;
}

/// Two numbers from `least` to 1024, of which one stands for both; `missing`
/// where there are none.
std::optional<std::array<int64_t, 2>>
ProgramImporter::pair(const GraphNode &node, StringRef input, int64_t least,
                      std::array<int64_t, 2> missing) {
  std::optional<Ints> numbers = node.integers(input);
  if (!numbers || numbers->empty())
    return missing;
  std::array<int64_t, 2> result = {numbers->front(), numbers->back()};
  for (int64_t number : result)
    if (numbers->size() > 2 || number < least || number > 1024) {
      unsupported(node, " with " + input + " " + shapeString(*numbers));
      return std::nullopt;
    }
  return result;
}

/// The module's path; what the model itself computes is called as in the graph.
std::string ProgramImporter::pathOf(const GraphNode &node) const {
  return node.path.empty() ? node.outputs[0] : node.path;
}

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

Known ProgramImporter::transpose(const GraphNode &node) {
  auto matrix = parameter(node, "self", 2);
  if (!matrix)
    return {};
  int64_t rows = matrix->shape[0], columns = matrix->shape[1];
  auto result = std::make_shared<Parameter>(
      Parameter{{columns, rows}, std::vector<float>(matrix->values.size())});
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      result->values[column * rows + row] =
          matrix->values[row * columns + column];
  return {{}, result, ""};
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
  Parameter weight = {{matrix->shape[1], matrix->shape[0]},
                      std::vector<float>(matrix->values.size())};
  for (int64_t n = 0; n < weight.shape[0]; ++n)
    for (int64_t k = 0; k < weight.shape[1]; ++k)
      weight.values[n * weight.shape[1] + k] =
          matrix->values[k * weight.shape[0] + n];
  return dense(node, input, std::make_shared<Parameter>(std::move(weight)),
               bias);
}

//===----------------------------------------------------------------------===//
// The program
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

void ProgramImporter::visit(const GraphNode &node) {
  if (node.outputs.empty() || node.outputs[0].empty()) {
    unsupported(node, " without a tensor as its result");
    return;
  }
  Handler handler = handlerOf(node.target);
  if (!handler) {
    unsupported(node, "");
    return;
  }
  Known result = (this->*handler)(node);
  if (result.activation || result.parameter || !result.stored.empty())
    known[node.outputs[0]] = std::move(result);
}

/// Begins the function with the graph's image.
Error ProgramImporter::begin(StringRef name) {
  ArrayRef<int64_t> shape = graph.imageShape;
  if (shape.size() != 4 || shape[0] != 1 || shape[1] != 3)
    return makeError("takes a tensor " + shapeString(shape) +
                     ", one image [1, 3, height, width] is expected; export "
                     "the model with an example of that shape");
  std::array<int64_t, 2> size = {shape[2], shape[3]};
  if (options.imageSize && *options.imageSize != size)
    return makeError("takes images of " + Twine(size[0]) + "x" +
                     Twine(size[1]) +
                     ", not what --image-size says; leave it "
                     "out");
  if (options.heads || options.epsilon)
    return makeError("is a program of torch.export, to which --" +
                     Twine(options.heads ? "heads" : "epsilon") +
                     " does not apply; leave it out");
  auto pixels = builder.begin(name, size, options);
  if (!pixels)
    return pixels.takeError();
  known[graph.image].activation = *pixels;
  for (const auto &[parameter, key] : graph.parameters)
    known[parameter].stored = key;
  return Error::success();
}

/// Tells what was left out and what was assumed.
void ProgramImporter::tell() const {
  if (!options.note)
    return;
  if (roundings)
    options.note("left out: the rounding of activations, at " +
                 std::to_string(roundings) + " places");
  std::vector<StringRef> assumed;
  if (!options.mean)
    assumed.push_back("--mean=0.485,0.456,0.406");
  if (!options.deviation)
    assumed.push_back("--std=0.229,0.224,0.225");
  if (!options.bilinear)
    assumed.push_back("--resize=bilinear");
  if (!assumed.empty())
    options.note("the checkpoint does not tell, so this is assumed: " +
                 llvm::join(assumed, " "));
}

Expected<OwningOpRef<ModuleOp>> ProgramImporter::run(StringRef name) {
  if (Error error = begin(name))
    return std::move(error);
  for (const GraphNode &node : graph.nodes)
    if (failure.empty())
      visit(node);
  if (Error error = complaint())
    return std::move(error);
  auto logits = known.find(graph.result);
  if (logits == known.end() || !logits->second.activation ||
      CnnBuilder::shapeOf(logits->second.activation).size() != 2)
    return makeError("has the result " + quoted(graph.result) +
                     ", which is no row of logits");
  auto module = builder.finish(logits->second.activation);
  if (module)
    tell();
  return module;
}

bool isExportedProgram(StringRef path) {
  if (path == "-")
    return false;
  auto archive = Archive::open(path);
  if (!archive) {
    llvm::consumeError(archive.takeError());
    return false;
  }
  return (*archive)->contains(kGraphName);
}

/// Reads the archive's state_dict.
static Expected<Checkpoint> readState(const Archive &archive) {
  Expected<std::string> bytes = archive.read(kStateName);
  if (!bytes)
    return bytes.takeError();
  auto inner = Archive::openBytes(std::move(*bytes));
  if (!inner)
    return prefixError(quoted(kStateName) + " ", inner.takeError());
  auto state = readTorchZip(std::move(*inner));
  if (!state)
    return prefixError(quoted(kStateName) + " ", state.takeError());
  return state;
}

static Expected<OwningOpRef<ModuleOp>>
importArchive(MLIRContext &context, StringRef path, StringRef name,
              const ImportOptions &options) {
  auto archive = Archive::open(path);
  if (!archive)
    return archive.takeError();
  Expected<std::string> text = (*archive)->read(kGraphName);
  if (!text)
    return text.takeError();
  auto graph = readExportedGraph(*text);
  if (!graph)
    return graph.takeError();
  auto state = readState(**archive);
  if (!state)
    return state.takeError();
  return ProgramImporter(context, **graph, *state, options).run(name);
}

Expected<OwningOpRef<ModuleOp>>
importExportedProgram(MLIRContext &context, StringRef path, StringRef name,
                      const ImportOptions &options) {
  auto module = importArchive(context, path, name, options);
  if (!module)
    return prefixError(path + ": ", module.takeError());
  return module;
}

} // namespace deit::importer
