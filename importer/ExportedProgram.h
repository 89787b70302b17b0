// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Imports convolutional networks that torch.export has saved.

#ifndef DEIT_IMPORTER_EXPORTEDPROGRAM_H
#define DEIT_IMPORTER_EXPORTEDPROGRAM_H

#include "deit/Support/LLVM.h"
#include "importer/ImportOptions.h"
#include "mlir/IR/OwningOpRef.h"

namespace deit::importer {

/// Whether the file `path` is an archive of torch.export.
bool isExportedProgram(StringRef path);

/// The module `name` of the program in the file `path`: a graph as JSON and a
/// state_dict. Where PyTorch's PT2E has quantized it, weights become the floats
/// that their codes stand for, and the roundings of activations are left out.
/// One error lists all operators that are not supported. Errors name the file.
Expected<OwningOpRef<ModuleOp>>
importExportedProgram(MLIRContext &context, StringRef path, StringRef name,
                      const ImportOptions &options);

} // namespace deit::importer

#endif // DEIT_IMPORTER_EXPORTEDPROGRAM_H
