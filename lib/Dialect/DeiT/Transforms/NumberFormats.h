// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The quantized types that deit-quantize gives out.

#ifndef DEIT_LIB_DIALECT_DEIT_TRANSFORMS_NUMBERFORMATS_H
#define DEIT_LIB_DIALECT_DEIT_TRANSFORMS_NUMBERFORMATS_H

#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Quant/Observers.h"

namespace deit {

/// u8 with a zero point, for `range` extended to include 0.
quant::QuantizedType affineU8(MLIRContext *context, Range range);

/// u8 with zero point 0 and a scale of 1/255: softmax numerators.
quant::QuantizedType softmaxU8(MLIRContext *context);

/// i8 in [-127, 127] with zero point 0, for `range` mirrored.
quant::QuantizedType symmetricI8(MLIRContext *context, Range range);

/// i16 in [-32767, 32767] with zero point 0, for `headroom` times `range`
/// mirrored.
quant::QuantizedType symmetricI16(MLIRContext *context, Range range,
                                  double headroom);

/// The codes of affineU8 with the zero point taken out: they need 9 bits and
/// are kept in 16, bounded by the 256 values that 8 bits have.
quant::QuantizedType affineU8InI16(MLIRContext *context, Range range);

/// i32 with zero point 0.
quant::QuantizedType accumulatorI32(MLIRContext *context, double scale);

/// i8 in [-127, 127]: one scale for all, or one for each index of the first
/// dimension.
quant::QuantizedType weightI8(MLIRContext *context, ArrayRef<double> scales);

/// The scale of a type with a single one.
double scaleOf(Value value);

} // namespace deit

#endif // DEIT_LIB_DIALECT_DEIT_TRANSFORMS_NUMBERFORMATS_H
