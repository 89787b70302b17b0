// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recognizes timm's vision transformers (ViT, DeiT, DeiT-III) in checkpoints.

#ifndef DEIT_IMPORTER_VIT_H
#define DEIT_IMPORTER_VIT_H

#include "importer/Checkpoint.h"
#include "importer/ImportOptions.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace deit::importer {

/// One transformer block.
struct ViTBlock {
  /// Its module path without the model's prefix, "blocks.3".
  std::string path;
  int64_t heads = 0;
  /// The channels between fc1 and fc2.
  int64_t hidden = 0;
  /// What queries are multiplied by, usually 1/sqrt(head channels).
  double queryScale = 0;
  double epsilon1 = 0;
  double epsilon2 = 0;
  /// The tensors of LayerScale after attention and after the MLP, or empty.
  std::string layerScale1;
  std::string layerScale2;
};

/// What of a vision transformer is not in its tensors' values.
struct ViT {
  /// A word for the architecture, or empty if the file has none.
  std::string name;
  /// Stands before every module path in the file, "module.", or is empty.
  std::string prefix;
  int64_t imageHeight = 0;
  int64_t imageWidth = 0;
  int64_t patchHeight = 0;
  int64_t patchWidth = 0;
  int64_t width = 0;
  int64_t classes = 0;
  /// As many names, or none.
  std::vector<std::string> classNames;
  /// Whether the position embedding covers the class token too (DeiT-III's
  /// does not).
  bool classTokenHasPosition = false;
  double epsilon = 0;
  std::array<float, 3> mean = {};
  std::array<float, 3> deviation = {};
  std::vector<ViTBlock> blocks;

  int64_t patches() const {
    return (imageHeight / patchHeight) * (imageWidth / patchWidth);
  }
};

/// The vision transformer that `checkpoint` holds. Every tensor has been found
/// to have a place in it and the shape it should have there. What shapes
/// cannot tell comes from `options`, else from the pickled modules'
/// attributes, else from timm's defaults, of which `options.note` is told. One
/// error lists everything that is not supported; or it names what is missing or
/// contradictory.
llvm::Expected<ViT> recognizeViT(const Checkpoint &checkpoint,
                                 const ImportOptions &options);

} // namespace deit::importer

#endif // DEIT_IMPORTER_VIT_H
