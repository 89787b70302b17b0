// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registers the `fxp` dialect and checks its discardable attributes.

#include "deit/Dialect/Fxp/IR/FxpOps.h"
#include "deit/Support/Parts.h"

using namespace deit;
using namespace deit::fxp;

#include "deit/Dialect/Fxp/IR/FxpDialect.cpp.inc"

void FxpDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "deit/Dialect/Fxp/IR/FxpOps.cpp.inc"
      >();
}

quant::UniformQuantizedType fxp::formatOf(Operation *op) {
  auto attribute = op->getAttrOfType<TypeAttr>(kFormatAttr);
  return attribute ? dyn_cast<quant::UniformQuantizedType>(attribute.getValue())
                   : quant::UniformQuantizedType();
}

static LogicalResult verifyLogitScale(Operation *op, Attribute value) {
  auto scale = dyn_cast<FloatAttr>(value);
  if (!scale || !scale.getType().isF64() || !(scale.getValueAsDouble() > 0))
    return op->emitOpError() << "'" << kLogitScaleAttr
                             << "' expected a positive f64, found " << value;
  return success();
}

/// Whether integers of type `element` are stored as `format` stores codes.
static bool stores(quant::UniformQuantizedType format, Type element) {
  return format.isSigned()
             ? element.isSignlessInteger(format.getStorageTypeIntegralWidth())
             : element.isUnsignedInteger(format.getStorageTypeIntegralWidth());
}

static LogicalResult verifyFormat(Operation *op, Attribute value) {
  quant::UniformQuantizedType format = formatOf(op);
  if (!format)
    return op->emitOpError()
           << "'" << kFormatAttr
           << "' expected a quantized type with one scale, found " << value;
  auto type = op->getNumResults()
                  ? dyn_cast<RankedTensorType>(op->getResult(0).getType())
                  : RankedTensorType();
  if (!type || !stores(format, type.getElementType()))
    return op->emitOpError() << "'" << kFormatAttr << "' " << format
                             << " expected a first result of its storage type";
  return success();
}

static LogicalResult verifyParts(Operation *op, Attribute value) {
  if (arePartsOf(op, value))
    return success();
  return op->emitOpError() << "'" << kPartsAttr
                           << "' expected array<i32: ...> with a neuron for "
                              "each channel that was added, found "
                           << value;
}

LogicalResult FxpDialect::verifyOperationAttribute(Operation *op,
                                                   NamedAttribute attribute) {
  if (attribute.getName() == kLogitScaleAttr)
    return verifyLogitScale(op, attribute.getValue());
  if (attribute.getName() == kFormatAttr)
    return verifyFormat(op, attribute.getValue());
  if (attribute.getName() == kPartsAttr)
    return verifyParts(op, attribute.getValue());
  return op->emitOpError() << "unknown attribute '"
                           << attribute.getName().getValue()
                           << "' of dialect 'fxp'";
}
