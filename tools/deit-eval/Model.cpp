// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tells kinds of models apart and shows them to the runtime's evaluation.

#include "Model.h"
#include "deit/Support/FileIO.h"
#include "mlir/Bytecode/BytecodeReader.h"
#include "llvm/BinaryFormat/Magic.h"

using namespace deit;
using llvm::Error;
using llvm::Expected;

const char *Model::inferAsC(void *self, const uint8_t *images, unsigned count,
                            void *logits) {
  auto *model = static_cast<Model *>(self);
  Error error = model->infer(images, count, logits);
  if (!error)
    return nullptr;
  model->failure = llvm::toString(std::move(error));
  return model->failure.c_str();
}

deit_backend Model::backend() {
  std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start;
  deit_backend backend = facts;
  backend.name = name.c_str();
  backend.target = target.c_str();
  backend.load_ms = elapsed.count();
  backend.self = this;
  backend.infer = inferAsC;
  return backend;
}

Expected<ModelPtr> deit::openModel(const ModelOptions &options) {
  auto contents = readFile(options.path);
  if (!contents)
    return contents.takeError();
  llvm::MemoryBufferRef bytes = **contents;
  llvm::file_magic magic = llvm::identify_magic(bytes.getBuffer());
  // Text holds no zero bytes.
  bool text = magic == llvm::file_magic::unknown &&
              !bytes.getBuffer().take_front(4096).contains('\0');
  if (!mlir::isBytecode(bytes) && !text)
    return makeError(options.path +
                     ": is no model that can be run; give a shared library or "
                     "MLIR that deit-compile wrote, a checkpoint has to be "
                     "compiled first");
  return openModule(options, std::move(*contents));
}
