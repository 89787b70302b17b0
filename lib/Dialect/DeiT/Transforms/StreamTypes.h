// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds the values of the residual stream and the type of each.

#ifndef DEIT_LIB_DIALECT_DEIT_TRANSFORMS_STREAMTYPES_H
#define DEIT_LIB_DIALECT_DEIT_TRANSFORMS_STREAMTYPES_H

#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Quant/Observers.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/EquivalenceClasses.h"

namespace deit {

/// The calibrated range of the value that `op` defines. Fails with an error
/// that names its module path.
FailureOr<Range> calibratedRange(Operation *op);

/// The values of the residual stream, with the branches that are added to it,
/// in groups of equal type.
class StreamTypes {
public:
  /// Finds the groups of `function`; their ranges unite what calibration or
  /// the constants in them say. `bits` is 16 or 8. Fails with an error.
  static FailureOr<StreamTypes> find(func::FuncOp function, unsigned bits,
                                     double headroom);

  /// The element type of `value`, null outside the stream.
  quant::QuantizedType lookup(Value value) const;

private:
  void join(Value a, Value b);
  bool contains(Value value) const;
  void group(Operation *op);
  const void *leader(Value value) const;
  LogicalResult uniteRanges(func::FuncOp function);

  llvm::EquivalenceClasses<const void *> groups;
  DenseMap<const void *, Range> ranges;
  DenseMap<const void *, quant::QuantizedType> types;
};

} // namespace deit

#endif // DEIT_LIB_DIALECT_DEIT_TRANSFORMS_STREAMTYPES_H
