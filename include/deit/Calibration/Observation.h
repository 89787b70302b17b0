// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which values are observed, and what their ranges are for.

#ifndef DEIT_CALIBRATION_OBSERVATION_H
#define DEIT_CALIBRATION_OBSERVATION_H

#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Quant/Histogram.h"
#include "deit/Reference/TensorKernels.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace deit {

/// What deit-quantize makes of a value's range.
enum class RangeUse {
  Everything, ///< 16 or 32 bits, or codes that need no range
  Affine,     ///< 8-bit codes with a zero point
  Symmetric   ///< 8-bit codes without
};

RangeUse rangeUse(Value value);

/// The 8-bit codes that deit-quantize makes of `range` for `value`: affine, or
/// symmetric ones for queries, keys and values.
CodeFormat formatFor(Value value, Range range);

/// Whether `value` is a score or an attention weight.
bool isAttention(Value value);

/// The GELU that `value` is the operand of, or null.
GeluOp geluOf(Value value);

/// The operation whose values `op` has: `op` itself unless it only moves them.
Operation *sourceOf(Operation *op);

/// The operations of `function` that compute values of their own, in the order
/// of execution; constants do not.
SmallVector<Operation *> observedOperations(func::FuncOp function);

} // namespace deit

#endif // DEIT_CALIBRATION_OBSERVATION_H
