// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Distributions of weights and activations, in the few numbers that tell how
// well 8-bit codes will serve them. No IR.

#ifndef DEIT_ANALYSIS_DISTRIBUTIONS_H
#define DEIT_ANALYSIS_DISTRIBUTIONS_H

#include "deit/Calibration/Statistics.h"

namespace deit {

/// Values of one tensor.
struct Distribution {
  int64_t count = 0; ///< of values
  double minimum = 0, maximum = 0, mean = 0, deviation = 0;
  double kurtosis = 0; ///< 3 for a normal distribution, 0 for a constant
  /// Percent of the values that are more than 6 deviations away from the mean,
  /// to a bin of the 4096 that the range is cut into.
  double outlierPercent = 0;
  /// The range of the widest channel by the median of the channels' ranges;
  /// none without channels, or where the median is 0.
  std::optional<double> channelSpread;
  Range range;                     ///< that `bins` cut into equal parts
  std::vector<double> bins;        ///< how many values each holds, 128 at most
  std::vector<float> channelLows;  ///< the least value of each channel
  std::vector<float> channelHighs; ///< the largest
};

/// What `statistics` say.
Distribution distributionOf(const ActivationStatistics &statistics);

/// Of weights whose `rows` rows, each after the other in `values`, are output
/// channels.
Distribution distributionOfWeights(ArrayRef<float> values, int64_t rows);

/// The counts of `histogram` in at most 128 bins.
std::vector<double> coarseBins(const Histogram &histogram);

/// The middle of `values`, the mean of the two in the middle if they are even
/// in number; of nothing, none.
std::optional<double> medianOf(std::vector<double> values);

} // namespace deit

#endif // DEIT_ANALYSIS_DISTRIBUTIONS_H
