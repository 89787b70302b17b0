// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registers the `deit` dialect and checks its discardable attributes.

#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include <cmath>

using namespace deit;

#include "deit/Dialect/DeiT/IR/DeiTDialect.cpp.inc"

void DeiTDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "deit/Dialect/DeiT/IR/DeiTOps.cpp.inc"
      >();
}

LogicalResult DeiTDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attribute) {
  if (attribute.getName() == kRangeAttr) {
    auto range = dyn_cast<DenseF64ArrayAttr>(attribute.getValue());
    if (!range || range.size() != 2 || !(range[0] <= range[1]))
      return op->emitOpError()
             << "'" << kRangeAttr << "' expected array<f64: low, high>, found "
             << attribute.getValue();
    return success();
  }
  if (attribute.getName() == kChannelMeanAttr) {
    if (!isa<DenseF32ArrayAttr>(attribute.getValue()))
      return op->emitOpError()
             << "'" << kChannelMeanAttr << "' expected array<f32: ...>, found "
             << attribute.getValue();
    return success();
  }
  if (attribute.getName() == kWeightStepAttr) {
    auto steps = dyn_cast<DenseF64ArrayAttr>(attribute.getValue());
    auto isPositive = [](double step) { return step > 0 && step < HUGE_VAL; };
    if (!steps || !llvm::all_of(steps.asArrayRef(), isPositive))
      return op->emitOpError() << "'" << kWeightStepAttr
                               << "' expected array<f64: ...> of positive "
                                  "steps, found "
                               << attribute.getValue();
    return success();
  }
  return op->emitOpError() << "unknown attribute '" << attribute.getName()
                           << "' of dialect 'deit'";
}
