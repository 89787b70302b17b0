// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which kernel computes which operation.

#ifndef DEIT_LIB_REFERENCE_OPERATIONKERNELS_H
#define DEIT_LIB_REFERENCE_OPERATIONKERNELS_H

#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Reference/TensorKernels.h"

namespace deit {

/// Computes single operations of the `deit` dialect in floating point, by the
/// kernels of a library. Nothing is rounded here.
class OperationKernels {
public:
  /// `operandOf` gives the tensors of values that were computed before.
  OperationKernels(TensorKernels &kernels,
                   llvm::function_ref<TensorPtr(Value)> operandOf)
      : kernels(kernels), operandOf(operandOf) {}

  /// Whether there is a kernel for `op`, or it is a constant.
  static bool isSupported(Operation *op);

  /// A tensor for every result of `op`, which is supported and no constant;
  /// null where the kernel failed.
  SmallVector<TensorPtr> compute(Operation *op);

private:
  TensorPtr computeOne(Operation *op);
  TensorPtr computeFeatures(Operation *op);
  TensorPtr get(Value value) { return operandOf(value); }
  TensorPtr getOptional(Value value) { return value ? get(value) : nullptr; }

  TensorKernels &kernels;
  llvm::function_ref<TensorPtr(Value)> operandOf;
};

} // namespace deit

#endif // DEIT_LIB_REFERENCE_OPERATIONKERNELS_H
