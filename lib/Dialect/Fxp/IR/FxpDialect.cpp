// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registers the `fxp` dialect.

#include "deit/Dialect/Fxp/IR/FxpOps.h"

using namespace deit;
using namespace deit::fxp;

#include "deit/Dialect/Fxp/IR/FxpDialect.cpp.inc"

void FxpDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "deit/Dialect/Fxp/IR/FxpOps.cpp.inc"
      >();
}
