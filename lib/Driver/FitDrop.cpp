// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// --max-drop: the smallest model that is expected to be nearly as right.

#include "deit/Calibration/Calibration.h"
#include "deit/Driver/Evaluation.h"
#include "deit/Driver/Quantizer.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/Progress.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace deit;

namespace {

/// Measures how much less right quantized models are than the float one, with
/// images that have no labels: if the float model's probabilities are right,
/// choosing class c where it chooses m loses p[m] - p[c].
class DropMeasure {
public:
  static Expected<DropMeasure> create(const Quantizer &quantizer);
  /// In points of top-1.
  Expected<double> of(ModuleOp module) const;

private:
  DropMeasure(const Session &session) : session(session) {}
  Error chooseImages(const Quantizer &quantizer);
  Error runFloat(const Quantizer &quantizer);

  const Session &session;
  int64_t first = 0, count = 0;     ///< images of the calibration file
  std::vector<float> probabilities; ///< count x classes, of the float model
};

} // namespace

/// Those after the ones that ranges and rounding have seen.
Error DropMeasure::chooseImages(const Quantizer &quantizer) {
  constexpr int64_t kMost = 512;
  const DriverOptions &options = session.options;
  Expected<int64_t> held = countCalibrationImages(
      forwardOf(quantizer.measured()), options.calibration);
  if (!held)
    return held.takeError();
  first = options.samples;
  count = std::min(*held - first, kMost);
  if (count > 0)
    return Error::success();
  session.note(options.calibration + " holds no images beyond the " +
               Twine(options.samples) +
               " to calibrate with, so the drop is measured on those and will "
               "be more on others; lower --samples or give more images");
  first = 0;
  count = options.samples;
  return Error::success();
}

/// Logits to probabilities, a row for each image.
static void softmax(MutableArrayRef<float> row) {
  float most = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (float &each : row)
    sum += each = std::exp(each - most);
  for (float &each : row)
    each /= static_cast<float>(sum);
}

Error DropMeasure::runFloat(const Quantizer &quantizer) {
  constexpr int64_t kGroup = 16;
  func::FuncOp function = forwardOf(quantizer.measured());
  Expected<ImageBatch> images = loadCalibrationImages(
      function, session.options.calibration, first + count);
  if (!images)
    return images.takeError();
  Expected<FloatReference *> reference = loadFloatReference();
  if (!reference)
    return reference.takeError();
  size_t bytes = images->pixels.size() / images->count;
  Progress progress("running the float model, image", count);
  for (int64_t at = first; at < first + count; at += kGroup) {
    int64_t size = std::min(kGroup, first + count - at);
    auto logits =
        (*reference)
            ->run(function,
                  ArrayRef(images->pixels).slice(at * bytes, size * bytes),
                  size);
    if (!logits)
      return logits.takeError();
    size_t classes = logits->size() / size;
    for (int64_t i = 0; i < size; ++i)
      softmax(MutableArrayRef(*logits).slice(i * classes, classes));
    probabilities.insert(probabilities.end(), logits->begin(), logits->end());
    progress.advance(size);
  }
  return Error::success();
}

Expected<DropMeasure> DropMeasure::create(const Quantizer &quantizer) {
  DropMeasure measure(quantizer.getSession());
  if (Error error = measure.chooseImages(quantizer))
    return std::move(error);
  if (Error error = measure.runFloat(quantizer))
    return std::move(error);
  return measure;
}

Expected<double> DropMeasure::of(ModuleOp module) const {
  Expected<Measurement> found = evaluateQuantized(
      session, module, {session.options.calibration, first + count});
  if (!found)
    return found.takeError();
  size_t classes = probabilities.size() / count;
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    ArrayRef<float> row = ArrayRef(probabilities).slice(i * classes, classes);
    sum += *std::max_element(row.begin(), row.end()) -
           row[found->decision(first + i)];
  }
  return 100 * sum / static_cast<double>(count);
}

Expected<Found> deit::fitDrop(const Quantizer &quantizer, double points) {
  constexpr double kBits = 0.05; // to be found to
  const Session &session = quantizer.getSession();
  Expected<DropMeasure> measure = DropMeasure::create(quantizer);
  if (!measure)
    return measure.takeError();
  Found best;
  double drop = 0, low = 1, high = 8;
  auto attempt = [&](double bits) -> Expected<bool> {
    Expected<Found> made = quantizer.at(bits);
    if (!made)
      return made.takeError();
    Expected<double> found = measure->of(*made->module);
    if (!found)
      return found.takeError();
    session.tell(llvm::formatv("at {0:f3} bits a weight {1:f2} points of top-1 "
                               "less are expected",
                               bits, *found)
                     .str());
    if (*found <= points || bits >= 8)
      drop = *found;
    if (*found <= points)
      best = std::move(*made);
    return *found <= points;
  };
  for (double bits = high; high - low > kBits || bits == 8;
       bits = (low + high) / 2) {
    Expected<bool> fits = attempt(bits);
    if (!fits)
      return fits.takeError();
    if (!*fits && bits >= 8)
      return makeError(llvm::formatv(
          "--max-drop {0} cannot be kept: at 8 bits a weight {1:f2} points of "
          "top-1 less are expected; raise it to that or more",
          llvm::format("%g", points), drop));
    (*fits ? high : low) = bits;
  }
  session.note(
      llvm::formatv("{0:f2} points of top-1 less are expected", drop).str());
  Expected<uint64_t> bytes = sizeOf(session, *best.module);
  if (!bytes)
    return bytes.takeError();
  best.bytes = *bytes;
  return best;
}
