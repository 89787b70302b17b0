// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What each `fxp` operation computes: one function per operation, which takes
// the operation for its attributes and shapes, and its operands' values.

#ifndef DEIT_LIB_REFERENCE_FXPEVALUATION_H
#define DEIT_LIB_REFERENCE_FXPEVALUATION_H

#include "deit/Reference/FxpInterpreter.h"

namespace deit::evaluation {

using Result = Expected<IntegerTensor>;

/// Codes of 8 bits with the room that products of pairs need, row-major.
using Rows = std::vector<int16_t>;

/// An error at `op`: its module path, its name, and `message`.
Error errorAt(Operation *op, const Twine &message);

/// A tensor of `value`'s shape, all zeros.
IntegerTensor zeros(Value value);

inline int64_t clampTo(int64_t value, int64_t low, int64_t high) {
  return value < low ? low : value > high ? high : value;
}

// Constants and data movement.
Result evaluate(fxp::ConstantOp op);
Result evaluate(fxp::PatchesOp op, const IntegerTensor &image);
Result evaluate(fxp::PrependTokenOp op, const IntegerTensor &tokens,
                const IntegerTensor &token);
Result evaluate(fxp::SelectTokenOp op, const IntegerTensor &tokens);
Result evaluate(fxp::SplitHeadsOp op, const IntegerTensor &input);
Result evaluate(fxp::MergeHeadsOp op, const IntegerTensor &input);

// Products.
Rows toRows(const IntegerTensor &codes);
Result evaluate(fxp::LinearOp op, const IntegerTensor &input,
                const Rows &weight, const IntegerTensor &bias);
Result evaluate(fxp::MatmulOp op, const IntegerTensor &lhs,
                const IntegerTensor &rhs);

// Changes of scale.
Result evaluate(fxp::RequantizeOp op, const IntegerTensor &input,
                const IntegerTensor &multiplier);
Result evaluate(fxp::LookupOp op, const IntegerTensor &input,
                const IntegerTensor &table);
Result evaluate(fxp::AddOp op, const IntegerTensor &input,
                const IntegerTensor &branch);
Result evaluate(fxp::NormalizeOp op, const IntegerTensor &input,
                const IntegerTensor &sums);

// Nonlinear functions.
Result evaluate(fxp::LayerNormOp op, const IntegerTensor &input,
                const IntegerTensor &gamma, const IntegerTensor &beta);
/// Numerators and sums.
Expected<std::pair<IntegerTensor, IntegerTensor>>
evaluate(fxp::SoftmaxOp op, const IntegerTensor &scores);

} // namespace deit::evaluation

#endif // DEIT_LIB_REFERENCE_FXPEVALUATION_H
