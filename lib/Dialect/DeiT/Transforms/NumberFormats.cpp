// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The quantized types that deit-quantize gives out.

#include "NumberFormats.h"

using namespace deit;

static quant::QuantizedType uniform(MLIRContext *context, unsigned bits,
                                    bool isSigned, double scale,
                                    int64_t zeroPoint, int64_t low,
                                    int64_t high) {
  return quant::UniformQuantizedType::get(
      isSigned ? quant::QuantizationFlags::Signed : 0,
      IntegerType::get(context, bits), Float32Type::get(context), scale,
      zeroPoint, low, high);
}

/// The scale at which the larger end of `range` gets the code `largest`.
static double symmetricScale(Range range, int64_t largest) {
  return affineCodes(mirror(range), 2 * largest).scale;
}

quant::QuantizedType deit::affineU8(MLIRContext *context, Range range) {
  AffineCodes codes = affineCodes(range, 255);
  return uniform(context, 8, false, codes.scale, codes.zeroPoint, 0, 255);
}

quant::QuantizedType deit::softmaxU8(MLIRContext *context) {
  return uniform(context, 8, false, 1.0 / 255, 0, 0, 255);
}

quant::QuantizedType deit::symmetricI8(MLIRContext *context, Range range) {
  return uniform(context, 8, true, symmetricScale(range, 127), 0, -127, 127);
}

/// What is finer than this in the residual stream is nothing beside the epsilon
/// of a layer norm, usually 1e-6, below whose root by 2^-20 nothing is
/// resolved.
static constexpr double kFinestStream = 0x1p-28;

quant::QuantizedType deit::symmetricI16(MLIRContext *context, Range range,
                                        double headroom) {
  double scale =
      std::max(kFinestStream, headroom * symmetricScale(range, 32767));
  return uniform(context, 16, true, scale, 0, -32767, 32767);
}

quant::QuantizedType deit::affineU8InI16(MLIRContext *context, Range range) {
  AffineCodes codes = affineCodes(range, 255);
  return uniform(context, 16, true, std::max(kFinestStream, codes.scale), 0,
                 -codes.zeroPoint, 255 - codes.zeroPoint);
}

quant::QuantizedType deit::accumulatorI32(MLIRContext *context, double scale) {
  return uniform(context, 32, true, scale, 0, INT32_MIN, INT32_MAX);
}

quant::QuantizedType deit::weightI8(MLIRContext *context,
                                    ArrayRef<double> scales) {
  if (scales.size() == 1)
    return uniform(context, 8, true, scales[0], 0, -127, 127);
  SmallVector<int64_t> zeroPoints(scales.size(), 0);
  return quant::UniformQuantizedPerAxisType::get(
      quant::QuantizationFlags::Signed, IntegerType::get(context, 8),
      Float32Type::get(context), scales, zeroPoints, /*quantizedDimension=*/0,
      -127, 127);
}

double deit::scaleOf(Value value) {
  return cast<quant::UniformQuantizedType>(
             cast<RankedTensorType>(value.getType()).getElementType())
      .getScale();
}
