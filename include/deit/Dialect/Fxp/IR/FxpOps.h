// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `fxp` dialect: its class and its operations' classes.

#ifndef DEIT_DIALECT_FXP_IR_FXPOPS_H
#define DEIT_DIALECT_FXP_IR_FXPOPS_H

#include "deit/Support/LLVM.h"
#include "deit/Support/Sizes.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "deit/Dialect/Fxp/IR/FxpDialect.h.inc"

#define GET_OP_CLASSES
#include "deit/Dialect/Fxp/IR/FxpOps.h.inc"

namespace deit::fxp {

/// The coefficients of fxp.softmax's cubic for 2^-f, in Q15: with the constant
/// 1 a minimax fit on [0, 1), 1.2e-4 off at most.
inline constexpr int32_t kSoftmaxCubic[3] = {22670, 7600, 1316};

/// The exponent of fxp.softmax's numerators stays below this many powers of
/// two, so that their rounding shift, 15 more, is one of 32 bits.
inline constexpr int64_t kSoftmaxExponents = 17;

/// The discardable attribute that holds the scale of a function's logits.
constexpr llvm::StringLiteral kLogitScaleAttr = "fxp.logit_scale";

/// The discardable attribute that tells what the codes of an operation's first
/// result stand for, a quantized type with one scale.
constexpr llvm::StringLiteral kFormatAttr = "fxp.format";

/// What `deit.parts` said of the value that an operation's result stands for.
constexpr llvm::StringLiteral kPartsAttr = "fxp.parts";

/// The type in `kFormatAttr` of `op`; null where there is none.
quant::UniformQuantizedType formatOf(Operation *op);

} // namespace deit::fxp

#endif // DEIT_DIALECT_FXP_IR_FXPOPS_H
