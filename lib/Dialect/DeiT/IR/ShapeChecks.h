// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the verifiers of the `deit` operations have in common.

#ifndef DEIT_LIB_DIALECT_DEIT_IR_SHAPECHECKS_H
#define DEIT_LIB_DIALECT_DEIT_IR_SHAPECHECKS_H

#include "deit/Dialect/DeiT/IR/DeiTOps.h"

namespace deit {

/// "1x5x8", for messages.
std::string shapeText(ArrayRef<int64_t> shape);

/// Reports that `what` of `op` has another shape than expected.
LogicalResult expectShape(Operation *op, StringRef what,
                          ArrayRef<int64_t> expected, RankedTensorType found);

/// Reports a negative `epsilon`, or one that is no number.
LogicalResult expectEpsilon(Operation *op, const APFloat &epsilon);

/// Reports that `vector`, `what` of `op`, has not one value for each of
/// `channels`.
LogicalResult expectVector(Operation *op, StringRef what, Value vector,
                           int64_t channels);

} // namespace deit

#endif // DEIT_LIB_DIALECT_DEIT_IR_SHAPECHECKS_H
