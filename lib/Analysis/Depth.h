// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How errors add up on the way through a model in which everything is rounded.

#ifndef DEIT_LIB_ANALYSIS_DEPTH_H
#define DEIT_LIB_ANALYSIS_DEPTH_H

#include "PlainRounding.h"
#include "Steps.h"
#include "deit/Reference/Comparison.h"

namespace deit {

/// After one addition of a branch.
struct DepthPoint {
  size_t module;      ///< the addition
  double naive, w8a8; ///< signal to noise, in decibels
};

/// After each addition of a branch, with everything rounded: plainly, and by
/// the recipe w8a8. On the first `images` images.
Expected<std::vector<DepthPoint>> measureDepth(const Subject &subject,
                                               const PlainRounding &rounding,
                                               const QuantizedModel &w8a8,
                                               int64_t images);

/// What the codes of one module's result are used for.
struct CodeUse {
  double low = 0, high = 0; ///< that the codes stand for
  unsigned bits = 8;        ///< 8 or 16
  int64_t used = 0;         ///< codes that occur
  int64_t of = 0;           ///< codes there are
  /// Percent of the codes that less than a hundredth of an even share of the
  /// values gets.
  double deadPercent = 0;
  double clippedPercent = 0; ///< of the values, beyond the codes
};

/// The use of 8-bit codes of `format` that cover the range of `histogram`.
CodeUse useOf(const Histogram &histogram, const CodeFormat &format);

/// The use of each module's codes in the quantized `model`, on calibration
/// images; none where codes have 32 bits or no single scale.
Expected<std::vector<std::optional<CodeUse>>>
measureCodes(const Subject &subject, const QuantizedModel &model);

/// The float model against the integer program of `model`, or for convolutional
/// networks what it means, on the first few images, all as one; none for
/// modules that have no counterpart.
Expected<std::vector<std::optional<ValueComparison>>>
compareInteger(const Subject &subject, const QuantizedModel &model);

} // namespace deit

#endif // DEIT_LIB_ANALYSIS_DEPTH_H
