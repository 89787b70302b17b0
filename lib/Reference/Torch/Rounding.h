// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rounding floats to the values integer codes stand for.

#ifndef DEIT_LIB_REFERENCE_TORCH_ROUNDING_H
#define DEIT_LIB_REFERENCE_TORCH_ROUNDING_H

#include "deit/Reference/TensorKernels.h"

namespace deit {

/// Rounds `count` values by scale `index` of `format`.
void roundRun(float *values, int64_t count, const CodeFormat &format,
              int64_t index);

/// Rounds one row of a softmax, see `TensorKernels::roundToNumerators`.
void roundRowToNumerators(float *values, int64_t count);

} // namespace deit

#endif // DEIT_LIB_REFERENCE_TORCH_ROUNDING_H
