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
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/SourceMgr.h"

#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace deit;

/// Far more than any model has; MLIR's parser recurses.
static constexpr int kMostNesting = 256;

bool deit::isBytecode(StringRef bytes) { return bytes.starts_with("ML\xefR"); }

//===----------------------------------------------------------------------===//
// Checksums of bytecode
//===----------------------------------------------------------------------===//

// Bytecode begins with a magic word and a version of one byte; then comes the
// name of its producer, which ends with a zero and is any text. Of what our
// tools write it holds the CRC-32 of what follows it, in hexadecimal.
static constexpr size_t kProducerAt = 5;
static constexpr StringLiteral kProducer = "DeiT-MLIR, CRC-32 ";
static constexpr size_t kChecksumAt = kProducerAt + kProducer.size();
static constexpr size_t kContentsAt = kChecksumAt + 8 + 1;

static std::string checksumOf(StringRef bytecode) {
  StringRef contents = bytecode.drop_front(kContentsAt);
  uint32_t checksum = llvm::crc32({contents.bytes_begin(), contents.size()});
  return llvm::utohexstr(checksum, /*LowerCase=*/true, /*Width=*/8);
}

/// Whether `bytecode` has no checksum, being another tool's, or the right one.
static bool isUndamaged(StringRef bytecode) {
  return bytecode.size() < kContentsAt ||
         !bytecode.drop_front(kProducerAt).starts_with(kProducer) ||
         bytecode.substr(kChecksumAt, 8) == checksumOf(bytecode);
}

static Expected<std::string> toBytecode(ModuleOp module, StringRef path) {
  std::string bytes;
  llvm::raw_string_ostream os(bytes);
  if (failed(writeBytecodeToFile(
          module, os, BytecodeWriterConfig((kProducer + "00000000").str()))))
    return makeError(path + ": the bytecode cannot be written");
  assert(bytes.size() >= kContentsAt && bytes[kContentsAt - 1] == 0);
  bytes.replace(kChecksumAt, 8, checksumOf(bytes));
  return bytes;
}

//===----------------------------------------------------------------------===//
// Reading and writing
//===----------------------------------------------------------------------===//

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
    Expected<std::string> bytecode = toBytecode(module, path);
    if (!bytecode)
      return bytecode.takeError();
    os << *bytecode;
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

/// Gives `bytes` to the parser in a process of its own, for bytecode's is made
/// for what its writer wrote; whether that comes back.
static bool comesBack(MLIRContext &context, StringRef bytes) {
  llvm::outs().flush();
  pid_t child = fork();
  if (child == 0) {
    for (int number : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV})
      signal(number, SIG_DFL);
    rlimit noCore = {0, 0};
    setrlimit(RLIMIT_CORE, &noCore);
    // Of the processor: far more than any model takes.
    rlimit aMinute = {60, 60};
    setrlimit(RLIMIT_CPU, &aMinute);
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    // What is wrong has to be told, too.
    ScopedDiagnosticHandler handler(
        &context, [](Diagnostic &diagnostic) { (void)diagnostic.str(); });
    OwningOpRef<ModuleOp> module =
        parseSourceString<ModuleOp>(bytes, ParserConfig(&context));
    _exit(0);
  }
  int status = 0;
  // Without a process there is only the parser itself to try.
  return child < 0 || waitpid(child, &status, 0) != child || WIFEXITED(status);
}

Error deit::checkParsable(MLIRContext &context, StringRef path,
                          StringRef bytes) {
  if (!isBytecode(bytes)) {
    if (isShallow(bytes, kMostNesting))
      return Error::success();
    return makeError(path + ": nests more than " + Twine(kMostNesting) +
                     " brackets, which no model does");
  }
  if (!isUndamaged(bytes))
    return makeError(path + ": damaged bytecode: its checksum is another; copy "
                            "the file again, or make it again");
  if (!comesBack(context, bytes))
    return makeError(path +
                     ": damaged bytecode: MLIR's reader does not survive it; "
                     "make the file again");
  return Error::success();
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
  if (Error error = checkParsable(context, path, contents->getBuffer()))
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
