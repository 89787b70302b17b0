// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Transformations within the `fxp` dialect.

#ifndef DEIT_DIALECT_FXP_TRANSFORMS_PASSES_H
#define DEIT_DIALECT_FXP_TRANSFORMS_PASSES_H

#include "deit/Dialect/Fxp/IR/FxpOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace deit {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "deit/Dialect/Fxp/Transforms/Passes.h.inc"

} // namespace deit

#endif // DEIT_DIALECT_FXP_TRANSFORMS_PASSES_H
