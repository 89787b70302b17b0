// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How far values are from what they should be.

#include "deit/Quant/Measures.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>
#include <limits>

using namespace deit;
using llvm::ArrayRef;

void NoiseMeter::add(ArrayRef<float> reference, ArrayRef<float> values) {
  for (auto [expected, found] : llvm::zip_equal(reference, values)) {
    double value = expected, error = found - value;
    signal += value * value;
    noise += error * error;
  }
}

double NoiseMeter::decibels() const {
  return noise == 0 ? std::numeric_limits<double>::infinity()
                    : 10 * std::log10(signal / noise);
}

double deit::logSumExp(ArrayRef<float> row) {
  double largest = *llvm::max_element(row), sum = 0;
  for (float value : row)
    sum += std::exp(value - largest);
  return largest + std::log(sum);
}

double deit::totalDivergence(ArrayRef<float> logits, ArrayRef<float> changed,
                             size_t classes) {
  double sum = 0;
  for (size_t begin = 0; begin < logits.size(); begin += classes) {
    ArrayRef<float> p = logits.slice(begin, classes);
    ArrayRef<float> q = changed.slice(begin, classes);
    double pTotal = logSumExp(p), qTotal = logSumExp(q);
    for (auto [pLogit, qLogit] : llvm::zip_equal(p, q)) {
      double logP = pLogit - pTotal;
      sum += std::exp(logP) * (logP - (qLogit - qTotal));
    }
  }
  return sum;
}

size_t deit::decisionOf(ArrayRef<float> row) {
  return llvm::max_element(row) - row.begin();
}

void LogitsMeter::add(ArrayRef<float> reference, ArrayRef<float> logits) {
  noise.add(reference, logits);
  divergences += totalDivergence(reference, logits, classes);
  for (size_t begin = 0; begin < logits.size(); begin += classes) {
    same += decisionOf(reference.slice(begin, classes)) ==
            decisionOf(logits.slice(begin, classes));
    ++count;
  }
}

double LogitsMeter::agreement() const {
  return 100.0 * static_cast<double>(same) / static_cast<double>(count);
}

double LogitsMeter::divergence() const {
  return divergences / static_cast<double>(count);
}
