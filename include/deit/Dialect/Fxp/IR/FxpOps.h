// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `fxp` dialect: its class and its operations' classes.

#ifndef DEIT_DIALECT_FXP_IR_FXPOPS_H
#define DEIT_DIALECT_FXP_IR_FXPOPS_H

#include "deit/Support/LLVM.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "deit/Dialect/Fxp/IR/FxpDialect.h.inc"

#define GET_OP_CLASSES
#include "deit/Dialect/Fxp/IR/FxpOps.h.inc"

#endif // DEIT_DIALECT_FXP_IR_FXPOPS_H
