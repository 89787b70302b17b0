// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the naming of features that are not supported.

#include "importer/ViTFeatures.h"

#include "deit/Support/FileIO.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using llvm::StringRef;
using llvm::Twine;

namespace deit::importer {

void ViTFeatures::add(StringRef feature, const Twine &example) {
  features.try_emplace(feature.str(), example.str());
}

void ViTFeatures::addUnknown(const Twine &example) {
  constexpr size_t shown = 4;
  if (++unknownCount <= shown)
    unknown.push_back(example.str());
}

/// "'x' is missing, and 3 more", or "".
std::string ViTFeatures::describeMissing() const {
  if (missing.empty())
    return "";
  return "tensor " + quoted(missing[0]) + " is missing" +
         (missing.size() > 1
              ? ", and " + std::to_string(missing.size() - 1) + " more"
              : "");
}

/// "gated MLP, register tokens; for example 'blocks.0.mlp.w12.weight'
/// [3072, 384], 'reg_token' [1, 4, 384]".
std::string ViTFeatures::describe() const {
  std::vector<std::string> names, examples;
  for (const auto &[feature, example] : features) {
    names.push_back(feature);
    examples.push_back(example);
  }
  if (unknownCount != 0)
    names.push_back(unknownCount == 1
                        ? "an entry that has no place in the model"
                        : std::to_string(unknownCount) +
                              " entries that have no place in the model");
  llvm::append_range(examples, unknown);
  return llvm::join(names, ", ") + "; for example " +
         llvm::join(examples, ", ") +
         (unknownCount > unknown.size() ? ", ..." : "");
}

llvm::Error ViTFeatures::error() const {
  std::vector<std::string> parts;
  if (!features.empty() || unknownCount != 0)
    parts.push_back("cannot be imported because of: " + describe());
  if (features.empty() && !missing.empty())
    parts.push_back(describeMissing());
  if (parts.empty())
    return llvm::Error::success();
  parts.push_back(supportedModels.str());
  return makeError(llvm::join(parts, "; "));
}

namespace {

/// A part of a path and the feature that it tells.
struct Clue {
  llvm::StringLiteral part;
  llvm::StringLiteral feature;
};

constexpr Clue featureClues[] = {
    {"dist_token", "distillation token"},
    {"head_dist", "distillation token"},
    {"reg_token", "register tokens"},
    {"register_tokens", "register tokens"},
    {"q_norm", "normalized queries and keys"},
    {"k_norm", "normalized queries and keys"},
    {"attn.norm", "normalization within the attention"},
    {"mlp.norm", "normalization within the MLP"},
    {"attn.logit_scale", "cosine attention"},
    {"attn.q_proj", "separate queries, keys and values"},
    {"attn.k_proj", "separate queries, keys and values"},
    {"attn.v_proj", "separate queries, keys and values"},
    {"attn.q", "separate queries, keys and values"},
    {"attn.kv", "separate queries, keys and values"},
    {"attn.q_bias", "biases of queries and values alone"},
    {"attn.v_bias", "biases of queries and values alone"},
    {"attn.proj_l", "talking heads"},
    {"attn.proj_w", "talking heads"},
    {"attn_pool", "attention pooling"},
    {"blocks_token_only", "class attention"},
    {"cls_attn_blocks", "class attention"},
    {"attns", "parallel blocks"},
    {"ffns", "parallel blocks"},
    {"in_proj", "parallel blocks"},
    {"fc_norm", "average pooling"},
    {"norm_pre", "normalization before the blocks"},
    {"pre_logits", "representation layer before the head"},
    {"fc1_g", "gated MLP"},
    {"fc1_x", "gated MLP"},
    {"w12", "gated MLP"},
    {"w1", "gated MLP"},
    {"w2", "gated MLP"},
    {"w3", "gated MLP"},
    {"rope", "rotary positions"},
    {"patch_embed.norm", "normalized patches"},
    {"patch_embed.backbone", "convolutional patch embedding"},
    {"patch_embed.proj.0", "convolutional patch embedding"},
    {"patch_embed.conv", "convolutional patch embedding"},
    {"running_mean", "batch normalization"},
    {"running_var", "batch normalization"},
    {"num_batches_tracked", "batch normalization"},
    {"weight_mask", "pruning masks"},
    {"weight_orig", "pruning masks"},
    {"parametrizations", "parametrized weights"},
    {"_packed_params", "quantized weights"},
    {"zero_point", "quantized weights"},
    {"lora_A", "LoRA adapters"},
    {"lora_B", "LoRA adapters"},
    {"head", "another kind of head"},
};

} // namespace

bool hasPart(StringRef path, StringRef part) {
  return StringRef(("." + path + ".").str()).contains(("." + part + ".").str());
}

StringRef knownFeature(StringRef path) {
  for (const Clue &clue : featureClues)
    if (hasPart(path, clue.part))
      return clue.feature;
  if (path.contains("relative_position") || path.contains("rel_pos"))
    return "relative positions";
  return "";
}

bool isForTraining(StringRef path) {
  StringRef first = path.split('.').first;
  return first.starts_with("criterion") || first.starts_with("loss") ||
         first.contains("metric") || first == "n_averaged" ||
         path.rsplit('.').second == "mask_token" || path == "mask_token";
}

} // namespace deit::importer
