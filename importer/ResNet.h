// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recognizes and builds the residual networks of He et al. for CIFAR.

#ifndef DEIT_IMPORTER_RESNET_H
#define DEIT_IMPORTER_RESNET_H

#include "deit/Support/LLVM.h"
#include "importer/Checkpoint.h"
#include "importer/ImportOptions.h"
#include "mlir/IR/OwningOpRef.h"

namespace deit::importer {

/// Whether `checkpoint` is a state_dict with the three stages of a residual
/// network for CIFAR (ResNet-20, -32, -44, -56, -110 and the like).
bool isResNet(const Checkpoint &checkpoint);

/// The module `name` of such a network, of depth 6 n + 2 with n blocks a stage,
/// whose shortcuts have no parameters (option A of the paper, section 4.2).
/// An error lists everything that has no place in it, or names the tensor that
/// is missing or has a wrong shape.
Expected<OwningOpRef<ModuleOp>> buildResNet(MLIRContext &context,
                                            StringRef name,
                                            const Checkpoint &checkpoint,
                                            const ImportOptions &options);

} // namespace deit::importer

#endif // DEIT_IMPORTER_RESNET_H
