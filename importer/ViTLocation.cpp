// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the search for the vision transformer in a checkpoint.

#include "importer/ViTLocation.h"

#include "deit/Support/FileIO.h"
#include "importer/ViTFeatures.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace deit::importer {
namespace {

/// A part of a path, and the architecture that it tells.
struct Clue {
  llvm::StringLiteral part;
  llvm::StringLiteral architecture;
};

constexpr Clue clues[] = {
    {"relative_position_bias_table", "a Swin transformer"},
    {"embeddings.patch_embeddings", "a model of Hugging Face's transformers"},
    {"encoder.layers.encoder_layer_0", "torchvision's vision transformer"},
    {"transformer.resblocks", "a model of CLIP"},
    {"layer1.0.conv1", "a ResNet"},
    {"features.0.0", "a MobileNet or EfficientNet"},
    {"conv_stem", "a MobileNet or EfficientNet"},
    {"stages.0", "a network of stages, such as ConvNeXt"},
};

/// What a checkpoint looks like that is no vision transformer of timm's:
/// "a ResNet", or "".
StringRef knownArchitecture(const Checkpoint &checkpoint) {
  for (const Clue &clue : clues)
    for (const auto &[name, tensor] : checkpoint.tensors)
      if (hasPart(name, clue.part))
        return clue.architecture;
  return "";
}

/// "'conv1.weight' [16, 3, 3, 3], ...": the first of a checkpoint's tensors.
std::string listTensors(const Checkpoint &checkpoint) {
  std::vector<std::string> names;
  for (const auto &[name, tensor] : checkpoint.tensors)
    if (names.size() < 4)
      names.push_back(quoted(name) + " " + shapeString(tensor.shape()));
  return llvm::join(names, ", ") +
         (checkpoint.tensors.size() > names.size() ? ", ..." : "");
}

/// What stands before the tensors of that name, where blocks stand beside them.
std::vector<std::string> candidates(const Checkpoint &checkpoint,
                                    StringRef anchor) {
  llvm::StringSet<> withBlocks;
  for (const auto &[name, tensor] : checkpoint.tensors)
    if (size_t at = StringRef(name).find("blocks.0."); at != StringRef::npos)
      withBlocks.insert(StringRef(name).take_front(at));
  std::vector<std::string> found;
  for (const auto &[name, tensor] : checkpoint.tensors)
    if (StringRef prefix = name; prefix.consume_back(anchor) &&
                                 (prefix.empty() || prefix.ends_with(".")) &&
                                 withBlocks.contains(prefix))
      found.push_back(prefix.str());
  return found;
}

/// Whether the model under `prefix` follows the one that is trained.
bool isFollower(StringRef prefix) {
  for (StringRef word : {"ema", "teacher", "averaged"})
    if (prefix.contains(word))
      return true;
  return false;
}

/// Takes the one prefix, or the one that is not of a follower.
Expected<ViTLocation> choose(const std::vector<std::string> &found) {
  ViTLocation location;
  std::vector<std::string> leaders;
  for (const std::string &prefix : found)
    (found.size() > 1 && isFollower(prefix) ? location.others : leaders)
        .push_back(prefix);
  if (leaders.size() != 1)
    return makeError("holds several models, under " + quoted(found[0]) +
                     " and " + quoted(found[1]) +
                     "; save the one that is wanted alone");
  location.prefix = leaders[0];
  return location;
}

/// What the file holds instead of a model.
Error noVisionTransformer(const Checkpoint &checkpoint, bool hasEmbedding) {
  std::string className;
  if (auto root = checkpoint.modules.find(""); root != checkpoint.modules.end())
    className = "a " + root->second.className + " with ";
  StringRef architecture = knownArchitecture(checkpoint);
  return makeError(
      "is no vision transformer of timm's" +
      (architecture.empty() ? "" : ", it looks like " + architecture) +
      ": there is no " +
      quoted(hasEmbedding ? "blocks.0" : "patch_embed.proj.weight") +
      "; the file holds " + className + Twine(checkpoint.tensors.size()) +
      " tensors, " + listTensors(checkpoint) + "; " + supportedModels);
}

} // namespace

Expected<ViTLocation> locateViT(const Checkpoint &checkpoint) {
  for (StringRef anchor : {"patch_embed.proj.weight", "pos_embed", "cls_token"})
    if (auto found = candidates(checkpoint, anchor); !found.empty())
      return choose(found);
  bool hasEmbedding = llvm::any_of(checkpoint.tensors, [](const auto &entry) {
    return StringRef(entry.first).ends_with("patch_embed.proj.weight");
  });
  return noVisionTransformer(checkpoint, hasEmbedding);
}

} // namespace deit::importer
