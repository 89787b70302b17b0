// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures models on images with deit-eval, a process of its own: what a
// library does there cannot harm the compiler.

#include "deit/Driver/Evaluation.h"
#include "DriverImpl.h"
#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/ModuleIO.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Signals.h"
#include <cstring>

using namespace deit;

Expected<TemporaryFile> TemporaryFile::create(StringRef suffix) {
  llvm::SmallString<128> path;
  if (std::error_code code =
          llvm::sys::fs::createTemporaryFile("deit-compile", suffix, path))
    return makeError("a temporary file cannot be made: " + code.message() +
                     "; TMPDIR names another folder for it");
  llvm::sys::RemoveFileOnSignal(path);
  return TemporaryFile(path.str().str());
}

TemporaryFile::~TemporaryFile() {
  if (path.empty())
    return;
  llvm::sys::fs::remove(path);
  llvm::sys::DontRemoveFileOnSignal(path);
}

size_t Measurement::decision(size_t index) const {
  auto begin = logits.begin() + index * classes();
  return std::max_element(begin, begin + classes()) - begin;
}

/// Runs a program; what it complains of is the error.
static Error execute(const std::string &program,
                     ArrayRef<StringRef> arguments) {
  Expected<TemporaryFile> log = TemporaryFile::create("log");
  if (!log)
    return log.takeError();
  SmallVector<StringRef> all = {program};
  all.append(arguments.begin(), arguments.end());
  std::optional<StringRef> redirects[] = {"", "", StringRef(log->name())};
  std::string failure;
  int code = llvm::sys::ExecuteAndWait(program, all, std::nullopt, redirects, 0,
                                       0, &failure);
  if (code == 0)
    return Error::success();
  auto text = readFile(log->name());
  if (text)
    failure += (*text)->getBuffer().trim();
  else
    llvm::consumeError(text.takeError());
  StringRef message = failure;
  message.consume_front("deit-eval: error: ");
  return makeError("measuring with " + program + " failed: " + message);
}

template <typename T>
static std::vector<float> valuesIn(StringRef bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return std::vector<float>(values.begin(), values.end());
}

static Expected<Measurement> readResults(StringRef jsonPath,
                                         StringRef logitsPath, bool isFloat) {
  auto text = readFile(jsonPath);
  if (!text)
    return text.takeError();
  auto logits = readFile(logitsPath);
  if (!logits)
    return logits.takeError();
  Expected<llvm::json::Value> value = llvm::json::parse((*text)->getBuffer());
  if (!value)
    return value.takeError();
  const llvm::json::Object *results = value->getAsObject();
  auto images = results ? results->getInteger("images") : std::nullopt;
  auto top1 = results ? results->getNumber("top1") : std::nullopt;
  auto top5 = results ? results->getNumber("top5") : std::nullopt;
  auto bytes = results ? results->getInteger("model_bytes") : std::nullopt;
  if (!images || *images < 1 || !top1 || !top5 || !bytes)
    return makeError("deit-eval is of another version; build DeiT-MLIR again");
  Measurement result;
  result.images = *images;
  result.top1 = *top1;
  result.top5 = *top5;
  result.bytes = *bytes;
  StringRef raw = (*logits)->getBuffer();
  result.logits = isFloat ? valuesIn<float>(raw) : valuesIn<int32_t>(raw);
  return result;
}

static Expected<Measurement> evaluateFile(const Session &session,
                                          StringRef model, bool isFloat,
                                          const ImageFile &images) {
  Expected<TemporaryFile> json = TemporaryFile::create("json");
  if (!json)
    return json.takeError();
  Expected<TemporaryFile> logits = TemporaryFile::create("logits");
  if (!logits)
    return logits.takeError();
  llvm::SmallString<256> program(session.options.toolFolder);
  llvm::sys::path::append(program, "deit-eval");
  std::string limit = std::to_string(images.limit);
  SmallVector<StringRef> arguments = {model,          "--data",     images.path,
                                      "--json",       json->name(), "--logits",
                                      logits->name(), "--quiet"};
  if (images.limit > 0)
    arguments.append({"--limit", limit});
  std::string threads = std::to_string(session.options.threads);
  if (session.options.threads > 0)
    arguments.append({"--threads", threads});
  if (Error error = execute(program.str().str(), arguments))
    return std::move(error);
  return readResults(json->name(), logits->name(), isFloat);
}

Expected<Measurement> deit::evaluateFloat(const Session &session,
                                          ModuleOp module,
                                          const ImageFile &images) {
  Expected<TemporaryFile> file = TemporaryFile::create("mlirbc");
  if (!file)
    return file.takeError();
  if (Error error = writeModule(module, file->name()))
    return std::move(error);
  return evaluateFile(session, file->name(), /*isFloat=*/true, images);
}

Expected<Measurement> deit::evaluateQuantized(const Session &session,
                                              ModuleOp module,
                                              const ImageFile &images) {
  // Convolutional networks have no integer program.
  if (!forwardOf(module).getOps<Conv2DOp>().empty())
    return evaluateFloat(session, module, images);
  bool isCompiled = true;
  if (Expected<TargetList> native = lookupTargets("native"); !native) {
    llvm::consumeError(native.takeError());
    isCompiled = false;
  }
  Expected<TemporaryFile> file =
      TemporaryFile::create(isCompiled ? "so" : "mlirbc");
  if (!file)
    return file.takeError();
  DriverOptions options;
  options.input = session.options.input;
  options.output = file->name();
  options.emit = isCompiled ? Emit::Shared : Emit::Fxp;
  options.target = isCompiled ? "native" : session.options.target;
  options.toolFolder = session.options.toolFolder;
  options.configure = session.options.configure;
  if (Error error =
          Driver(session.context, options)
              .run(OwningOpRef<ModuleOp>(module.clone()), Level::Quantized))
    return std::move(error);
  return evaluateFile(session, file->name(), /*isFloat=*/false, images);
}
