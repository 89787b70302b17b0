// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names what a checkpoint has that a plain vision transformer does not.

#ifndef DEIT_IMPORTER_VITFEATURES_H
#define DEIT_IMPORTER_VITFEATURES_H

#include "importer/Checkpoint.h"

#include "llvm/ADT/Twine.h"

#include <map>
#include <string>
#include <vector>

namespace deit::importer {

/// What can be imported, the end of every error on what cannot.
constexpr llvm::StringLiteral supportedModels =
    "supported are timm's vision transformers (ViT, DeiT, DeiT-III) with a "
    "class token";

/// The list of all that is not supported in one model, each feature with the
/// first example of it. It is in alphabetical order, so that it does not depend
/// on the file's.
class ViTFeatures {
public:
  /// Adds `feature`, "register tokens", unless it is listed, with an example
  /// of where it is, "'reg_token' [1, 4, 384]".
  void add(llvm::StringRef feature, const llvm::Twine &example);

  /// Adds a tensor or module that is of no known feature.
  void addUnknown(const llvm::Twine &example);

  bool empty() const { return features.empty() && unknownCount == 0; }
  bool hasKnown() const { return !features.empty(); }

  /// "gated MLP, register tokens; for example 'blocks.0.mlp.w12.weight'
  /// [3072, 384], 'reg_token' [1, 4, 384]": features, then examples, in one
  /// order.
  std::string describe() const;

private:
  std::map<std::string, std::string> features;
  std::vector<std::string> unknown;
  size_t unknownCount = 0;
};

/// Whether the components `part`, "attn.norm", occur in `path` one after the
/// other.
bool hasPart(llvm::StringRef path, llvm::StringRef part);

/// The feature that the tensor or module `path` is known to belong to, or "".
llvm::StringRef knownFeature(llvm::StringRef path);

/// Whether only training uses the tensor `path`: a loss, a counter.
bool isForTraining(llvm::StringRef path);

} // namespace deit::importer

#endif // DEIT_IMPORTER_VITFEATURES_H
