// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is known about a model's activations after it has run on images, and
// the file that keeps it.

#ifndef DEIT_CALIBRATION_STATISTICS_H
#define DEIT_CALIBRATION_STATISTICS_H

#include "deit/Quant/Histogram.h"
#include "deit/Support/LLVM.h"
#include <optional>
#include <string>
#include <vector>

namespace deit {

/// The values of one channel, an index of an activation's last dimension.
struct ChannelStatistics {
  float minimum, maximum, mean, variance;
};

/// What one operation computes, over all images.
struct ActivationStatistics {
  std::string path;      ///< of the module, "blocks.3.mlp.fc1"
  std::string operation; ///< "deit.linear"
  double mean = 0;
  double variance = 0; ///< the mean squared deviation
  double kurtosis = 0; ///< 3 for a normal distribution, 0 for a constant
  /// Empty for scores and attention weights, which have no channels.
  std::vector<ChannelStatistics> channels;
  Histogram histogram; ///< its range is that of the values
  /// Every value counted as the square of the derivative of the log-likelihood
  /// by it, expected under the model's own output; not for scores and
  /// attention weights.
  std::optional<Histogram> fisher;
};

/// What the operations of one model compute.
struct ModelStatistics {
  uint64_t fingerprint = 0;  ///< of the model, see modelFingerprint
  uint32_t images = 0;       ///< that it ran on
  uint32_t fisherImages = 0; ///< of them, those that `fisher` is from
  /// In the order of execution.
  std::vector<ActivationStatistics> activations;
};

/// Writes `statistics` to the file `path`, whole or not at all. The bytes are
/// the same for the same statistics.
Error writeStatistics(const ModelStatistics &statistics, StringRef path);

/// Reads such a file. Fails, naming it and the remedy, when it is none, of
/// another version, cut short or damaged.
Expected<ModelStatistics> readStatistics(StringRef path);

} // namespace deit

#endif // DEIT_CALIBRATION_STATISTICS_H
