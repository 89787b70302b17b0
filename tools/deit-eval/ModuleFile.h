// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model that is still MLIR, read and checked.

#ifndef DEIT_TOOLS_DEIT_EVAL_MODULEFILE_H
#define DEIT_TOOLS_DEIT_EVAL_MODULEFILE_H

#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/LLVM.h"
#include "deit_evaluate.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>

namespace deit {

/// A network runs so many images at once, or an executor, at most.
constexpr unsigned kMostImages = 1024;

/// A module with a function `forward` from images, as a rule one, to logits.
struct ModuleFile {
  std::unique_ptr<MLIRContext> context;
  OwningOpRef<ModuleOp> module;
  func::FuncOp forward;

  int64_t imagesPerRun() { return imageType().getDimSize(0); }
  int64_t imageHeight() { return imageType().getDimSize(1); }
  int64_t imageWidth() { return imageType().getDimSize(2); }
  int64_t classes() {
    return cast<RankedTensorType>(forward.getResultTypes()[0]).getDimSize(1);
  }
  /// How images are resized for the model.
  deit_filter filter() {
    return isResizedBilinearly(forward) ? DEIT_FILTER_BILINEAR
                                        : DEIT_FILTER_BICUBIC;
  }
  /// The names of the classes, one a line; empty if the module has none.
  std::string classNames();
  /// Whether the function is of the `fxp` dialect, not of `deit`.
  bool isInteger();
  /// Whether a value of the function has a quantized type.
  bool isQuantized();

private:
  RankedTensorType imageType() {
    return cast<RankedTensorType>(forward.getArgumentTypes()[0]);
  }
};

/// Parses a module, text or bytecode. The error names `path`.
Expected<ModuleFile> readModule(StringRef path,
                                std::unique_ptr<llvm::MemoryBuffer> contents);

} // namespace deit

#endif // DEIT_TOOLS_DEIT_EVAL_MODULEFILE_H
