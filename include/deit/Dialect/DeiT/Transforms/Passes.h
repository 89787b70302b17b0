// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Folds, fusions and quantization of `deit` graphs.

#ifndef DEIT_DIALECT_DEIT_TRANSFORMS_PASSES_H
#define DEIT_DIALECT_DEIT_TRANSFORMS_PASSES_H

#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace deit {

/// How many scales a weight has.
enum class WeightScales { PerChannel, PerTensor };

/// How a weight's scale is found: from its largest value, or by the squared
/// error of its codes.
enum class WeightRange { MinMax, MSE };

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "deit/Dialect/DeiT/Transforms/Passes.h.inc"

} // namespace deit

#endif // DEIT_DIALECT_DEIT_TRANSFORMS_PASSES_H
