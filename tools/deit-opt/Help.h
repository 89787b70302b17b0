// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What deit-opt --help shows: pipelines and passes by level of IR, and of the
// hundreds of options of MLIR and LLVM those that help here.

#ifndef DEIT_TOOLS_DEIT_OPT_HELP_H
#define DEIT_TOOLS_DEIT_OPT_HELP_H

#include "deit/Support/LLVM.h"

namespace deit {

/// Sorts the options that --help shows into categories and hides the others.
/// Requires that all options are registered.
void arrangeOptions();

/// Whether --help is among the arguments.
bool wantsHelp(ArrayRef<char *> arguments);

/// Prints everything but the options, which parsing --help prints.
void printHelp();

} // namespace deit

#endif // DEIT_TOOLS_DEIT_OPT_HELP_H
