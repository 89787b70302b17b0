// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Describes weights and activations.

#include "deit/Analysis/Distributions.h"
#include "deit/Calibration/Calibration.h"
#include <algorithm>
#include <cmath>

using namespace deit;

std::vector<double> deit::coarseBins(const Histogram &histogram) {
  constexpr size_t kMost = 128;
  ArrayRef<double> counts = histogram.counts();
  size_t width = (counts.size() + kMost - 1) / kMost;
  std::vector<double> bins((counts.size() + width - 1) / width, 0);
  for (size_t i = 0; i < counts.size(); ++i)
    bins[i / width] += counts[i];
  return bins;
}

std::optional<double> deit::medianOf(std::vector<double> values) {
  if (values.empty())
    return std::nullopt;
  llvm::sort(values);
  size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle]
                           : (values[middle - 1] + values[middle]) / 2;
}

/// Percent of what `histogram` holds that is beyond `distance` of `center`.
static double percentBeyond(const Histogram &histogram, double center,
                            double distance) {
  double outside = 0;
  for (auto [index, count] : llvm::enumerate(histogram.counts()))
    if (std::abs(histogram.binCenter(index) - center) > distance)
      outside += count;
  return 100 * outside / histogram.total();
}

static std::optional<double> spreadOf(ArrayRef<ChannelStatistics> channels) {
  std::vector<double> ranges;
  for (const ChannelStatistics &channel : channels)
    ranges.push_back(static_cast<double>(channel.maximum) - channel.minimum);
  std::optional<double> median = medianOf(ranges);
  if (!median || *median == 0)
    return std::nullopt;
  return *llvm::max_element(ranges) / *median;
}

Distribution deit::distributionOf(const ActivationStatistics &statistics) {
  constexpr double kFar = 6; // deviations
  const Histogram &histogram = statistics.histogram;
  Distribution result;
  result.count = std::llround(histogram.total());
  result.range = histogram.range();
  result.minimum = result.range.low;
  result.maximum = result.range.high;
  result.mean = statistics.mean;
  result.deviation = std::sqrt(statistics.variance);
  result.kurtosis = statistics.kurtosis;
  if (result.deviation > 0)
    result.outlierPercent =
        percentBeyond(histogram, result.mean, kFar * result.deviation);
  result.channelSpread = spreadOf(statistics.channels);
  result.bins = coarseBins(histogram);
  for (const ChannelStatistics &channel : statistics.channels) {
    result.channelLows.push_back(channel.minimum);
    result.channelHighs.push_back(channel.maximum);
  }
  return result;
}

Distribution deit::distributionOfWeights(ArrayRef<float> values, int64_t rows) {
  size_t columns = values.size() / rows;
  std::vector<float> byChannel(values.size());
  for (size_t i = 0; i < values.size(); ++i)
    byChannel[i % columns * rows + i / columns] = values[i];
  return distributionOf(describeValues(byChannel, rows));
}
