// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Turns the kernels of a fused integer network into the steps of a program.

#ifndef DEIT_LIB_CONVERSION_FXPTOLOOPS_NETWORKCONVERTER_H
#define DEIT_LIB_CONVERSION_FXPTOLOOPS_NETWORKCONVERTER_H

#include "ProgramBuilder.h"

namespace deit {

/// The first of an operation in a kernel, or null.
template <typename Op>
Op firstOf(fxp::KernelOp kernel) {
  auto ops = kernel.getBody().getOps<Op>();
  return ops.empty() ? Op() : *ops.begin();
}

inline RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}
inline int64_t columnsOf(Value value) {
  return typeOf(value).getShape().back();
}
inline int64_t rowsOf(Value value) {
  return typeOf(value).getNumElements() / columnsOf(value);
}

/// A linear layer on its way to become a step: what its kernel is made of, of
/// which lookup, add and prepend may be null, and what has been found out.
struct GemmStep {
  fxp::KernelOp kernel;
  fxp::LinearOp linear;
  fxp::RequantizeOp requantize;
  fxp::LookupOp lookup;
  fxp::AddOp add;
  fxp::PrependTokenOp prepend;
  GemmKernel gemm = {};
  SmallVector<StepParameter> parameters = {};
};

/// Turns the kernels of one function into steps, in order.
class NetworkConverter {
public:
  NetworkConverter(func::FuncOp function, ProgramBuilder &program)
      : function(function), program(program), target(program.target) {}
  LogicalResult convert();

private:
  func::FuncOp function;
  ProgramBuilder &program;
  const Target &target;
  int64_t batch = 1; ///< images
  llvm::DenseMap<Value, Slot> slots;

  LogicalResult convertKernel(fxp::KernelOp kernel);
  LogicalResult convertPatches(fxp::KernelOp kernel, fxp::PatchesOp patches);
  LogicalResult convertGemm(fxp::KernelOp kernel, fxp::LinearOp linear);
  LogicalResult setProduct(GemmStep &step);
  LogicalResult setRequantization(GemmStep &step);
  LogicalResult setSum(GemmStep &step);
  LogicalResult addGemm(GemmStep &step);
  LogicalResult convertLayerNorm(fxp::KernelOp kernel, fxp::LayerNormOp norm);
  LogicalResult convertAttention(fxp::KernelOp kernel, fxp::SoftmaxOp softmax);
  LogicalResult convertSelect(fxp::SelectTokenOp select);
  LogicalResult convertReturn(func::ReturnOp op, RankedTensorType imageType,
                              double logitScale);
  LogicalResult convertOp(Operation &op, RankedTensorType imageType,
                          double logitScale);
  FailureOr<int64_t> storageOffset(Value value);
  /// Bytes an element of `value` takes in the arena.
  int64_t elementBytes(Value value) {
    unsigned bits = typeOf(value).getElementTypeBitWidth();
    return bits == 8 ? target.width() : bits / 8;
  }
  Slot allocateRows(Value value);
  FailureOr<Slot> slotOf(Operation *user, Value value);
};

} // namespace deit

#endif // DEIT_LIB_CONVERSION_FXPTOLOOPS_NETWORKCONVERTER_H
