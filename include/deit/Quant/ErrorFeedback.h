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
  /// The deviation of column `c`, given those that are rounded after it: an
  /// error of its weight that nothing makes up for any more costs its square.
  double deviation(size_t c) const { return deviations[c]; }
  /// Row `i` of U, of which elements `i` on count.
  const float *row(size_t i) const { return upper.data() + i * columns(); }

private:
  std::vector<size_t> order;
  std::vector<float> upper;
  std::vector<double> deviations;
};

/// `FeedbackFactor::deviation` of every column, without the factor.
Expected<std::vector<double>>
conditionalDeviations(std::vector<double> hessian,
                      const FeedbackOptions &options);

/// How steps of columns are to relate to one another in a weight of `rows`
/// rows: the less an error there costs, the larger. Under a budget of
/// entropy-coded bits, errors are least where all columns' cost the same: steps
/// go as 1 / deviation, their geometric mean is 1. Empty if that does not save
/// the bits it takes to tell.
std::vector<double> columnShape(ArrayRef<double> deviations, size_t rows);

/// The mean cost of a column's squared error in squared steps of the weight,
/// with the columns' steps in `shape`.
double columnCost(ArrayRef<double> deviations, ArrayRef<double> shape);

/// Multiples of a row's step that columns have as steps: about
/// `shape * fineness`, whole numbers from 1 to 127; all 1 if `shape` is empty.
std::vector<uint8_t> columnMultiples(ArrayRef<double> shape, double fineness);

/// Codes of `weight` (rows x columns, row-major), in [-127, 127]: weight n of
/// row r becomes about `codes * steps[r]`, those of column c being multiples of
/// `multiples[c]`. Frantar et al., GPTQ (2022), algorithm 1, a step for each
/// row and column.
std::vector<int8_t> roundWithFeedback(ArrayRef<float> weight,
                                      ArrayRef<double> steps,
                                      ArrayRef<uint8_t> multiples,
                                      const FeedbackFactor &factor);

/// Codes of `weight`, each the nearest to its value, in [-127, 127].
std::vector<int8_t> roundToNearest(ArrayRef<float> weight,
                                   ArrayRef<double> steps);

} // namespace deit

#endif // DEIT_QUANT_ERRORFEEDBACK_H
