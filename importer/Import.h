// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The importer's front door: a checkpoint's file in, deit IR out.

#ifndef DEIT_IMPORTER_IMPORT_H
#define DEIT_IMPORTER_IMPORT_H

#include "deit/Support/LLVM.h"
#include "importer/ImportOptions.h"
#include "mlir/IR/OwningOpRef.h"

namespace deit::importer {

/// The model in the checkpoint `path` as float `deit` IR: a module with one
/// function `@forward(%image: tensor<1xHxWx3xui8>) -> tensor<1xCxf32>`. See
/// `readCheckpoint` and `importExportedProgram` for the formats, `recognizeViT`
/// and `isResNet` for the models and `buildViT` for the form. Loads the
/// dialects it needs into `context`. Errors name the file.
Expected<OwningOpRef<ModuleOp>> importCheckpoint(MLIRContext &context,
                                                 StringRef path,
                                                 const ImportOptions &options);

} // namespace deit::importer

#endif // DEIT_IMPORTER_IMPORT_H
