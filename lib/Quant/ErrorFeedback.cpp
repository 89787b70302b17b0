// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Error feedback: the factor of the inverse Hessian, and the rounding.

#include "deit/Quant/ErrorFeedback.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Parallel.h"
#include <cmath>
#include <numeric>

using namespace deit;

static constexpr int kLargestCode = 127;

//===----------------------------------------------------------------------===//
// The factor
//===----------------------------------------------------------------------===//

/// The upper triangle of `matrix` (n x n) becomes R with matrix = R R^T:
/// Cholesky's factorization from the last column on, each taken out of what is
/// left at once. False if the matrix is not positive definite.
static bool factorFromBelow(std::vector<double> &matrix, size_t n) {
  std::vector<double> column(n);
  for (size_t j = n; j-- > 0;) {
    double diagonal = matrix[j * n + j];
    if (!(diagonal > 0) || !std::isfinite(diagonal))
      return false;
    double root = std::sqrt(diagonal);
    matrix[j * n + j] = root;
    for (size_t i = 0; i < j; ++i)
      column[i] = matrix[i * n + j] /= root;
    for (size_t k = 0; k < j; ++k) {
      double factor = column[k], *row = matrix.data() + k * n;
      for (size_t i = k; i < j; ++i)
        row[i] -= factor * column[i];
    }
  }
  return true;
}

/// The inverse of `r` (n x n, upper triangular), as floats.
static std::vector<float> invertUpper(const std::vector<double> &r, size_t n) {
  std::vector<double> inverse(n * n, 0);
  // Row i of the inverse from the rows of r: solved column by column, all
  // columns of a row at once.
  for (size_t i = n; i-- > 0;) {
    double *row = inverse.data() + i * n;
    for (size_t k = i + 1; k < n; ++k) {
      double factor = r[i * n + k];
      const double *below = inverse.data() + k * n;
      for (size_t j = k; j < n; ++j)
        row[j] -= factor * below[j];
    }
    row[i] += 1;
    for (size_t j = i; j < n; ++j)
      row[j] /= r[i * n + i];
  }
  return std::vector<float>(inverse.begin(), inverse.end());
}

namespace {
/// A Hessian with its columns in the order of rounding, damped and factored.
struct OrderedFactor {
  std::vector<size_t> order;
  std::vector<double> r; ///< upper triangular, Hessian = R R^T

  /// The deviation of each column, given those after it.
  std::vector<double> deviations() const {
    std::vector<double> result(order.size());
    for (size_t i = 0; i < order.size(); ++i)
      result[order[i]] = r[i * order.size() + i];
    return result;
  }
};
} // namespace

static std::vector<size_t> orderOf(ArrayRef<double> hessian, size_t n,
                                   bool ordered) {
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  if (ordered)
    llvm::sort(order, [&](size_t a, size_t b) {
      double x = hessian[a * n + a], y = hessian[b * n + b];
      return x != y ? x > y : a < b;
    });
  return order;
}

static Expected<OrderedFactor> factorHessian(ArrayRef<double> hessian,
                                             const FeedbackOptions &options) {
  auto n = static_cast<size_t>(std::lround(std::sqrt(hessian.size())));
  assert(n * n == hessian.size() && "a Hessian is square");
  double trace = 0;
  for (size_t i = 0; i < n; ++i)
    trace += hessian[i * n + i];
  if (!(trace > 0)) // an input that never changes has nothing to weigh
    trace = static_cast<double>(n);
  OrderedFactor result = {orderOf(hessian, n, options.ordered),
                          std::vector<double>(n * n)};
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j)
      result.r[i * n + j] = hessian[result.order[i] * n + result.order[j]];
  for (size_t i = 0; i < n; ++i)
    result.r[i * n + i] += options.damping * trace / static_cast<double>(n);
  if (!factorFromBelow(result.r, n))
    return llvm::createStringError(
        "the covariance of the layer's input is not positive definite; raise "
        "the damping");
  return result;
}

Expected<FeedbackFactor>
FeedbackFactor::create(std::vector<double> hessian,
                       const FeedbackOptions &options) {
  Expected<OrderedFactor> factor = factorHessian(hessian, options);
  if (!factor)
    return factor.takeError();
  FeedbackFactor result;
  result.deviations = factor->deviations();
  result.upper = invertUpper(factor->r, factor->order.size());
  result.order = std::move(factor->order);
  return result;
}

Expected<std::vector<double>>
deit::conditionalDeviations(std::vector<double> hessian,
                            const FeedbackOptions &options) {
  Expected<OrderedFactor> factor = factorHessian(hessian, options);
  if (!factor)
    return factor.takeError();
  return factor->deviations();
}

//===----------------------------------------------------------------------===//
// Steps of columns
//===----------------------------------------------------------------------===//

std::vector<double> deit::columnShape(ArrayRef<double> deviations,
                                      size_t rows) {
  // What a multiple costs in a container, and how far apart they may be.
  constexpr double kBitsToTell = 5, kFarthest = 8;
  double logarithms = 0;
  for (double deviation : deviations)
    logarithms += std::log(deviation);
  double mean = std::exp(logarithms / deviations.size());
  std::vector<double> shape;
  for (double deviation : deviations)
    shape.push_back(std::clamp(mean / deviation, 1 / kFarthest, kFarthest));
  double gain = columnCost(deviations, {}) / columnCost(deviations, shape);
  if (std::log2(gain) / 2 * static_cast<double>(rows) < kBitsToTell)
    return {};
  return shape;
}

double deit::columnCost(ArrayRef<double> deviations, ArrayRef<double> shape) {
  double sum = 0;
  for (auto [column, deviation] : llvm::enumerate(deviations)) {
    double error = deviation * (shape.empty() ? 1 : shape[column]);
    sum += error * error;
  }
  return sum / static_cast<double>(deviations.size());
}

std::vector<uint8_t> deit::columnMultiples(ArrayRef<double> shape,
                                           double fineness) {
  std::vector<uint8_t> multiples;
  for (double each : shape)
    multiples.push_back(static_cast<uint8_t>(
        std::clamp<double>(std::nearbyint(each * fineness), 1, kLargestCode)));
  return multiples;
}

//===----------------------------------------------------------------------===//
// Rounding
//===----------------------------------------------------------------------===//

static int clampedCode(float value) {
  return static_cast<int>(
      std::clamp<float>(std::nearbyint(value), -kLargestCode, kLargestCode));
}

std::vector<int8_t> deit::roundToNearest(ArrayRef<float> weight,
                                         ArrayRef<double> steps) {
  size_t columns = weight.size() / steps.size();
  std::vector<int8_t> codes(weight.size());
  for (size_t i = 0; i < weight.size(); ++i)
    codes[i] = static_cast<int8_t>(
        clampedCode(static_cast<float>(weight[i] / steps[i / columns])));
  return codes;
}

/// Rounds one row, in units of its step, so that codes are integers.
static void roundRow(ArrayRef<float> weight, double step,
                     ArrayRef<uint8_t> multiples, const FeedbackFactor &factor,
                     int8_t *codes) {
  size_t n = factor.columns();
  std::vector<float> left(n);
  for (size_t i = 0; i < n; ++i)
    left[i] = static_cast<float>(weight[factor.column(i)] / step);
  for (size_t i = 0; i < n; ++i) {
    size_t column = factor.column(i);
    int multiple = multiples.empty() ? 1 : multiples[column];
    int most = kLargestCode / multiple;
    float quotient = left[i] / static_cast<float>(multiple);
    int code = multiple * static_cast<int>(std::clamp<float>(
                              std::nearbyint(quotient), -most, most));
    codes[column] = static_cast<int8_t>(code);
    const float *coefficients = factor.row(i);
    float error = (left[i] - static_cast<float>(code)) / coefficients[i];
    float *rest = left.data();
    for (size_t j = i + 1; j < n; ++j)
      rest[j] -= error * coefficients[j];
  }
}

std::vector<int8_t> deit::roundWithFeedback(ArrayRef<float> weight,
                                            ArrayRef<double> steps,
                                            ArrayRef<uint8_t> multiples,
                                            const FeedbackFactor &factor) {
  size_t rows = steps.size(), columns = factor.columns();
  assert(weight.size() == rows * columns && "a row has the factor's columns");
  std::vector<int8_t> codes(weight.size());
  llvm::parallelFor(0, rows, [&](size_t row) {
    roundRow(weight.slice(row * columns, columns), steps[row], multiples,
             factor, codes.data() + row * columns);
  });
  return codes;
}
