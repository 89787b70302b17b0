// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What quantized types mean, in the terms of tensor kernels.

#include "QuantizedValues.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/FileIO.h"

using namespace deit;

Expected<CodeFormat> deit::readFormat(quant::QuantizedType type) {
  CodeFormat format;
  format.low = type.getStorageTypeMin();
  format.high = type.getStorageTypeMax();
  if (auto uniform = dyn_cast<quant::UniformQuantizedType>(type)) {
    format.scales = {uniform.getScale()};
    format.zeroPoints = {uniform.getZeroPoint()};
    return format;
  }
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type)) {
    format.scales = perAxis.getScales().vec();
    format.zeroPoints = perAxis.getZeroPoints().vec();
    format.axis = perAxis.getQuantizedDimension();
    return format;
  }
  return makeError("expected a type with one scale, or one per index of a "
                   "dimension");
}

/// The index of `format`'s axis for element `i` of a tensor of `shape`.
static int64_t scaleIndex(const CodeFormat &format, ArrayRef<int64_t> shape,
                          int64_t i) {
  if (format.axis < 0)
    return 0;
  for (int64_t length : shape.drop_front(format.axis + 1))
    i /= length;
  return i % shape[format.axis];
}

template <typename Code>
static Expected<std::vector<float>> readCodes(ElementsAttr elements,
                                              const CodeFormat &format) {
  Expected<std::vector<Code>> codes = readElements<Code>(elements);
  if (!codes)
    return codes.takeError();
  ArrayRef<int64_t> shape = cast<ShapedType>(elements.getType()).getShape();
  std::vector<float> values(codes->size());
  for (auto [i, code] : llvm::enumerate(*codes)) {
    int64_t index = scaleIndex(format, shape, i);
    values[i] = static_cast<float>(
        static_cast<double>(code - format.zeroPoints[index]) *
        format.scales[index]);
  }
  return values;
}

Expected<std::vector<float>> deit::readConstant(ConstantOp constant) {
  ElementsAttr elements = constant.getValue();
  auto type = dyn_cast<quant::QuantizedType>(
      constant.getResult().getType().getElementType());
  if (!type)
    return readElements<float>(elements);
  Expected<CodeFormat> format = readFormat(type);
  if (!format)
    return format.takeError();
  switch (type.getStorageTypeIntegralWidth()) {
  case 8:
    return type.isSigned() ? readCodes<int8_t>(elements, *format)
                           : readCodes<uint8_t>(elements, *format);
  case 16:
    if (type.isSigned())
      return readCodes<int16_t>(elements, *format);
    break;
  case 32:
    if (type.isSigned())
      return readCodes<int32_t>(elements, *format);
    break;
  }
  return makeError("expected codes of i8, u8, i16 or i32");
}
