// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs `deit` functions in floating point: the oracle of everything below.

#ifndef DEIT_REFERENCE_FLOATREFERENCE_H
#define DEIT_REFERENCE_FLOATREFERENCE_H

#include "deit/Reference/TensorKernels.h"
#include "deit/Support/LLVM.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <memory>
#include <optional>
#include <vector>

namespace deit {

/// Sees, and may change in place, what an operation computes, before it is
/// rounded to the codes of a quantized result. `shape` begins with the number
/// of images, whatever the type in the IR says. Constants are not shown. A
/// result that only moves its operand's codes is not rounded again.
using FloatHook = llvm::function_ref<void(
    OpResult result, MutableArrayRef<float> values, ArrayRef<int64_t> shape)>;

/// Sees what an operation computes after it has been rounded, as the
/// operation's users do. `shape` as above; constants are not shown.
using FloatObserver = llvm::function_ref<void(
    OpResult result, ArrayRef<float> values, ArrayRef<int64_t> shape)>;

/// Sees what an operation has computed and the gradient of a loss with respect
/// to it, of the same shape, which begins with the number of images.
using GradientObserver = llvm::function_ref<void(
    OpResult result, ArrayRef<float> values, ArrayRef<float> gradients,
    ArrayRef<int64_t> shape)>;

/// The gradient of a loss with respect to logits: both images x classes.
using LossGradient =
    llvm::function_ref<std::vector<float>(ArrayRef<float> logits)>;

/// How one operation alone is rounded in a run.
struct Variant {
  std::optional<CodeFormat> weights; ///< those of weightOperand
  std::optional<CodeFormat> result;
};

/// A run in which `result` was computed as the variant `index` of those that
/// were asked for says.
struct VariantRun {
  OpResult result;
  size_t index;
  ArrayRef<float> exact;  ///< the result when nothing is rounded
  ArrayRef<float> values; ///< the result in this run
  ArrayRef<float> logits; ///< images x classes, in this run
};
using VariantObserver = llvm::function_ref<void(const VariantRun &run)>;

/// An executor of `deit` functions. Quantized types are honoured: an operand
/// counts as the value its code stands for, a result is rounded to its codes.
class FloatReference {
public:
  virtual ~FloatReference() = default;

  /// Runs `function`, tensor<1xHxWx3xui8> -> tensor<1xCxf32> (or quantized),
  /// on `count` images of H x W x 3 bytes each, all of them operation by
  /// operation. Returns count x C logits as floats. Fails on operations
  /// of other dialects and on missing resources.
  virtual Expected<std::vector<float>>
  run(func::FuncOp function, ArrayRef<uint8_t> images, int64_t count,
      FloatHook hook = nullptr, FloatObserver observer = nullptr) = 0;

  /// Runs the float `function` as `run` does and differentiates a loss of its
  /// logits, given by its gradient there, with respect to every result that
  /// `wanted` returns true for. `observer` sees them in the order of execution.
  /// All wanted values are in memory at once: few images at a time. Fails on
  /// quantized types as well, for rounding has no gradient.
  virtual Error differentiate(func::FuncOp function, ArrayRef<uint8_t> images,
                              int64_t count, LossGradient loss,
                              llvm::function_ref<bool(OpResult)> wanted,
                              GradientObserver observer) = 0;

  /// Runs `function` once, and from every result for which `variants` gives any
  /// once more to the end for each of them. Only operations of one result have
  /// variants of their weights. `hook` sees what those runs compute after it.
  /// Returns the logits of the run without. Fails as `run`.
  virtual Expected<std::vector<float>>
  runVariants(func::FuncOp function, ArrayRef<uint8_t> images, int64_t count,
              llvm::function_ref<std::vector<Variant>(OpResult)> variants,
              VariantObserver observer, FloatHook hook = nullptr) = 0;

  /// The covariance of the columns of `values`, rows of `columns` each:
  /// columns x columns, divided by the number of rows.
  virtual Expected<std::vector<double>> covariance(ArrayRef<float> values,
                                                   int64_t columns) = 0;
};

/// The executor on LibTorch; its library is loaded when first asked for, from
/// the folder of this program's libraries. Fails with a remedy when LibTorch
/// is not installed. `threads` 0 leaves their number as it is, at first one per
/// core.
Expected<FloatReference *> loadFloatReference(unsigned threads = 0);

} // namespace deit

#endif // DEIT_REFERENCE_FLOATREFERENCE_H
