// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads and writes MLIR files, text or bytecode.

#include "deit/Support/ModuleIO.h"
#include "deit/Support/FileIO.h"
#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/SourceMgr.h"

using namespace deit;

bool deit::isBytecode(StringRef bytes) {
  return bytes.starts_with("ML\xefR");
}

Error deit::writeModule(ModuleOp module, StringRef path, ModuleFormat format) {
  bool text = format.text || format.elideWeights || path == "-" ||
              path.ends_with(".mlir");
  return writeFile(path, [&](llvm::raw_ostream &os) -> Error {
    if (text) {
      OpPrintingFlags flags;
      flags.enableDebugInfo(true);
      if (format.elideWeights)
        flags.elideLargeResourceString(16).elideLargeElementsAttrs(16);
      module.print(os, flags);
      return Error::success();
    }
    if (failed(writeBytecodeToFile(module, os)))
      return makeError(path + ": the bytecode cannot be written");
    return Error::success();
  });
}

Expected<OwningOpRef<ModuleOp>> deit::readModule(MLIRContext &context,
                                                 StringRef path) {
  Expected<std::unique_ptr<llvm::MemoryBuffer>> buffer = readFile(path);
  if (!buffer)
    return buffer.takeError();
  std::string messages;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (!messages.empty())
      messages += "\n";
    llvm::raw_string_ostream os(messages);
    os << diagnostic.getLocation() << ": " << diagnostic;
    return success();
  });
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
  auto module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module)
    return makeError(path + ": not readable as MLIR; " +
                     (messages.empty() ? "is it a checkpoint or a library?"
                                       : messages));
  return module;
}
