// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads and writes MLIR files, text or bytecode.

#ifndef DEIT_SUPPORT_MODULEIO_H
#define DEIT_SUPPORT_MODULEIO_H

#include "deit/Support/LLVM.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/MemoryBuffer.h"

namespace deit {

/// How a module is written.
struct ModuleFormat {
  bool text = false;         ///< text whatever the file's name
  bool elideWeights = false; ///< text without large constants
};

/// Writes `module` to `path`, whole or not at all: text for ".mlir" and "-"
/// (standard output), bytecode for anything else, with a checksum in what it
/// says of its producer. Locations, which carry the module paths, are always
/// written.
Error writeModule(ModuleOp module, StringRef path, ModuleFormat format = {});

/// Parses and verifies a module, text or bytecode; the first complaint becomes
/// the error, which names `path` and the place. A value of more than
/// kMostElementsOfImage for each image is one, too, and bytecode that differs
/// from its checksum or that the reader does not survive. The context must know
/// the dialects.
Expected<OwningOpRef<ModuleOp>>
parseModule(MLIRContext &context, StringRef path,
            std::unique_ptr<llvm::MemoryBuffer> contents);

/// Fails where MLIR's parser would not come back: text that nests deeper than
/// it should be asked to follow, damaged bytecode. Tries it in a process of its
/// own, so what else is wrong with `bytes`, the parser's messages tell better.
Error checkParsable(MLIRContext &context, StringRef path, StringRef bytes);

/// A diagnostic as one line: "file:12:3: message", or "file: module path:
/// message" where a model's own names are all there is.
std::string describe(Diagnostic &diagnostic, StringRef path);

/// Whether the bytes begin like MLIR bytecode.
bool isBytecode(StringRef bytes);

} // namespace deit

#endif // DEIT_SUPPORT_MODULEIO_H
