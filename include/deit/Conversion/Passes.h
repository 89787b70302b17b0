// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Conversions between the levels of IR.

#ifndef DEIT_CONVERSION_PASSES_H
#define DEIT_CONVERSION_PASSES_H

#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Dialect/Fxp/IR/FxpOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace deit {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "deit/Conversion/Passes.h.inc"

} // namespace deit

#endif // DEIT_CONVERSION_PASSES_H
