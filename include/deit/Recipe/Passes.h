// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes between recipe files and attributes.

#ifndef DEIT_RECIPE_PASSES_H
#define DEIT_RECIPE_PASSES_H

#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "mlir/Pass/Pass.h"

namespace deit {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "deit/Recipe/Passes.h.inc"

} // namespace deit

#endif // DEIT_RECIPE_PASSES_H
