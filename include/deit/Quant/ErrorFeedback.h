// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rounds weights such that later columns make up for the errors of earlier
// ones. No IR.

#ifndef DEIT_QUANT_ERRORFEEDBACK_H
#define DEIT_QUANT_ERRORFEEDBACK_H

#include "deit/Support/LLVM.h"
#include <cstdint>
#include <vector>

namespace deit {

/// How error feedback goes about it.
struct FeedbackOptions {
  /// Share of the Hessian's mean diagonal that is added to its diagonal.
  double damping = 0.01;
  /// Columns of the largest diagonal first (else in their order).
  bool ordered = true;
};

/// What all rows of a weight have in common: how an error in one column is made
/// up for by the columns after it.
class FeedbackFactor {
public:
  /// Factors the inverse of `hessian` (columns x columns, the covariance of the
  /// layer's input) as U^T U, U upper triangular. Fails if it is not positive
  /// definite, damping included, which takes values that are not finite.
  static Expected<FeedbackFactor> create(std::vector<double> hessian,
                                         const FeedbackOptions &options);

  size_t columns() const { return order.size(); }
  /// The column that is rounded at position `i`.
  size_t column(size_t i) const { return order[i]; }
  /// Row `i` of U, of which elements `i` on count.
  const float *row(size_t i) const { return upper.data() + i * columns(); }

private:
  std::vector<size_t> order;
  std::vector<float> upper;
};

/// Codes of `weight` (rows x columns, row-major), in [-127, 127]: weight n of
/// row r becomes about `codes * steps[r]`. Frantar et al., GPTQ (2022),
/// algorithm 1, a step for each row.
std::vector<int8_t> roundWithFeedback(ArrayRef<float> weight,
                                      ArrayRef<double> steps,
                                      const FeedbackFactor &factor);

/// Codes of `weight`, each the nearest to its value, in [-127, 127].
std::vector<int8_t> roundToNearest(ArrayRef<float> weight,
                                   ArrayRef<double> steps);

} // namespace deit

#endif // DEIT_QUANT_ERRORFEEDBACK_H
