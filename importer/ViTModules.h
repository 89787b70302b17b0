// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checks that a pickled model's modules compute what a plain ViT computes.

#ifndef DEIT_IMPORTER_VITMODULES_H
#define DEIT_IMPORTER_VITMODULES_H

#include "importer/Checkpoint.h"

namespace deit::importer {

/// An error if the modules of `checkpoint` (none, if it is a state_dict) are of
/// classes, or have attributes, that mean another function than the tensors
/// suggest: another activation, pooling, convolution. The model itself is at
/// `prefix`, which is empty or ends with a dot.
llvm::Error checkViTModules(const Checkpoint &checkpoint,
                            llvm::StringRef prefix);

} // namespace deit::importer

#endif // DEIT_IMPORTER_VITMODULES_H
