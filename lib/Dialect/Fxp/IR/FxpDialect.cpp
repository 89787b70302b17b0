// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registers the `fxp` dialect and checks its discardable attributes.

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

LogicalResult FxpDialect::verifyOperationAttribute(Operation *op,
                                                   NamedAttribute attribute) {
  if (attribute.getName() != kLogitScaleAttr)
    return op->emitOpError()
           << "unknown attribute '" << attribute.getName().getValue()
           << "' of dialect 'fxp'";
  auto scale = dyn_cast<FloatAttr>(attribute.getValue());
  if (!scale || !scale.getType().isF64() || !(scale.getValueAsDouble() > 0))
    return op->emitOpError()
           << "'" << kLogitScaleAttr << "' expected a positive f64, found "
           << attribute.getValue();
  return success();
}
