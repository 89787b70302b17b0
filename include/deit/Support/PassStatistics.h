// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What passes count, for --mlir-pass-statistics.
//
// MLIR's own statistics are compiled out of every release build of LLVM, which
// distributions ship. The passes count with ALWAYS_ENABLED_STATISTIC instead.

#ifndef DEIT_SUPPORT_PASSSTATISTICS_H
#define DEIT_SUPPORT_PASSSTATISTICS_H

#include "llvm/Support/raw_ostream.h"

namespace deit {

/// Begins to count; for a tool's main, before passes run.
void enablePassStatistics();

/// Prints what was counted, by pass, if --mlir-pass-statistics is among the
/// arguments that the tool has parsed.
void printPassStatistics(llvm::raw_ostream &os);

} // namespace deit

#endif // DEIT_SUPPORT_PASSSTATISTICS_H
