// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs a model on images and gathers what quantization has to know.

#ifndef DEIT_CALIBRATION_CALIBRATION_H
#define DEIT_CALIBRATION_CALIBRATION_H

#include "deit/Calibration/Statistics.h"
#include "deit/Quant/Observers.h"
#include "deit/Reference/FloatReference.h"
#include "llvm/ADT/MapVector.h"

namespace deit {

/// How a range is chosen out of the values that occur.
enum class Observer {
  MinMax,     ///< everything that occurs
  Percentile, ///< all but the outermost values
  MSE,        ///< least squared error
  Entropy,    ///< least loss of information
  Fisher,     ///< least squared error, weighted by the Fisher information
  GeluOutput, ///< least squared error at GELU's output; for its operand
  Search      ///< of all these the one that changes the logits the least
};

/// "minmax" and so on, as `deit.range_method` has it.
StringRef methodName(Observer method);

/// How the range of GELU's operand is chosen.
enum class GeluRange {
  Output,  ///< by the error at GELU's output
  Observer ///< as every other range
};

/// How calibration chooses ranges.
struct CalibrationOptions {
  Observer observer = Observer::MSE; ///< anything but GeluOutput
  double percentile = 99.99;         ///< percent, above 50, at most 100
  GeluRange geluRange = GeluRange::Output;
};

/// Images as FloatReference takes them: `count` times height x width x RGB.
struct ImageBatch {
  std::vector<uint8_t> pixels;
  int64_t count = 0;
  std::vector<uint32_t> labels; ///< of the class, one an image

  /// The pixels of `size` images from `begin` on.
  ArrayRef<uint8_t> slice(int64_t begin, int64_t size) const {
    size_t bytes = pixels.size() / count;
    return ArrayRef(pixels).slice(begin * bytes, size * bytes);
  }
};

/// The first `samples` images of the CIFAR-10 or CIFAR-100 binary file `path`,
/// resized to what `function` takes, as it says. Fails when the file holds
/// fewer, is none, or has labels that the function's result does not.
Expected<ImageBatch> loadCalibrationImages(func::FuncOp function,
                                           StringRef path, int64_t samples);

/// How many images such a file holds.
Expected<int64_t> countCalibrationImages(func::FuncOp function, StringRef path);

/// What there is to know of `values`, a matrix whose rows have `channels`
/// entries, or none if that is 0: everything but path and operation.
ActivationStatistics describeValues(ArrayRef<float> values, int64_t channels);

/// Runs `function`, a float one with its folds done, on `images`; with `fisher`
/// backwards, too, on the first 32 of them. Values that are only moved have no
/// statistics of their own. Fails when a value is not finite; the error names
/// its module path.
Expected<ModelStatistics>
gatherStatistics(func::FuncOp function, const ImageBatch &images, bool fisher);

/// A number that functions of other operations, names, shapes or parameters
/// do not have. Fails on parameters that are not float.
Expected<uint64_t> modelFingerprint(func::FuncOp function);

/// A range that was tried.
struct RangeCandidate {
  Observer method;
  Range range;
  /// KL(softmax(logits) || softmax(logits with this alone rounded to 8 bits)),
  /// the mean over `images` images, in nats.
  double divergence = 0;
  int64_t images = 0;
  bool dropped = false; ///< was worse than others before all images were seen

  /// Counts `count` more images, of which the divergences add up to `sum`.
  void add(double sum, int64_t count) {
    divergence = (divergence * images + sum) / (images + count);
    images += count;
  }
};

/// By the operation that computes the value, in the order of execution.
using SearchCandidates =
    llvm::MapVector<Operation *, SmallVector<RangeCandidate>>;

/// The one that has not been dropped with the least divergence, or the first of
/// several.
const RangeCandidate &bestOf(ArrayRef<RangeCandidate> candidates);

/// Measures the divergence of `candidates` on `images`. Ones that turn out to
/// be worse than others are dropped on the way; where rounding matters most,
/// ranges between them are added, of the method Search.
Error measureCandidates(func::FuncOp function, const ImageBatch &images,
                        SearchCandidates &candidates);

/// The range of a value.
struct RangeChoice {
  Range range;
  std::optional<Observer> method;    ///< none where `deit.range` was there
  std::vector<RangeCandidate> tried; ///< if it was searched
};

/// By the operation that computes the value, in the order of execution.
using RangeChoices = llvm::MapVector<Operation *, RangeChoice>;

/// Whether the range of a value of `function` is chosen by one of `methods`.
bool usesMethod(func::FuncOp function, const CalibrationOptions &options,
                ArrayRef<Observer> methods);

/// Chooses a range for every value of `function` that is not just moved. A
/// `deit.range` that an operation has stays, a `deit.range_method` decides.
/// Values that deit-quantize gives symmetric codes get the range that is best
/// for those; the residual stream gets everything that occurs. `searchImages`
/// may be null if nothing is searched. Fails when `statistics` are of another
/// model.
Expected<RangeChoices> chooseRanges(func::FuncOp function,
                                    const ModelStatistics &statistics,
                                    const CalibrationOptions &options,
                                    const ImageBatch *searchImages);

/// The mean of each channel, the last dimension, of which there are
/// `channels`.
std::vector<double> channelMeans(ArrayRef<float> values, int64_t channels);

} // namespace deit

#endif // DEIT_CALIBRATION_CALIBRATION_H
