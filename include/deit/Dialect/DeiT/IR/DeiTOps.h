// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `deit` dialect: its class and its operations' classes.

#ifndef DEIT_DIALECT_DEIT_IR_DEITOPS_H
#define DEIT_DIALECT_DEIT_IR_DEITOPS_H

#include "deit/Support/LLVM.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "deit/Dialect/DeiT/IR/DeiTDialect.h.inc"

#define GET_OP_CLASSES
#include "deit/Dialect/DeiT/IR/DeiTOps.h.inc"

namespace deit {

/// The discardable attributes that calibration leaves on an operation.
constexpr llvm::StringLiteral kRangeAttr = "deit.range";
constexpr llvm::StringLiteral kChannelMeanAttr = "deit.channel_mean";
/// On layers, the step of each row of the weight's codes: array<f64>.
constexpr llvm::StringLiteral kWeightStepAttr = "deit.weight_step";

} // namespace deit

#endif // DEIT_DIALECT_DEIT_IR_DEITOPS_H
