// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types, scales and constants for the conversion to `fxp`.

#include "Converter.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include <cmath>

using namespace deit;

InFlightDiagnostic Converter::errorAt(Operation *op) {
  return op->emitOpError() << "at '" << modulePath(op) << "': ";
}

LogicalResult Converter::report(Operation *op, Error error) {
  return errorAt(op) << llvm::toString(std::move(error));
}

bool Converter::equal(double a, double b) {
  return std::fabs(a - b) <= 1e-6 * std::max(std::fabs(a), std::fabs(b));
}

//===----------------------------------------------------------------------===//
// Types and scales
//===----------------------------------------------------------------------===//

/// ui8, i8, i16 or i32 for the storage of codes; null for other widths.
static Type storageType(quant::QuantizedType type) {
  unsigned width = type.getStorageTypeIntegralWidth();
  MLIRContext *context = type.getContext();
  if (!type.isSigned())
    return width == 8 ? IntegerType::get(context, 8, IntegerType::Unsigned)
                      : Type();
  return width == 8 || width == 16 || width == 32
             ? IntegerType::get(context, width)
             : Type();
}

RankedTensorType Converter::integerType(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return {};
  Type element = type.getElementType();
  if (auto quantized = dyn_cast<quant::QuantizedType>(element))
    element = storageType(quantized);
  if (!element || !element.isInteger())
    return {};
  return type.clone(element);
}

FailureOr<CodeScale> Converter::scaleOf(Operation *op, Value value,
                                        StringRef what) {
  auto tensor = cast<RankedTensorType>(value.getType());
  if (tensor.getElementType().isUnsignedInteger(8)) // raw pixels
    return CodeScale{1, 0, 0, 255};
  auto type = dyn_cast<quant::UniformQuantizedType>(tensor.getElementType());
  if (!type || !storageType(type))
    return errorAt(op) << "expected " << what << " quantized per tensor to "
                       << "u8, i8, i16 or i32, found " << tensor
                       << "; run deit-quantize first";
  return CodeScale{type.getScale(), type.getZeroPoint(),
                   type.getStorageTypeMin(), type.getStorageTypeMax()};
}

FailureOr<CodeScale> Converter::symmetricScaleOf(Operation *op, Value value,
                                                 StringRef what,
                                                 unsigned width) {
  FailureOr<CodeScale> scale = scaleOf(op, value, what);
  if (failed(scale))
    return failure();
  RankedTensorType type = integerType(value);
  if (!type.getElementType().isSignlessInteger(width) || scale->zeroPoint != 0)
    return errorAt(op) << "expected " << what << " of i" << width
                       << " codes with zero point 0, found " << value.getType();
  return scale;
}

//===----------------------------------------------------------------------===//
// Values and constants
//===----------------------------------------------------------------------===//

Value Converter::mapped(Operation *user, Value value) {
  if (Value known = values.lookup(value))
    return known;
  auto constant = value.getDefiningOp<ConstantOp>();
  RankedTensorType type = integerType(value);
  if (!constant || !type) {
    errorAt(user) << "expected a quantized operand, found " << value.getType()
                  << "; run deit-quantize first";
    return {};
  }
  Value made = fxp::ConstantOp::create(builder, constant.getLoc(), type,
                                       constant.getValue());
  values[value] = made;
  return made;
}

void Converter::map(Value from, Value to) {
  values[from] = to;
  auto format =
      dyn_cast<quant::UniformQuantizedType>(getElementTypeOrSelf(from));
  Operation *op = to.getDefiningOp();
  if (format && op && !isa<fxp::ConstantOp>(op))
    op->setAttr(fxp::kFormatAttr, TypeAttr::get(format));
  Operation *source = from.getDefiningOp();
  Attribute parts = source ? source->getAttr(kPartsAttr) : Attribute();
  if (parts && op)
    op->setAttr(fxp::kPartsAttr, parts);
}

template <typename T>
Value Converter::constant(Operation *op, StringRef part,
                          ArrayRef<int64_t> shape, Type element,
                          ArrayRef<T> codes) {
  std::string name = (modulePath(op) + "." + part).str();
  auto held = RankedTensorType::get(
      shape, builder.getIntegerType(element.getIntOrFloatBitWidth()));
  return fxp::ConstantOp::create(builder, pathLoc(op->getContext(), name),
                                 RankedTensorType::get(shape, element),
                                 makeElements(held, codes, name));
}
template Value Converter::constant(Operation *, StringRef, ArrayRef<int64_t>,
                                   Type, ArrayRef<uint8_t>);

Value Converter::vector(Operation *op, StringRef part,
                        ArrayRef<int32_t> codes) {
  return constant(op, part, {static_cast<int64_t>(codes.size())},
                  builder.getI32Type(), codes);
}

ElementsAttr Converter::reshaped(ElementsAttr elements,
                                 ArrayRef<int64_t> shape) {
  auto type = cast<ShapedType>(elements.getType()).clone(shape);
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements))
    return DenseResourceElementsAttr::get(type, resource.getRawHandle());
  return cast<DenseElementsAttr>(elements).reshape(type);
}
