// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The weights that passes of this folder round: matrices of linear layers and
// patch embeddings, and constants that are added to the residual stream.

#ifndef DEIT_LIB_CALIBRATION_WEIGHTS_H
#define DEIT_LIB_CALIBRATION_WEIGHTS_H

#include "deit/Calibration/Calibration.h"
#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Quant/ErrorFeedback.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace deit {

/// A weight of a float model as a matrix: a row for each output channel, or one
/// row for all that is added.
struct WeightMatrix {
  Operation *op;             ///< deit.linear, deit.patch_embed or deit.add
  ConstantOp constant;       ///< its weight, which nothing else uses
  std::vector<float> values; ///< rows x columns
  size_t rows;

  bool isLayer() const { return !isa<AddOp>(op); }
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

/// The finest step of each row at which its codes keep to 8 bits, with room for
/// errors that are fed back.
std::vector<double> finestSteps(const WeightMatrix &weight);

/// `codes * steps` by row, as floats.
std::vector<float> valuesOf(ArrayRef<int8_t> codes, ArrayRef<double> steps);

/// A value when it is known, as rows of `columns`; later operations see what
/// becomes of it.
using ValueVisitor = llvm::function_ref<void(
    Value value, MutableArrayRef<float> values, int64_t columns)>;

/// Runs `function` on `images` and shows `visit` every value in the order of
/// execution; of the images those that a patch embedding multiplies, the
/// patches.
Error visitValues(FloatReference &reference, func::FuncOp function,
                  const ImageBatch &images, ValueVisitor visit);

/// Whether a layer multiplies `value`.
bool isLayerInput(Value value);

/// The conditional covariance's options for an input of `count` values in rows
/// of `columns`: a covariance of few rows is to be believed less.
FeedbackOptions dampedFor(FeedbackOptions options, size_t count,
                          int64_t columns);

} // namespace deit

#endif // DEIT_LIB_CALIBRATION_WEIGHTS_H
