// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a user may say about a checkpoint that it does not say itself.

#ifndef DEIT_IMPORTER_IMPORTOPTIONS_H
#define DEIT_IMPORTER_IMPORTOPTIONS_H

#include "llvm/ADT/StringRef.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace deit::importer {

/// Options of importCheckpoint; what is absent comes from the checkpoint, or
/// from timm's defaults. One that contradicts a tensor's shape is an error.
struct ImportOptions {
  /// The symbol name of the MLIR module.
  std::optional<std::string> name;
  /// Attention heads of every block; default: width / 64.
  std::optional<int64_t> heads;
  /// Of every LayerNorm; default: 1e-6.
  std::optional<double> epsilon;
  /// Of red, green and blue, where pixels are in [0, 1]; default: ImageNet's.
  std::optional<std::array<float, 3>> mean;
  std::optional<std::array<float, 3>> deviation;
  /// Height and width of the image; default: a square.
  std::optional<std::array<int64_t, 2>> imageSize;
  /// Whether images of another size are resized bilinearly, not bicubically;
  /// default: bilinearly for programs of torch.export, else bicubically.
  std::optional<bool> bilinear;
  /// Is told, in sentences, which of several models was taken, what was left
  /// out of it and which defaults were assumed, if any.
  std::function<void(llvm::StringRef)> note;
};

} // namespace deit::importer

#endif // DEIT_IMPORTER_IMPORTOPTIONS_H
