// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A trained model as a file holds it: tensors by module path, and attributes.

#ifndef DEIT_IMPORTER_CHECKPOINT_H
#define DEIT_IMPORTER_CHECKPOINT_H

#include "importer/Datum.h"
#include "importer/Tensor.h"

#include "llvm/ADT/MapVector.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace deit::importer {

/// One module of a pickled model.
struct Module {
  /// "timm.models.vision_transformer.Attention".
  std::string className;
  /// The dictionary of its attributes.
  const Datum *state = nullptr;
};

/// What a checkpoint holds.
struct Checkpoint {
  Checkpoint() = default;
  Checkpoint(Checkpoint &&) = default;
  Checkpoint &operator=(Checkpoint &&) = default;

  /// Parameters and buffers by path, "blocks.3.mlp.fc1.weight", in file order.
  llvm::MapVector<std::string, Tensor, std::map<std::string, unsigned>> tensors;

  /// Entries of a state_dict that are no tensors, by path.
  std::vector<std::string> others;

  /// The modules by path (the model itself is "") if the file holds a whole
  /// pickled model; empty for a state_dict.
  llvm::MapVector<std::string, Module, std::map<std::string, unsigned>> modules;

  /// What the file holds as a whole: the model, or a dictionary around it. Null
  /// where that cannot be more than tensors.
  const Datum *root = nullptr;

  /// Sentences on what was chosen where the file left a choice.
  std::vector<std::string> notes;

  /// The attribute `name` of the module `path`, or null.
  const Datum *attribute(llvm::StringRef path, llvm::StringRef name) const;

  /// What the tensors and attributes point into.
  std::vector<std::shared_ptr<const void>> owners;
};

/// Reads the checkpoint in the file `path`, whichever format it is of: what
/// torch.save wrote (a zip archive, or the legacy stream of before 1.6) or
/// safetensors. It may be a whole model, a state_dict, or a dictionary that
/// holds either under "model", "state_dict" or a like name; of several the most
/// likely is chosen, with a note. Tensors' bytes stay in the file until they
/// are read. Nothing in the file is executed.
llvm::Expected<Checkpoint> readCheckpoint(llvm::StringRef path);

} // namespace deit::importer

#endif // DEIT_IMPORTER_CHECKPOINT_H
