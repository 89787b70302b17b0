// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the recognition of vision transformers: tensors and geometry.

#include "importer/ViT.h"
#include "importer/ClassNames.h"

#include "deit/Support/FileIO.h"
#include "importer/ViTLocation.h"
#include "importer/ViTModules.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <map>
#include <set>

using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace deit::importer {
namespace {

/// Gathers a ViT from a checkpoint, claiming its tensors one by one. What is
/// not supported, missing or wrong is noted down and makes later steps
/// harmless, so that one error can list all of it.
class Recognizer {
public:
  Recognizer(const Checkpoint &checkpoint, const ImportOptions &options)
      : checkpoint(checkpoint), options(options) {}

  Expected<ViT> run();

private:
  using Shape = llvm::SmallVector<int64_t, 4>;

  /// Keeps the first failure.
  void fail(const Twine &message) {
    if (failure.empty())
      failure = message.str();
  }
  /// Remembers a default that was taken, as the option that overrides it.
  void assume(const Twine &option) { assumed.push_back(option.str()); }

  const Tensor *find(StringRef path) const;
  Shape claim(const Twine &path, ArrayRef<int64_t> expected,
              StringRef featureIfMissing = "");
  void claimOptional(const Twine &path, ArrayRef<int64_t> expected);
  void claimLinear(const Twine &path, int64_t outputs, int64_t inputs);
  void claimNorm(const Twine &path);
  std::string claimLayerScale(const std::string &block, int index);

  const Datum *attribute(const Twine &path, StringRef name) const;
  const Datum *config(StringRef key) const;

  void claimEmbedding();
  int64_t countBlocks() const;
  void checkGate(const std::string &mlp);
  void claimBlock(int64_t index);
  void claimHead();
  std::optional<std::array<int64_t, 2>>
  statedImageSize(int64_t positions) const;
  void takeImageSize();
  void takePositions();
  void takeHeads(ViTBlock &block);
  double epsilonOf(const Twine &path);
  std::array<float, 3>
  takeColours(const std::optional<std::array<float, 3>> &option, StringRef key,
              std::array<float, 3> imageNet);
  void takeNormalization();
  bool isLeftOut(StringRef name);
  void checkLeftovers();
  void tell() const;

  const Checkpoint &checkpoint;
  const ImportOptions &options;
  ViT vit;
  ViTFeatures features;
  std::string failure;
  llvm::StringSet<> claimed;
  /// Prefixes of other models in the file.
  std::vector<std::string> otherModels;
  std::vector<std::string> leftOut;
  std::vector<std::string> assumed;
  bool assumedEpsilon = false;
};

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

const Tensor *Recognizer::find(StringRef path) const {
  auto found = checkpoint.tensors.find(vit.prefix + path.str());
  return found == checkpoint.tensors.end() ? nullptr : &found->second;
}

/// Claims the tensor `path`, which must exist and have the shape `expected`,
/// where -1 stands for any size. Returns the shape; after a failure, ones. If
/// its lack is that of a known feature, it is listed as that.
Recognizer::Shape Recognizer::claim(const Twine &path,
                                    ArrayRef<int64_t> expected,
                                    StringRef featureIfMissing) {
  std::string name = path.str();
  const Tensor *tensor = find(name);
  Shape harmless(expected.size(), 1);
  if (!tensor) {
    if (featureIfMissing.empty())
      features.addMissing(vit.prefix + name);
    else
      features.add(featureIfMissing,
                   "the lack of " + quoted(vit.prefix + name));
    return harmless;
  }
  claimed.insert(vit.prefix + name);
  ArrayRef<int64_t> shape = tensor->shape();
  bool fits = shape.size() == expected.size();
  for (size_t i = 0; fits && i < shape.size(); ++i)
    fits = shape[i] > 0 && (expected[i] == -1 || shape[i] == expected[i]);
  if (!fits) {
    std::string wanted = shapeString(expected);
    for (size_t at; (at = wanted.find("-1")) != std::string::npos;)
      wanted.replace(at, 2, "?");
    fail("tensor " + quoted(vit.prefix + name) + " has the shape " +
         shapeString(shape) + ", expected " + wanted);
    return harmless;
  }
  return Shape(shape);
}

void Recognizer::claimOptional(const Twine &path, ArrayRef<int64_t> expected) {
  if (find(path.str()))
    claim(path, expected);
}

void Recognizer::claimLinear(const Twine &path, int64_t outputs,
                             int64_t inputs) {
  claim(path + ".weight", {outputs, inputs});
  claimOptional(path + ".bias", {outputs});
}

void Recognizer::claimNorm(const Twine &path) {
  claim(path + ".weight", {vit.width});
  claim(path + ".bias", {vit.width});
}

/// timm's name is ls1.gamma, that of DeiT-III's first publication gamma_1.
std::string Recognizer::claimLayerScale(const std::string &block, int index) {
  for (const std::string &path :
       {block + ".ls" + std::to_string(index) + ".gamma",
        block + ".gamma_" + std::to_string(index)}) {
    if (!find(path))
      continue;
    claim(path, {vit.width});
    return path;
  }
  return "";
}

void Recognizer::claimEmbedding() {
  Shape weight = claim("patch_embed.proj.weight", {-1, 3, -1, -1});
  vit.width = weight[0];
  vit.patchHeight = weight[2];
  vit.patchWidth = weight[3];
  claimOptional("patch_embed.proj.bias", {vit.width});
  claim("cls_token", {1, 1, vit.width}, "no class token");
}

/// How many blocks there are, none of them left out.
int64_t Recognizer::countBlocks() const {
  std::set<int64_t> indices;
  for (const auto &[name, tensor] : checkpoint.tensors) {
    int64_t index;
    StringRef path = name;
    if (path.consume_front(vit.prefix) && path.consume_front("blocks.") &&
        !path.consumeInteger(10, index))
      indices.insert(index);
  }
  int64_t count = 0;
  for (int64_t index : indices)
    count += index == count;
  return count;
}

/// A gated MLP, where it is not told by names, halves what fc1 makes.
void Recognizer::checkGate(const std::string &mlp) {
  const Tensor *first = find(mlp + ".fc1.weight");
  const Tensor *second = find(mlp + ".fc2.weight");
  if (!first || !second || first->shape().size() != 2 ||
      second->shape().size() != 2 ||
      first->shape()[0] != 2 * second->shape()[1])
    return;
  features.add("gated MLP", quoted(vit.prefix + mlp + ".fc1.weight") + " " +
                                shapeString(first->shape()));
}

void Recognizer::claimBlock(int64_t index) {
  ViTBlock block;
  block.path = "blocks." + std::to_string(index);
  claimNorm(block.path + ".norm1");
  claimLinear(block.path + ".attn.qkv", 3 * vit.width, vit.width);
  claimLinear(block.path + ".attn.proj", vit.width, vit.width);
  block.layerScale1 = claimLayerScale(block.path, 1);
  claimNorm(block.path + ".norm2");
  checkGate(block.path + ".mlp");
  block.hidden = claim(block.path + ".mlp.fc1.weight", {-1, vit.width})[0];
  claimOptional(block.path + ".mlp.fc1.bias", {block.hidden});
  claimLinear(block.path + ".mlp.fc2", vit.width, block.hidden);
  block.layerScale2 = claimLayerScale(block.path, 2);
  takeHeads(block);
  block.epsilon1 = epsilonOf(block.path + ".norm1");
  block.epsilon2 = epsilonOf(block.path + ".norm2");
  vit.blocks.push_back(std::move(block));
}

void Recognizer::claimHead() {
  claimNorm("norm");
  vit.epsilon = epsilonOf("norm");
  // A head of other tensors is a feature of its own, told by them.
  bool hasOther = llvm::any_of(checkpoint.tensors, [&](const auto &entry) {
    return StringRef(entry.first).starts_with(vit.prefix + "head.");
  });
  vit.classes = claim("head.weight", {-1, vit.width},
                      hasOther ? "" : "no classification head")[0];
  claimOptional("head.bias", {vit.classes});
}

/// Whether the entry `name` is no part of what the model computes: it is of
/// another model or serves training alone. It is noted down.
bool Recognizer::isLeftOut(StringRef name) {
  StringRef path = name;
  path.consume_front(vit.prefix);
  bool isOther = llvm::any_of(otherModels, [&](const std::string &prefix) {
    return name.starts_with(prefix);
  });
  if (!isOther && !isForTraining(path))
    return false;
  leftOut.push_back(name.str());
  return true;
}

/// Nothing in the file may be left out of the model unsaid.
void Recognizer::checkLeftovers() {
  auto add = [&](StringRef name, const Twine &what) {
    if (claimed.contains(name) || isLeftOut(name))
      return;
    std::string example = quoted(name) + " " + what.str();
    if (StringRef feature = knownFeature(name); !feature.empty())
      features.add(feature, example);
    else
      features.addUnknown(example);
  };
  std::map<StringRef, std::string> entries;
  for (const auto &[name, tensor] : checkpoint.tensors)
    entries.emplace(name, shapeString(tensor.shape()));
  for (const std::string &name : checkpoint.others)
    entries.emplace(name, "that is no tensor");
  for (const auto &[name, what] : entries)
    add(name, what);
}

//===----------------------------------------------------------------------===//
// What shapes do not tell
//===----------------------------------------------------------------------===//

const Datum *Recognizer::attribute(const Twine &path, StringRef name) const {
  std::string module = vit.prefix + path.str();
  StringRef trimmed = module;
  trimmed.consume_back(".");
  return checkpoint.attribute(trimmed, name);
}

/// An entry of the model's pretrained_cfg, by its newer or older name.
const Datum *Recognizer::config(StringRef key) const {
  for (StringRef name : {"pretrained_cfg", "default_cfg"})
    if (const Datum *dict = attribute("", name)) {
      // It may be an object with attributes instead of a dictionary.
      const Datum *entries = dict->isDict() ? dict : dict->state;
      const Datum *value = entries ? entries->find(key) : nullptr;
      if (value && !value->isNone())
        return value;
    }
  return nullptr;
}

/// The side of a square of `area`, or 0.
int64_t squareRoot(int64_t area) {
  int64_t side = std::llround(std::sqrt(static_cast<double>(area)));
  return side * side == area ? side : 0;
}

/// The last two of `sizes`, in [1, 65536], or nullopt.
std::optional<std::array<int64_t, 2>> imageSizeIn(const Datum *sizes) {
  auto numbers = sizes ? sizes->asInts() : std::nullopt;
  if (!numbers || numbers->size() < 2)
    return std::nullopt;
  int64_t height = (*numbers)[numbers->size() - 2], width = numbers->back();
  if (height < 1 || height > 65536 || width < 1 || width > 65536)
    return std::nullopt;
  return std::array<int64_t, 2>{height, width};
}

/// The size that the file states. The configuration's is the published
/// model's and may be out of date; it counts if the positions agree.
std::optional<std::array<int64_t, 2>>
Recognizer::statedImageSize(int64_t positions) const {
  if (auto size = imageSizeIn(attribute("patch_embed", "img_size")))
    return size;
  auto size = imageSizeIn(config("input_size"));
  if (!size)
    return std::nullopt;
  int64_t patches =
      ((*size)[0] / vit.patchHeight) * ((*size)[1] / vit.patchWidth);
  bool agrees = positions == patches || positions == patches + 1;
  return agrees ? size : std::nullopt;
}

/// Settles the image's size from the option, the file, or the number of
/// positions if they are a square's.
void Recognizer::takeImageSize() {
  const Tensor *positions = find("pos_embed");
  if (!positions || positions->shape().size() != 3)
    return; // takePositions reports it.
  int64_t count = positions->shape()[1];
  auto size = options.imageSize ? options.imageSize : statedImageSize(count);
  if (size) {
    vit.imageHeight = (*size)[0];
    vit.imageWidth = (*size)[1];
    return;
  }
  int64_t side = squareRoot(count - 1);
  if (side == 0)
    side = squareRoot(count);
  if (side == 0)
    return fail("the " + Twine(count) +
                " positions of 'pos_embed' are no square grid; give "
                "--image-size=HEIGHTxWIDTH");
  vit.imageHeight = side * vit.patchHeight;
  vit.imageWidth = side * vit.patchWidth;
  assume("--image-size=" + Twine(vit.imageHeight) + "x" +
         Twine(vit.imageWidth));
}

void Recognizer::takePositions() {
  takeImageSize();
  int64_t count =
      claim("pos_embed", {1, -1, vit.width}, "no position embedding")[1];
  if (!failure.empty() || !find("pos_embed"))
    return;
  std::string image =
      (Twine(vit.imageHeight) + "x" + Twine(vit.imageWidth)).str();
  std::string patch =
      (Twine(vit.patchHeight) + "x" + Twine(vit.patchWidth)).str();
  if (vit.imageHeight <= 0 || vit.imageWidth <= 0 || vit.imageHeight > 65536 ||
      vit.imageWidth > 65536 || vit.imageHeight % vit.patchHeight != 0 ||
      vit.imageWidth % vit.patchWidth != 0)
    return fail("an image of " + image + " cannot be cut into patches of " +
                patch);
  if (count != vit.patches() && count != vit.patches() + 1)
    return fail("an image of " + image + " has " + Twine(vit.patches()) +
                " patches of " + patch + ", 'pos_embed' has " + Twine(count) +
                " positions; expected " + Twine(vit.patches()) + " or " +
                Twine(vit.patches() + 1));
  vit.classTokenHasPosition = count == vit.patches() + 1;
}

void Recognizer::takeHeads(ViTBlock &block) {
  const Datum *heads = attribute(block.path + ".attn", "num_heads");
  std::optional<int64_t> stated = heads ? heads->asInt() : std::nullopt;
  if (stated && options.heads && *stated != *options.heads)
    return fail("--heads=" + Twine(*options.heads) + " contradicts '" +
                block.path + ".attn', which has " + Twine(*stated) +
                " heads in the file");
  if (!stated)
    stated = options.heads;
  if (!stated && vit.width % 64 == 0) {
    stated = vit.width / 64;
    if (vit.blocks.empty())
      assume("--heads=" + Twine(*stated));
  }
  if (!stated)
    return fail("the file does not tell the number of attention heads, and " +
                Twine(vit.width) +
                " channels are no multiple of 64; give --heads");
  if (*stated <= 0 || vit.width % *stated != 0)
    return fail(Twine(*stated) + " attention heads cannot share " +
                Twine(vit.width) + " channels evenly");
  block.heads = *stated;
  // As Python computes it, to the last bit: head_dim ** -0.5.
  const Datum *scale = attribute(block.path + ".attn", "scale");
  block.queryScale = scale && scale->asFloat()
                         ? *scale->asFloat()
                         : std::pow(double(vit.width) / block.heads, -0.5);
  if (!std::isfinite(block.queryScale) || block.queryScale <= 0)
    fail("the scale of '" + block.path + ".attn' cannot be " +
         llvm::formatv("{0:e3}", block.queryScale).str());
}

double Recognizer::epsilonOf(const Twine &path) {
  const Datum *stated = attribute(path, "eps");
  double epsilon = 1e-6;
  if (options.epsilon) {
    epsilon = *options.epsilon;
  } else if (stated && stated->asFloat()) {
    epsilon = *stated->asFloat();
  } else if (!assumedEpsilon) {
    assume("--epsilon=1e-6");
    assumedEpsilon = true;
  }
  if (!(epsilon >= 0) || !std::isfinite(epsilon))
    fail("the epsilon of LayerNorm cannot be " +
         llvm::formatv("{0:e3}", epsilon).str());
  return epsilon;
}

std::array<float, 3>
Recognizer::takeColours(const std::optional<std::array<float, 3>> &option,
                        StringRef key, std::array<float, 3> imageNet) {
  if (option)
    return *option;
  const Datum *stated = config(key);
  auto numbers = stated ? stated->asFloats() : std::nullopt;
  if (numbers && numbers->size() == 3)
    return {float((*numbers)[0]), float((*numbers)[1]), float((*numbers)[2])};
  assume(llvm::formatv("--{0}={1:f3},{2:f3},{3:f3}", key, imageNet[0],
                       imageNet[1], imageNet[2])
             .str());
  return imageNet;
}

void Recognizer::takeNormalization() {
  vit.mean = takeColours(options.mean, "mean", {0.485f, 0.456f, 0.406f});
  vit.deviation =
      takeColours(options.deviation, "std", {0.229f, 0.224f, 0.225f});
  for (int i = 0; i < 3; ++i)
    if (!std::isfinite(vit.mean[i]) || !std::isfinite(vit.deviation[i]) ||
        vit.deviation[i] <= 0)
      fail(llvm::formatv("the pixels cannot have mean {0:e3} and std {1:e3}",
                         vit.mean[i], vit.deviation[i])
               .str());
}

Expected<ViT> Recognizer::run() {
  auto location = locateViT(checkpoint);
  if (!location)
    return location.takeError();
  vit.prefix = std::move(location->prefix);
  otherModels = std::move(location->others);
  findModuleFeatures(checkpoint, vit.prefix, features);
  claimEmbedding();
  takePositions();
  for (int64_t i = 0, count = countBlocks(); i < count; ++i)
    claimBlock(i);
  claimHead();
  takeNormalization();
  checkLeftovers();
  // A feature explains a size that does not fit, not the other way round.
  if (Error error = features.error())
    return std::move(error);
  if (!failure.empty())
    return makeError(failure);
  if (const Datum *name = config("architecture"))
    vit.name = name->asString().value_or("").str();
  vit.classNames = findClassNames(checkpoint, StringRef(vit.prefix).rtrim('.'),
                                  config("label_names"), vit.classes);
  tell();
  return vit;
}

/// Tells what was left out and what was assumed.
void Recognizer::tell() const {
  if (!options.note)
    return;
  if (!leftOut.empty())
    options.note("left out, for it is of another model or serves training "
                 "alone: " +
                 quoted(leftOut[0]) +
                 (leftOut.size() > 1
                      ? " and " + std::to_string(leftOut.size() - 1) + " more"
                      : ""));
  if (!assumed.empty())
    options.note("the checkpoint does not tell, so this is assumed: " +
                 llvm::join(assumed, " "));
}

} // namespace

Expected<ViT> recognizeViT(const Checkpoint &checkpoint,
                           const ImportOptions &options) {
  return Recognizer(checkpoint, options).run();
}

} // namespace deit::importer
