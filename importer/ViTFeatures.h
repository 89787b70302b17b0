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

/// The list of all that is not supported in one model, each feature with an
/// example. It is in alphabetical order, so that it does not depend on the
/// file's.
class ViTFeatures {
public:
  /// Adds `feature`, "register tokens", unless it is listed, with an example
  /// of where it is, "'reg_token' [1, 4, 384]".
  void add(llvm::StringRef feature, const llvm::Twine &example);

  /// Adds a tensor that is of no known feature.
  void addUnknown(const llvm::Twine &example);

  /// Adds the path of a tensor that should be there.
  void addMissing(std::string path) { missing.push_back(std::move(path)); }

  /// One error with all of it, and with what is supported, if there is
  /// anything: features, then examples in the same order. Known features
  /// explain what is missing, so that is said only where there are none.
  llvm::Error error() const;

private:
  std::string describeMissing() const;
  std::string describe() const;

  std::map<std::string, std::string> features;
  std::vector<std::string> unknown;
  size_t unknownCount = 0;
  std::vector<std::string> missing;
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
