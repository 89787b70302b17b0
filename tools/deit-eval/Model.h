// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kinds of MLIR deit-eval measures, behind one face.

#ifndef DEIT_TOOLS_DEIT_EVAL_MODEL_H
#define DEIT_TOOLS_DEIT_EVAL_MODEL_H

#include "EvalOptions.h"
#include "deit_evaluate.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <chrono>
#include <memory>
#include <string>

namespace deit {

/// A model ready to be measured.
class Model {
public:
  virtual ~Model() = default;

  /// What the runtime's evaluation needs; valid as long as the model.
  deit_backend backend();

protected:
  /// Runs `count` images into `count` x classes logits.
  virtual llvm::Error infer(const uint8_t *images, unsigned count,
                            void *logits) = 0;

  std::string name, target;
  deit_backend facts = {}; ///< without name, target, load_ms and the function

private:
  static const char *inferAsC(void *self, const uint8_t *images, unsigned count,
                              void *logits);

  std::chrono::steady_clock::time_point start =
      std::chrono::steady_clock::now();
  std::string failure;
};

using ModelPtr = std::unique_ptr<Model>;

/// Opens MLIR of any level, told apart by what is in the file. Its loading
/// time runs from here on. The error names the file.
llvm::Expected<ModelPtr> openModel(const ModelOptions &options);

/// Opens the function `forward` of a module, text or bytecode, in the `fxp` or
/// the `deit` dialect.
llvm::Expected<ModelPtr>
openModule(const ModelOptions &options,
           std::unique_ptr<llvm::MemoryBuffer> contents);

} // namespace deit

#endif // DEIT_TOOLS_DEIT_EVAL_MODEL_H
