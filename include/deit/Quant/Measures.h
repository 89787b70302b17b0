// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How far values are from what they should be. No IR.

#ifndef DEIT_QUANT_MEASURES_H
#define DEIT_QUANT_MEASURES_H

#include "llvm/ADT/ArrayRef.h"
#include <cstddef>
#include <cstdint>

namespace deit {

/// Gathers the power of values and of their errors, over as many calls as
/// there are.
class NoiseMeter {
public:
  /// Compares `values` with `reference`, of the same length.
  void add(llvm::ArrayRef<float> reference, llvm::ArrayRef<float> values);

  /// 10 log10(sum of squared reference values / sum of squared errors);
  /// infinite where there is no error.
  double decibels() const;

private:
  double signal = 0, noise = 0;
};

/// log(sum(exp(row))).
double logSumExp(llvm::ArrayRef<float> row);

/// The sum over rows of `classes` logits of
/// KL(softmax(logits) || softmax(changed)), in nats.
double totalDivergence(llvm::ArrayRef<float> logits,
                       llvm::ArrayRef<float> changed, size_t classes);

/// The index of the largest of `row`, the first of several.
size_t decisionOf(llvm::ArrayRef<float> row);

/// What changed logits are beside those of a reference, over many images.
class LogitsMeter {
public:
  explicit LogitsMeter(size_t classes) : classes(classes) {}

  /// Compares rows of `classes` logits.
  void add(llvm::ArrayRef<float> reference, llvm::ArrayRef<float> logits);

  int64_t images() const { return count; }
  double decibels() const { return noise.decibels(); }
  /// Percent of the images for which the same logit is the largest.
  double agreement() const;
  /// The mean divergence from the reference, in nats.
  double divergence() const;

private:
  size_t classes;
  NoiseMeter noise;
  int64_t count = 0, same = 0;
  double divergences = 0;
};

} // namespace deit

#endif // DEIT_QUANT_MEASURES_H
