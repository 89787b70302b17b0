// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rounds weights to 8-bit codes.

#ifndef DEIT_LIB_DIALECT_DEIT_TRANSFORMS_WEIGHTCODES_H
#define DEIT_LIB_DIALECT_DEIT_TRANSFORMS_WEIGHTCODES_H

#include "deit/Dialect/DeiT/Transforms/Passes.h"

namespace deit {

/// Codes in [-127, 127], row-major, and one scale for each row or for all.
struct WeightCodes {
  std::vector<int8_t> codes;
  SmallVector<double> scales;
};

/// How weights are rounded.
struct WeightRounding {
  WeightScales scales;
  WeightRange range;
};

/// Rounds `weight`, of `rows` rows, halves to even. `bias` (empty, or one for
/// each row) at the scale of the products with operands of `inputScale` stays
/// below 2^28. Scales are `steps` unless that is empty.
WeightCodes roundWeight(ArrayRef<float> weight, size_t rows,
                        ArrayRef<float> bias, double inputScale,
                        WeightRounding rounding, ArrayRef<double> steps);

} // namespace deit

#endif // DEIT_LIB_DIALECT_DEIT_TRANSFORMS_WEIGHTCODES_H
