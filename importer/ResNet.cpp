// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the import of residual networks for CIFAR.

#include "importer/ResNet.h"

#include "deit/Support/FileIO.h"
#include "importer/CnnBuilder.h"

#include "llvm/ADT/StringExtras.h"

#include <cmath>
#include <set>

namespace deit::importer {
namespace {

/// Of every batch normalization, as PyTorch's default.
constexpr double kEpsilon = 1e-5;

constexpr llvm::StringLiteral kSupported =
    "supported are residual networks for CIFAR, with three stages of blocks of "
    "two 3x3 convolutions and shortcuts without parameters";

/// What stands before "layer1.0.conv1.weight", or nullopt.
std::optional<std::string> findPrefix(const Checkpoint &checkpoint) {
  for (const auto &[name, tensor] : checkpoint.tensors) {
    StringRef prefix = name;
    if (prefix.consume_back("layer1.0.conv1.weight") &&
        (prefix.empty() || prefix.ends_with(".")))
      return prefix.str();
  }
  return std::nullopt;
}

/// Builds one network, claiming its tensors one by one. Once something has
/// failed, layers hand on their operand and nothing more is built.
class ResNetImporter {
public:
  ResNetImporter(MLIRContext &context, const Checkpoint &checkpoint,
                 const ImportOptions &options)
      : builder(context), checkpoint(checkpoint), options(options),
        prefix(*findPrefix(checkpoint)) {}

  Expected<OwningOpRef<ModuleOp>> run(StringRef name);

private:
  void fail(const Twine &message) {
    if (failure.empty())
      failure = message.str();
  }
  const Tensor *find(const Twine &path) const;
  Parameter claim(const Twine &path, ArrayRef<int64_t> shape);
  Value conv3x3(const Twine &path, Value input, int64_t outputs,
                int64_t stride);
  Value batchNorm(const Twine &path, Value input);
  Value block(const std::string &path, Value input, int64_t outputs,
              int64_t stride);
  Value stage(int number, Value input);
  Value classifier(Value input);
  int64_t countBlocks(int stage) const;
  int64_t outputsOf(const Twine &path);
  Error checkOptions() const;
  Error checkUnclaimed() const;
  void tell() const;

  CnnBuilder builder;
  const Checkpoint &checkpoint;
  const ImportOptions &options;
  std::string prefix;
  std::set<std::string> claimed;
  std::string failure;
};

} // namespace

const Tensor *ResNetImporter::find(const Twine &path) const {
  auto found = checkpoint.tensors.find(prefix + path.str());
  return found == checkpoint.tensors.end() ? nullptr : &found->second;
}

/// The tensor `path`, which must have `shape`; nothing after a failure.
Parameter ResNetImporter::claim(const Twine &path, ArrayRef<int64_t> shape) {
  std::string name = prefix + path.str();
  claimed.insert(name);
  const Tensor *tensor = find(path);
  if (!tensor)
    fail("tensor " + quoted(name) + " is missing");
  else if (tensor->shape() != shape)
    fail("tensor " + quoted(name) + " has shape " +
         shapeString(tensor->shape()) + ", " + shapeString(shape) +
         " is expected");
  if (!failure.empty())
    return {};
  Expected<std::vector<float>> values = tensor->readFloats();
  if (!values) {
    fail("tensor " + quoted(name) + " " + llvm::toString(values.takeError()));
    return {};
  }
  if (!llvm::all_of(*values, [](float x) { return std::isfinite(x); }))
    fail("tensor " + quoted(name) +
         " holds values that are infinite or not a number");
  return {shape.vec(), std::move(*values)};
}

/// The first dimension of the tensor `path`; 1 after a failure.
int64_t ResNetImporter::outputsOf(const Twine &path) {
  const Tensor *tensor = find(path);
  if (tensor && !tensor->shape().empty() && tensor->shape()[0] > 0)
    return tensor->shape()[0];
  fail("tensor " + quoted(prefix + path.str()) +
       (tensor ? " is empty" : " is missing"));
  return 1;
}

Value ResNetImporter::conv3x3(const Twine &path, Value input, int64_t outputs,
                              int64_t stride) {
  int64_t channels = CnnBuilder::shapeOf(input).back();
  Parameter weight = claim(path + ".weight", {outputs, channels, 3, 3});
  if (!failure.empty())
    return input;
  return builder.conv2d(path, input, weight, nullptr,
                        {{stride, stride}, {1, 1}, 1});
}

Value ResNetImporter::batchNorm(const Twine &path, Value input) {
  int64_t channels = CnnBuilder::shapeOf(input).back();
  Parameter gamma = claim(path + ".weight", {channels});
  Parameter beta = claim(path + ".bias", {channels});
  Parameter mean = claim(path + ".running_mean", {channels});
  Parameter variance = claim(path + ".running_var", {channels});
  for (float each : variance.values)
    if (!(each >= 0))
      fail("tensor " + quoted(prefix + path.str() + ".running_var") +
           " holds a negative variance");
  claimed.insert(prefix + path.str() + ".num_batches_tracked");
  if (!failure.empty())
    return input;
  return builder.batchNorm(path, input, gamma, beta, mean, variance, kEpsilon);
}

/// relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x))
Value ResNetImporter::block(const std::string &path, Value input,
                            int64_t outputs, int64_t stride) {
  Value branch = conv3x3(path + ".conv1", input, outputs, stride);
  branch =
      builder.relu(path + ".relu1", batchNorm(path + ".bn1", branch), INFINITY);
  branch = batchNorm(path + ".bn2", conv3x3(path + ".conv2", branch, outputs,
                                            /*stride=*/1));
  int64_t channels = CnnBuilder::shapeOf(input).back();
  if (!failure.empty())
    return input;
  if (outputs < channels || (outputs - channels) % 2 != 0)
    fail("the shortcut of " + quoted(prefix + path) + " cannot pad " +
         Twine(channels) + " channels evenly to " + Twine(outputs));
  else if (stride != 1 || outputs != channels)
    input = builder.shortcut(path + ".shortcut", input, stride, outputs);
  if (!failure.empty())
    return input;
  Value sum = builder.add(path + ".add", branch, input);
  return builder.relu(path + ".relu2", sum, INFINITY);
}

int64_t ResNetImporter::countBlocks(int stage) const {
  int64_t count = 0;
  while (find("layer" + Twine(stage) + "." + Twine(count) + ".conv1.weight"))
    ++count;
  return count;
}

/// A stage after the first halves height and width in its first block.
Value ResNetImporter::stage(int number, Value input) {
  std::string path = "layer" + std::to_string(number);
  int64_t count = countBlocks(number);
  if (count != countBlocks(1))
    fail("stage " + quoted(prefix + path) + " has " + Twine(count) +
         " blocks, the first stage " + Twine(countBlocks(1)));
  for (int64_t i = 0; i < count && failure.empty(); ++i) {
    std::string name = path + "." + std::to_string(i);
    input = block(name, input, outputsOf(name + ".conv1.weight"),
                  number > 1 && i == 0 ? 2 : 1);
  }
  return input;
}

Value ResNetImporter::classifier(Value input) {
  if (!failure.empty())
    return input;
  std::string path = find("linear.weight") ? "linear" : "fc";
  Value pooled = builder.globalAveragePool("pool", input);
  int64_t classes = outputsOf(path + ".weight");
  Parameter weight =
      claim(path + ".weight", {classes, CnnBuilder::shapeOf(pooled).back()});
  Parameter bias = claim(path + ".bias", {classes});
  if (!failure.empty())
    return input;
  return builder.linear(path, pooled, weight, &bias);
}

/// Fails on options that mean nothing for such a network.
Error ResNetImporter::checkOptions() const {
  if (options.heads || options.epsilon)
    return makeError("is a residual network, to which --" +
                     Twine(options.heads ? "heads" : "epsilon") +
                     " does not apply; leave it out");
  return Error::success();
}

/// Fails on tensors that have no place in the network.
Error ResNetImporter::checkUnclaimed() const {
  std::vector<std::string> unknown;
  for (const auto &[name, tensor] : checkpoint.tensors)
    if (!claimed.count(name))
      unknown.push_back(quoted(name) + " " + shapeString(tensor.shape()));
  if (unknown.empty())
    return Error::success();
  size_t count = unknown.size();
  unknown.resize(std::min<size_t>(count, 4));
  return makeError("is a residual network with " + Twine(count) +
                   (count == 1 ? " tensor" : " tensors") +
                   " that have no place in it: " + llvm::join(unknown, ", ") +
                   (count > 4 ? ", ..." : "") + "; " + kSupported);
}

/// Tells what was assumed.
void ResNetImporter::tell() const {
  std::vector<StringRef> assumed;
  if (!options.imageSize)
    assumed.push_back("--image-size=32");
  if (!options.mean)
    assumed.push_back("--mean=0.485,0.456,0.406");
  if (!options.deviation)
    assumed.push_back("--std=0.229,0.224,0.225");
  if (options.note && !assumed.empty())
    options.note("the checkpoint does not tell, so this is assumed: " +
                 llvm::join(assumed, " "));
}

Expected<OwningOpRef<ModuleOp>> ResNetImporter::run(StringRef name) {
  if (Error error = checkOptions())
    return std::move(error);
  auto pixels = builder.begin(
      name, options.imageSize.value_or(std::array<int64_t, 2>{32, 32}),
      options);
  if (!pixels)
    return pixels.takeError();
  Value stem =
      conv3x3("conv1", *pixels, outputsOf("conv1.weight"), /*stride=*/1);
  Value features = builder.relu("relu", batchNorm("bn1", stem), INFINITY);
  for (int number : {1, 2, 3})
    features = stage(number, features);
  Value logits = classifier(features);
  if (!failure.empty())
    return makeError(failure + "; " + kSupported);
  if (Error error = checkUnclaimed())
    return std::move(error);
  auto module = builder.finish(logits);
  if (module)
    tell();
  return module;
}

bool isResNet(const Checkpoint &checkpoint) {
  std::optional<std::string> prefix = findPrefix(checkpoint);
  auto has = [&](StringRef path) {
    return checkpoint.tensors.count(*prefix + path.str()) != 0;
  };
  if (!checkpoint.modules.empty() || !prefix || !has("conv1.weight") ||
      !has("bn1.running_mean") || !has("layer3.0.conv1.weight"))
    return false;
  return !has("layer4.0.conv1.weight");
}

Expected<OwningOpRef<ModuleOp>> buildResNet(MLIRContext &context,
                                            StringRef name,
                                            const Checkpoint &checkpoint,
                                            const ImportOptions &options) {
  return ResNetImporter(context, checkpoint, options).run(name);
}

} // namespace deit::importer
