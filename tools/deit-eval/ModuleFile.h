// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads a module, text or bytecode, with its complaints as one error.

#ifndef DEIT_TOOLS_DEIT_EVAL_MODULEFILE_H
#define DEIT_TOOLS_DEIT_EVAL_MODULEFILE_H

#include "deit/Support/LLVM.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/MemoryBuffer.h"

namespace deit {

/// Parses and verifies a module; the first complaint becomes the error, which
/// names `path` and the place. The dialects must be registered.
Expected<OwningOpRef<ModuleOp>>
parseModule(MLIRContext &context, StringRef path,
            std::unique_ptr<llvm::MemoryBuffer> contents);

} // namespace deit

#endif // DEIT_TOOLS_DEIT_EVAL_MODULEFILE_H
