// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The weights that passes of this folder round: matrices of linear layers and
// patch embeddings.

#ifndef DEIT_LIB_CALIBRATION_WEIGHTS_H
#define DEIT_LIB_CALIBRATION_WEIGHTS_H

#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace deit {

/// A weight of a float model as a matrix: a row for each output channel.
struct WeightMatrix {
  Operation *op;             ///< the layer, deit.linear or deit.patch_embed
  ConstantOp constant;       ///< its weight, which nothing else uses
  std::vector<float> values; ///< rows x columns
  size_t rows;

  size_t columns() const { return values.size() / rows; }
  ArrayRef<float> row(size_t index) const {
    return ArrayRef(values).slice(index * columns(), columns());
  }
};

/// The weights of `function` in the order of execution. A constant that several
/// layers use is copied, and each constant is moved before its layer. Fails,
/// naming the module path, on a weight that is no float constant.
Expected<SmallVector<WeightMatrix>> collectWeights(func::FuncOp function);

/// Puts `values` in the place of the weight's.
void replaceValues(WeightMatrix &weight, ArrayRef<float> values);

/// `codes * steps` by row, as floats.
std::vector<float> valuesOf(ArrayRef<int8_t> codes, ArrayRef<double> steps);

} // namespace deit

#endif // DEIT_LIB_CALIBRATION_WEIGHTS_H
