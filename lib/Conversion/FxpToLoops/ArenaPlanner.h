// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Places buffers with known lifetimes into one arena.

#ifndef DEIT_LIB_CONVERSION_FXPTOLOOPS_ARENAPLANNER_H
#define DEIT_LIB_CONVERSION_FXPTOLOOPS_ARENAPLANNER_H

#include "deit/Support/LLVM.h"

namespace deit {

/// A buffer that is written at step `first` and last read at step `last`.
struct ArenaBuffer {
  int64_t bytes;
  int64_t first, last;
  int64_t offset = 0; ///< found by planArena, 64-byte aligned
};

/// Gives every buffer an offset such that no two that live at the same step
/// overlap: the largest first, each at the lowest place that is free (greedy
/// by size, Pisarchyk and Lee 2020). Returns the arena's size in bytes.
int64_t planArena(MutableArrayRef<ArenaBuffer> buffers);

} // namespace deit

#endif // DEIT_LIB_CONVERSION_FXPTOLOOPS_ARENAPLANNER_H
