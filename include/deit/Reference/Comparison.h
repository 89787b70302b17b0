// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compares what two levels of one model compute, module by module.

#ifndef DEIT_REFERENCE_COMPARISON_H
#define DEIT_REFERENCE_COMPARISON_H

#include "deit/Support/LLVM.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <optional>
#include <string>
#include <vector>

namespace deit {

/// What one operation computed, as the real numbers it stands for.
struct TracedValue {
  Operation *op;
  std::string path; ///< module path, "blocks.3.mlp.fc1"; "…#2" if it repeats
  std::vector<int64_t> shape;
  std::vector<float> values; ///< row-major
};

/// One run of a model on one image.
struct Trace {
  std::vector<TracedValue> values; ///< in the order of execution
  std::vector<float> logits;
};

/// Runs `forward`, tensor<1xHxWx3xui8> to logits, on one image of H x W x 3
/// bytes, and keeps every value that has a module path: of a `deit` function
/// what its operations compute after rounding, of an `fxp` one what the codes
/// stand for by their `fxp.format` (sums that have no single scale are left
/// out; softmax's numerators count as weights, divided by their sum). Fails
/// where there are no formats. `threads` 0 means one per core.
Expected<Trace> traceModel(func::FuncOp forward, ArrayRef<uint8_t> image,
                           unsigned threads = 0);

/// How far values of a model are from their reference.
struct ValueComparison {
  std::string path;
  std::vector<int64_t> shape;
  /// 10 log10(sum of squared reference values / sum of squared errors) in
  /// decibels; infinite where there is no error.
  double signalToNoise;
  /// By how much that is lower than the worst of the values this one is
  /// computed from, each and the image counting as 50 dB at most.
  double drop;
  double largestError; ///< absolute
  double largestValue; ///< of the reference, absolute
  double cosine;       ///< of the angle between the two, as vectors
};

/// Two runs beside each other.
struct Comparison {
  std::vector<ValueComparison> values; ///< in the order of the model
  /// Values of one run without a counterpart of their shape in the other, as
  /// "path: why".
  std::vector<std::string> unmatched;
  std::vector<float> referenceLogits, logits;

  /// The value with the largest drop; null if there are none.
  const ValueComparison *worst() const;
};

/// Compares values of one module path. Fails if the runs have none in common.
Expected<Comparison> compareTraces(const Trace &reference, const Trace &model);

/// A table for people: a line a value, the largest drop, the logits of the
/// five classes that the reference finds most likely.
void printComparison(llvm::raw_ostream &os, const Comparison &comparison);

/// The same as JSON, with all logits, as the members of an object: "modules",
/// "worst", "unmatched", "logits". Where there is no error, "snr_db" is null.
void printComparisonJSON(llvm::raw_ostream &os, StringRef model,
                         StringRef reference, int64_t image,
                         const Comparison &comparison);

} // namespace deit

#endif // DEIT_REFERENCE_COMPARISON_H
