// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Converts one quantized `deit` function: what its operations share.

#ifndef DEIT_LIB_CONVERSION_DEITTOFXP_CONVERTER_H
#define DEIT_LIB_CONVERSION_DEITTOFXP_CONVERTER_H

#include "deit/Conversion/Passes.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "llvm/ADT/DenseMap.h"

namespace deit {

/// What the codes of a value stand for, `x = (code - zeroPoint) * scale`, and
/// the codes it may have.
struct CodeScale {
  double scale;
  int64_t zeroPoint, low, high;

  /// The largest absolute code.
  int64_t most() const { return std::max(-low, high); }
};

/// Builds the `fxp` operations beside the `deit` ones, then erases the latter.
/// Every function that fails has reported why.
class Converter {
public:
  explicit Converter(func::FuncOp function)
      : function(function), builder(function.getContext()) {}

  LogicalResult run();

  /// What has been converted so far.
  struct Counts {
    unsigned products = 0, heads = 0, tables = 0;
  };
  const Counts &converted() const { return counts; }

private:
  // DeiTToFxp.cpp: the function as a whole.
  LogicalResult checkCompilable();
  LogicalResult checkQuantized();
  void convertArguments();
  LogicalResult convertBody();
  LogicalResult convertReturn(func::ReturnOp op);
  void eraseOriginals();
  LogicalResult convertOperation(Operation *op);
  LogicalResult convert(DequantizeOp op);
  LogicalResult convert(PrependTokenOp op);
  LogicalResult convert(SelectTokenOp op);

  // Layers.cpp
  struct Weight {
    std::vector<int8_t> codes;  ///< [outputs, inputs]
    std::vector<double> scales; ///< of each output
    Value value;                ///< the same codes as an fxp.constant
    int64_t inputs;

    ArrayRef<int8_t> row(int64_t output) const {
      return ArrayRef(codes).slice(output * inputs, inputs);
    }
  };
  /// What rounding has done to a row of weights, and does to its products.
  struct RowNoise {
    double weights; ///< deviation of the codes, relative to their size
    double sums;    ///< deviation of a sum, in its steps, for 8-bit inputs
  };
  static std::vector<RowNoise> noiseOf(const Weight &weight);
  FailureOr<Weight> weightOf(Operation *op, Value weight);
  FailureOr<std::vector<int32_t>> biasCodes(Operation *op, Value bias,
                                            const Weight &weight,
                                            const CodeScale &input,
                                            ArrayRef<RowNoise> noise);
  FailureOr<int64_t> boundOf(Operation *op, const Weight &weight,
                             ArrayRef<int32_t> bias, const CodeScale &input);
  LogicalResult convertProduct(Operation *op, Value input,
                               const CodeScale &inputScale, Value weight,
                               Value bias);
  LogicalResult requantize(Operation *op, Value sums, ArrayRef<double> scales,
                           int64_t bound, ArrayRef<RowNoise> noise);
  LogicalResult convert(PatchEmbedOp op);
  LogicalResult convert(LinearOp op);
  LogicalResult convert(LayerNormOp op);
  LogicalResult convert(GeluOp op);
  LogicalResult convert(AddOp op);

  // Attention.cpp
  LogicalResult convert(SplitHeadsOp op);
  LogicalResult convert(MergeHeadsOp op);
  LogicalResult convert(MatmulOp op);
  LogicalResult convertScores(MatmulOp op, fxp::MatmulOp product);
  LogicalResult convertValues(MatmulOp op, fxp::MatmulOp product, Value sums);
  LogicalResult convert(SoftmaxOp op);

  // Converter.cpp: types, scales, constants.

  /// The integer tensor for a tensor of codes or of raw pixels; null for
  /// others.
  RankedTensorType integerType(Value value);
  /// The scale of a value quantized per tensor; `what` names it in the error.
  FailureOr<CodeScale> scaleOf(Operation *op, Value value, StringRef what);
  /// The same, with storage of `width` bits and a zero point of 0.
  FailureOr<CodeScale> symmetricScaleOf(Operation *op, Value value,
                                        StringRef what, unsigned width);
  /// What stands for `value` now. Quantized constants are made when asked for;
  /// null, reported, where there is nothing.
  Value mapped(Operation *user, Value value);
  /// Has `to` stand for `from` and carry its type as `fxp.format`.
  void map(Value from, Value to);
  /// An fxp.constant called after `op`'s module path and `part`.
  template <typename T>
  Value constant(Operation *op, StringRef part, ArrayRef<int64_t> shape,
                 Type element, ArrayRef<T> codes);
  Value vector(Operation *op, StringRef part, ArrayRef<int32_t> codes);
  /// The elements with another shape; a resource is shared, not copied.
  static ElementsAttr reshaped(ElementsAttr elements, ArrayRef<int64_t> shape);
  /// An error at `op` that names its module path.
  static InFlightDiagnostic errorAt(Operation *op);
  static LogicalResult report(Operation *op, Error error);
  /// Whether two scales differ by no more than their arithmetic rounds.
  static bool equal(double a, double b);

  func::FuncOp function;
  OpBuilder builder;
  llvm::DenseMap<Value, Value> values;
  /// Row sums of each softmax, by its deit result.
  llvm::DenseMap<Value, Value> rowSums;
  Counts counts;
};

} // namespace deit

#endif // DEIT_LIB_CONVERSION_DEITTOFXP_CONVERTER_H
