// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parameters of a model: making constants, reading them, naming things.

#ifndef DEIT_DIALECT_DEIT_IR_CONSTANTS_H
#define DEIT_DIALECT_DEIT_IR_CONSTANTS_H

#include "deit/Dialect/DeiT/IR/DeiTOps.h"

namespace deit {

/// Elements for `type` (any fixed shape; f32, or integers as wide as T) out of
/// its values, row-major. Few values are kept in the attribute, many in a
/// dense resource called after `name`, which prints as one word and is stored
/// as a blob.
template <typename T>
ElementsAttr makeElements(RankedTensorType type, ArrayRef<T> values,
                          StringRef name);

/// The values of `elements`, whatever holds them; their type must be T.
template <typename T>
Expected<std::vector<T>> readElements(ElementsAttr elements);

/// A float parameter of `shape` called `name`, a module path.
ConstantOp createFloatConstant(OpBuilder &builder, Location loc,
                               ArrayRef<int64_t> shape, ArrayRef<float> values);

/// The float values of a constant that is not quantized; fails when `value` is
/// defined by anything else.
FailureOr<std::vector<float>> readFloatConstant(Value value);

/// The step of each of the `rows` rows of the weight of `op`: `deit.row_steps`,
/// or `deit.weight_step` with `deit.row_octaves`; empty where there are none.
/// Fails if there are others than `rows`.
Expected<SmallVector<double>> rowSteps(Operation *op, size_t rows);

/// The operand of `op` that holds its weights: of layers, patch embeddings and
/// convolutions, and the constant that an addition adds; null for others.
OpOperand *weightOperand(Operation *op);

/// Whether `value` is features of a convolutional network: [images, height,
/// width, channels]. Their sums are no residual stream of tokens.
inline bool isFeatures(Value value) {
  return cast<RankedTensorType>(value.getType()).getRank() == 4;
}

/// Whether `function` takes images resized bilinearly, not bicubically.
bool isResizedBilinearly(Operation *function);

/// The module path in `loc`, "blocks.3.mlp.fc1"; "?" where there is none.
StringRef modulePath(Location loc);
inline StringRef modulePath(Operation *op) { return modulePath(op->getLoc()); }

/// A location for `path`.
Location pathLoc(MLIRContext *context, const Twine &path);

} // namespace deit

#endif // DEIT_DIALECT_DEIT_IR_CONSTANTS_H
