// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights rounded to the nearest code in groups: what others' models are stored
// as, to compare with.

#ifndef DEIT_DIALECT_DEIT_TRANSFORMS_GROUPROUNDING_H
#define DEIT_DIALECT_DEIT_TRANSFORMS_GROUPROUNDING_H

#include "deit/Support/LLVM.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace deit {

/// Weights of layers as codes of `bits` bits and a scale of 16 bits for each
/// `size` of them in a row, everything else as floats of 16 bits.
struct GroupRounding {
  unsigned bits = 4; ///< 2 to 8
  unsigned size = 64;
};

/// Puts the rounded values in the place of all float constants of `function`.
/// Fails, naming the module, on a constant that cannot be read.
Error roundGroups(func::FuncOp function, const GroupRounding &rounding);

/// What the constants of `function` take in that form, in bytes.
uint64_t groupedBytes(func::FuncOp function, const GroupRounding &rounding);

} // namespace deit

#endif // DEIT_DIALECT_DEIT_TRANSFORMS_GROUPROUNDING_H
