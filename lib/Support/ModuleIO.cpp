// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads and writes MLIR files, text or bytecode.

#include "deit/Support/ModuleIO.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/Nesting.h"
#include "deit/Support/Sizes.h"
#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/SourceMgr.h"

using namespace deit;

/// Far more than any model has; MLIR's parser recurses.
static constexpr int kMostNesting = 256;

bool deit::isBytecode(StringRef bytes) { return bytes.starts_with("ML\xefR"); }

Error deit::checkNesting(StringRef path, StringRef bytes) {
  if (isBytecode(bytes) || isShallow(bytes, kMostNesting))
    return Error::success();
  return makeError(path + ": nests more than " + Twine(kMostNesting) +
                   " brackets, which no model does");
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

std::string deit::describe(Diagnostic &diagnostic, StringRef path) {
  std::string text = path.str();
  llvm::raw_string_ostream stream(text);
  Location location = diagnostic.getLocation();
  auto line = dyn_cast<FileLineColLoc>(location);
  if (line && line.getLine())
    stream << ':' << line.getLine() << ':' << line.getColumn();
  else if (auto name = dyn_cast<NameLoc>(location))
    stream << ": " << name.getName().getValue();
  stream << ": " << diagnostic.str();
  return text;
}

/// Whether a tensor is no larger than a batch of images needs, whose number is
/// its first dimension.
static bool isOfAnImage(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape())
    return true;
  if (tensor.getRank() == 0)
    return true;
  std::optional<int64_t> count = countElements(tensor.getShape().drop_front());
  return isBounded(tensor) && count && *count <= kMostElementsOfImage;
}

/// Whoever runs a module takes memory for all its values.
static Error checkSizes(ModuleOp module, StringRef path) {
  Type large;
  auto check = [&](TypeRange types) {
    for (Type type : types)
      if (!isOfAnImage(type))
        large = type;
  };
  module.walk([&](Operation *op) {
    check(op->getResultTypes());
    for (Region &region : op->getRegions())
      for (Block &block : region)
        check(block.getArgumentTypes());
  });
  if (!large)
    return Error::success();
  std::string text;
  llvm::raw_string_ostream(text) << large;
  return makeError(path + ": has a value of type " + text +
                   "; expected at most " + Twine(kMostElementsOfImage) +
                   " elements for each image");
}

Expected<OwningOpRef<ModuleOp>>
deit::parseModule(MLIRContext &context, StringRef path,
                  std::unique_ptr<llvm::MemoryBuffer> contents) {
  std::string complaint;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() != DiagnosticSeverity::Error ||
        !complaint.empty())
      return;
    // Only bytecode has complaints without a place.
    complaint = describe(diagnostic, path);
    if (complaint == path.str() + ": " + diagnostic.str())
      complaint = path.str() + ": damaged bytecode: " + diagnostic.str();
  });
  if (Error error = checkNesting(path, contents->getBuffer()))
    return std::move(error);
  // The parser of text looks for a zero byte behind the last one.
  if (!isBytecode(contents->getBuffer()))
    contents =
        llvm::MemoryBuffer::getMemBufferCopy(contents->getBuffer(), path);
  // Shared, so that weights may stay in the buffer.
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(contents), llvm::SMLoc());
  auto module = parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
  if (!module)
    return makeError(complaint.empty() ? path + ": is no MLIR module"
                                       : Twine(complaint));
  if (Error error = checkSizes(*module, path))
    return std::move(error);
  return module;
}
