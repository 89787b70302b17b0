// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Channels that were added as parts of neurons, on either level of IR.

#ifndef DEIT_SUPPORT_PARTS_H
#define DEIT_SUPPORT_PARTS_H

#include "deit/Support/LLVM.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

namespace deit {

/// Whether `value`, array<i32: ...>, can say of which neuron each of the last
/// channels of the result of `op` is a further part: neurons are the channels
/// before them.
inline bool arePartsOf(Operation *op, Attribute value) {
  auto parts = dyn_cast<DenseI32ArrayAttr>(value);
  auto type = op->getNumResults() == 1
                  ? dyn_cast<RankedTensorType>(op->getResult(0).getType())
                  : RankedTensorType();
  if (!parts || !type || type.getRank() == 0)
    return false;
  int64_t neurons = type.getShape().back() - parts.size();
  return neurons > 0 && llvm::all_of(parts.asArrayRef(), [&](int32_t neuron) {
           return neuron >= 0 && neuron < neurons;
         });
}

} // namespace deit

#endif // DEIT_SUPPORT_PARTS_H
