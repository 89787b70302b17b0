// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checks that a pickled model's modules compute what a plain ViT computes.

#ifndef DEIT_IMPORTER_VITMODULES_H
#define DEIT_IMPORTER_VITMODULES_H

#include "importer/ViTFeatures.h"

namespace deit::importer {

/// Adds to `features` where the modules of `checkpoint` (none, if it is a
/// state_dict) are of classes, or have attributes, that mean another function
/// than the tensors suggest: another activation, pooling, convolution. The
/// model itself is at `prefix`, which is empty or ends with a dot.
void findModuleFeatures(const Checkpoint &checkpoint, llvm::StringRef prefix,
                        ViTFeatures &features);

} // namespace deit::importer

#endif // DEIT_IMPORTER_VITMODULES_H
