// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `deit` dialect: its class and its operations' classes.

#ifndef DEIT_DIALECT_DEIT_IR_DEITOPS_H
#define DEIT_DIALECT_DEIT_IR_DEITOPS_H

#include "deit/Support/LLVM.h"
#include "deit/Support/Sizes.h"
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
/// How the range was chosen, or is to be: one of kRangeMethods.
constexpr llvm::StringLiteral kRangeMethodAttr = "deit.range_method";
constexpr llvm::StringLiteral kChannelMeanAttr = "deit.channel_mean";
constexpr llvm::StringLiteral kRangeMethods[] = {
    "minmax", "percentile",  "mse",   "entropy",
    "fisher", "gelu-output", "search"};

/// On functions: how the images they take have been resized, "bicubic" (the
/// default) or "bilinear".
constexpr llvm::StringLiteral kResizeAttr = "deit.resize";

/// The discardable attribute of a module that names the model's classes: an
/// array of strings of one line each.
constexpr llvm::StringLiteral kClassNamesAttr = "deit.class_names";

/// On layers, for each row of the weight, what a squared error of one step
/// there costs at the logits: array<f32>. On additions of a constant, one.
constexpr llvm::StringLiteral kSensitivityAttr = "deit.sensitivity";
/// On layers, and additions of a constant: the step that its codes are
/// entropy-coded with, f64.
constexpr llvm::StringLiteral kWeightStepAttr = "deit.weight_step";
/// On layers, the bits that their codes are to take, f64; 8 leaves them to
/// deit-quantize.
constexpr llvm::StringLiteral kWeightBitsAttr = "deit.weight_bits";
/// On layers, the step of each row beside that one, in fourths of a power of
/// two: array<i8>. None where all rows have the same.
constexpr llvm::StringLiteral kRowOctavesAttr = "deit.row_octaves";
/// On layers, the step of each row's 8-bit codes, which its weights are
/// multiples of: array<f64>.
constexpr llvm::StringLiteral kRowStepsAttr = "deit.row_steps";

/// On layer norms, how their channels are brought to one scale: a string that
/// isBalance.
constexpr llvm::StringLiteral kBalanceAttr = "deit.balance";
constexpr llvm::StringLiteral kBalanceForms =
    "off, repq, or smooth:A with A from 0 to 1";

/// On a GELU: the limit that neurons beyond it are split by, f64; 0 if none is.
constexpr llvm::StringLiteral kSplitAttr = "deit.split";

/// On a GELU with split neurons and the layer before it: of which neuron each
/// of the last channels is a further part, array<i32>.
constexpr llvm::StringLiteral kPartsAttr = "deit.parts";

bool isBalance(StringRef text);

} // namespace deit

#endif // DEIT_DIALECT_DEIT_IR_DEITOPS_H
