// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-eval --compare: two levels of one model, module by module.

#ifndef DEIT_TOOLS_DEIT_EVAL_COMPARE_H
#define DEIT_TOOLS_DEIT_EVAL_COMPARE_H

#include "deit_evaluate.h"
#include "llvm/Support/Error.h"
#include <string>

namespace deit {

/// What the command line says of a comparison.
struct CompareOptions {
  std::string model, reference; ///< MLIR of any level but loops
  int64_t image = 0;            ///< position in the file
};

/// Runs both models on one image of `evaluation.data` and prints how far their
/// values are apart: a table, or JSON where `evaluation.json` says so.
llvm::Error compareModels(const CompareOptions &options,
                          const deit_evaluate_options &evaluation);

} // namespace deit

#endif // DEIT_TOOLS_DEIT_EVAL_COMPARE_H
