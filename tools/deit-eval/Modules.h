// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What deit-eval does with MLIR, in a library of its own that is loaded when
// first asked for: whoever measures a compiled model has no use for a compiler.

#ifndef DEIT_TOOLS_DEIT_EVAL_MODULES_H
#define DEIT_TOOLS_DEIT_EVAL_MODULES_H

#include "EvalOptions.h"
#include "deit_evaluate.h"

extern "C" {

/// Measures or compares the MLIR that `options` name. Prints results and
/// errors; returns the exit code of the process.
__attribute__((visibility("default"))) int
deit_evaluate_modules(const deit::EvalOptions *options,
                      const deit_evaluate_options *evaluation);
}

#endif // DEIT_TOOLS_DEIT_EVAL_MODULES_H
