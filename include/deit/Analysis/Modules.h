// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parts of a model that an analysis looks at one by one.

#ifndef DEIT_ANALYSIS_MODULES_H
#define DEIT_ANALYSIS_MODULES_H

#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <optional>
#include <string>
#include <vector>

namespace deit {

/// An operation that computes values of its own.
struct AnalyzedModule {
  Operation *op;
  std::string path; ///< "blocks.3.mlp.fc1"; "…#2" where a path repeats
  /// What it is for: of transformers patch_embedding, norm, qkv, scores,
  /// probabilities, context, proj, residual, fc1, gelu, fc2 and head, of
  /// convolutional networks input, conv, depthwise, pointwise, relu, relu6,
  /// add, pool and head.
  std::string kind;
  std::optional<int64_t> block; ///< that it is in, counted from 0
  OpOperand *weights;           ///< see weightOperand; null if it has none

  Value result() const { return op->getResult(0); }
  std::vector<int64_t> shape() const; ///< without the number of images
};

/// The modules of `function`, a model of any level of `deit` after its folds,
/// in the order of execution. Of one model they are the same at every level.
std::vector<AnalyzedModule> analyzedModules(func::FuncOp function);

/// Whether `function` has convolutions.
bool isConvolutional(func::FuncOp function);

} // namespace deit

#endif // DEIT_ANALYSIS_MODULES_H
