// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What quantized types mean, in the terms of tensor kernels.

#ifndef DEIT_LIB_REFERENCE_QUANTIZEDVALUES_H
#define DEIT_LIB_REFERENCE_QUANTIZEDVALUES_H

#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Reference/TensorKernels.h"

namespace deit {

/// The codes of `type`. Fails unless it has one scale, or one per index of a
/// dimension.
Expected<CodeFormat> readFormat(quant::QuantizedType type);

/// The values `constant` stands for, row-major: its floats, or what its codes
/// mean. Fails on missing resources and on codes of other widths than 8, 16
/// and 32 bits.
Expected<std::vector<float>> readConstant(ConstantOp constant);

} // namespace deit

#endif // DEIT_LIB_REFERENCE_QUANTIZEDVALUES_H
