// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Builds the deit IR of a recognized vision transformer.

#ifndef DEIT_IMPORTER_VITBUILDER_H
#define DEIT_IMPORTER_VITBUILDER_H

#include "deit/Support/LLVM.h"
#include "importer/ViT.h"
#include "mlir/IR/OwningOpRef.h"

namespace deit::importer {

/// A module called `name` with one function,
/// `@forward(tensor<1xHxWx3xui8>) -> tensor<1xCxf32>`. Operations are located
/// at their module's path, constants at their tensor's; the steps of attention
/// and the sums, which are no modules, at names below the one they belong to:
/// `blocks.3.attn.softmax`, `blocks.3.add1`.
Expected<OwningOpRef<ModuleOp>> buildViT(MLIRContext &context, StringRef name,
                                         const Checkpoint &checkpoint,
                                         const ViT &vit);

} // namespace deit::importer

#endif // DEIT_IMPORTER_VITBUILDER_H
