// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds where in a checkpoint the vision transformer is.

#ifndef DEIT_IMPORTER_VITLOCATION_H
#define DEIT_IMPORTER_VITLOCATION_H

#include "importer/Checkpoint.h"

#include <string>
#include <vector>

namespace deit::importer {

/// Where the model is.
struct ViTLocation {
  /// Stands before every module path, "module.", or is empty.
  std::string prefix;
  /// The same of averaged models and teachers beside it, not to be imported.
  std::vector<std::string> others;
};

/// Where the vision transformer in `checkpoint` is. An error says what is there
/// instead, or that there are several of which none is first.
llvm::Expected<ViTLocation> locateViT(const Checkpoint &checkpoint);

} // namespace deit::importer

#endif // DEIT_IMPORTER_VITLOCATION_H
