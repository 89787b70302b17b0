// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs a model on images and gathers what quantization has to know.

#ifndef DEIT_CALIBRATION_CALIBRATION_H
#define DEIT_CALIBRATION_CALIBRATION_H

#include "deit/Quant/Observers.h"
#include "deit/Reference/FloatReference.h"
#include "llvm/ADT/MapVector.h"

namespace deit {

/// How a range is chosen out of the values that occur.
enum class Observer { MinMax, Percentile, MSE };

/// How the range of GELU's operand is chosen.
enum class GeluRange {
  Output,  ///< by the error at GELU's output
  Observer ///< as every other range
};

/// How calibration chooses ranges.
struct CalibrationOptions {
  Observer observer = Observer::MSE;
  double percentile = 99.99; ///< percent, above 50, at most 100
  GeluRange geluRange = GeluRange::Output;
};

/// Images as FloatReference takes them: `count` times height x width x RGB.
struct ImageBatch {
  std::vector<uint8_t> pixels;
  int64_t count = 0;
};

/// The first `samples` images of the CIFAR-10 or CIFAR-100 binary file `path`,
/// resized to what `function` takes, as it says. Fails when the file holds
/// fewer, is none, or has labels that the function's result does not.
Expected<ImageBatch> loadCalibrationImages(func::FuncOp function,
                                           StringRef path, int64_t samples);

/// How many images such a file holds.
Expected<int64_t> countCalibrationImages(func::FuncOp function, StringRef path);

/// What calibration knows about one value.
struct ValueStatistics {
  Range range;
  /// The mean of every channel before rounding, for linear layers and patch
  /// embeddings; otherwise empty.
  std::vector<float> channelMeans;
};

/// By the operation that computes the value, in the order of execution.
using Statistics = llvm::MapVector<Operation *, ValueStatistics>;

/// Runs `function`, a float one with its folds done, on `images`. Values that
/// deit-quantize gives symmetric codes get the range that is best for those;
/// the residual stream gets everything that occurs. Fails when a value is not
/// finite; the error names its module path.
Expected<Statistics> collectRanges(func::FuncOp function,
                                   const ImageBatch &images,
                                   const CalibrationOptions &options);

/// The mean of each channel, the last dimension, of which there are
/// `channels`.
std::vector<double> channelMeans(ArrayRef<float> values, int64_t channels);

} // namespace deit

#endif // DEIT_CALIBRATION_CALIBRATION_H
