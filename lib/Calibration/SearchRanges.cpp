// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures what ranges do to the logits.

#include "deit/Calibration/Calibration.h"
#include "deit/Calibration/Observation.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Quant/Measures.h"
#include "deit/Support/FileIO.h"
#include <cmath>

using namespace deit;

namespace {

/// Candidates of one range, and the logits that it gives some images.
struct Trial {
  SmallVector<RangeCandidate *> candidates;
  std::vector<float> logits;
};

/// Measures candidates on more and more images, those that may still be the
/// best and that matter.
class Search {
public:
  Search(FloatReference &reference, func::FuncOp function,
         const ImageBatch &images, SearchCandidates &candidates)
      : reference(reference), function(function), images(images),
        candidates(candidates) {}

  Error run();

private:
  Error measureGroup(int64_t begin);
  Error findMeans(ArrayRef<uint8_t> pixels, int64_t count);
  void correct(OpResult result, MutableArrayRef<float> values,
               ArrayRef<int64_t> shape) const;
  SmallVector<Trial> trialsOf(Operation *op, int64_t begin);
  void addBetween();
  void drop();
  double leastTotal() const;

  FloatReference &reference;
  func::FuncOp function;
  const ImageBatch &images;
  SearchCandidates &candidates;
  /// Of the layers' channels, on the images being run.
  llvm::DenseMap<Operation *, std::vector<double>> means;
};

} // namespace

/// Whether the mean of a layer's channels tells more than the very values, of
/// which there are `shape`.
static bool hasMeans(OpResult result, ArrayRef<int64_t> shape) {
  constexpr int64_t kRows = 64;
  return isa<LinearOp>(result.getOwner()) &&
         ShapedType::getNumElements(shape.drop_back()) >= kRows;
}

/// Remembers the means that layers have when nothing is rounded.
Error Search::findMeans(ArrayRef<uint8_t> pixels, int64_t count) {
  means.clear();
  auto observer = [&](OpResult result, ArrayRef<float> values,
                      ArrayRef<int64_t> shape) {
    if (hasMeans(result, shape))
      means[result.getOwner()] = channelMeans(values, shape.back());
  };
  return reference.run(function, pixels, count, /*hook=*/nullptr, observer)
      .takeError();
}

/// Gives a layer its means back, as deit-correct-bias will.
void Search::correct(OpResult result, MutableArrayRef<float> values,
                     ArrayRef<int64_t> shape) const {
  if (!hasMeans(result, shape))
    return;
  std::vector<double> offsets = channelMeans(values, shape.back());
  for (auto [offset, mean] :
       llvm::zip_equal(offsets, means.find(result.getOwner())->second))
    offset = mean - offset;
  for (size_t i = 0; i < values.size(); ++i)
    values[i] += static_cast<float>(offsets[i % offsets.size()]);
}

/// Images that are run together: what the caches hold.
static constexpr int64_t kGroup = 2;

/// The ranges of `op` that are still in question and have been measured on the
/// images before `begin`.
SmallVector<Trial> Search::trialsOf(Operation *op, int64_t begin) {
  SmallVector<Trial> trials;
  auto found = candidates.find(op);
  if (found == candidates.end() || llvm::hasSingleElement(found->second))
    return trials;
  for (RangeCandidate &each : found->second) {
    if (each.dropped || each.images != begin)
      continue;
    auto same = llvm::find_if(trials, [&](const Trial &trial) {
      return trial.candidates.front()->range == each.range;
    });
    if (same == trials.end())
      trials.push_back({{&each}, {}});
    else
      same->candidates.push_back(&each);
  }
  return trials;
}

/// Adds what the images from `begin` on tell.
Error Search::measureGroup(int64_t begin) {
  int64_t count = std::min(kGroup, images.count - begin);
  size_t bytes = images.pixels.size() / images.count;
  auto pixels = ArrayRef(images.pixels).slice(begin * bytes, count * bytes);
  llvm::DenseMap<Operation *, SmallVector<Trial>> trials;
  auto formats = [&](OpResult result) {
    std::vector<Variant> formats;
    for (const Trial &each :
         trials[result.getOwner()] = trialsOf(result.getOwner(), begin))
      formats.push_back(
          {std::nullopt, formatFor(result, each.candidates.front()->range)});
    return formats;
  };
  auto see = [&](const VariantRun &run) {
    trials[run.result.getOwner()][run.index].logits = run.logits.vec();
  };
  auto hook = [&](OpResult result, MutableArrayRef<float> values,
                  ArrayRef<int64_t> shape) { correct(result, values, shape); };
  if (Error error = findMeans(pixels, count))
    return error;
  auto logits =
      reference.runVariants(function, pixels, count, formats, see, hook);
  if (!logits)
    return logits.takeError();
  for (auto &[op, each] : trials)
    for (const Trial &trial : each) {
      double sum =
          totalDivergence(*logits, trial.logits, logits->size() / count);
      if (!std::isfinite(sum))
        return makeError("the logits are not finite when '" + modulePath(op) +
                         "' is rounded; choose another observer than search");
      for (RangeCandidate *candidate : trial.candidates)
        candidate->add(sum, count);
    }
  return Error::success();
}

const RangeCandidate &deit::bestOf(ArrayRef<RangeCandidate> candidates) {
  return *llvm::min_element(
      candidates, [](const RangeCandidate &a, const RangeCandidate &b) {
        return std::pair(a.dropped, a.divergence) <
               std::pair(b.dropped, b.divergence);
      });
}

/// The sum of what the best of every activation does.
double Search::leastTotal() const {
  double sum = 0;
  for (auto &[op, each] : candidates)
    sum += bestOf(each).divergence;
  return sum;
}

/// Goes `part` of the way from `a` to `b`, by factors where there is one.
static double between(double a, double b, double part) {
  return a * b > 0 ? a * std::pow(b / a, part) : a + (b - a) * part;
}

/// Where even the best does much, ranges between the narrowest and the widest
/// are tried, too.
void Search::addBetween() {
  constexpr double kMuch = 0.05; // of all
  constexpr int kSteps = 10;
  double total = leastTotal();
  for (auto &[op, each] : candidates) {
    if (bestOf(each).divergence < kMuch * total)
      continue;
    Range narrow = each.front().range, wide = narrow;
    for (const RangeCandidate &candidate : each) {
      wide = unite(wide, candidate.range);
      narrow = {std::max(narrow.low, candidate.range.low),
                std::min(narrow.high, candidate.range.high)};
    }
    for (int i = 1; i < kSteps; ++i) {
      double part = static_cast<double>(i) / kSteps;
      Range range = {between(narrow.low, wide.low, part),
                     between(narrow.high, wide.high, part)};
      if (range.low <= range.high)
        each.push_back({Observer::Search, range});
    }
  }
}

/// Gives up what is far from the best, and activations where what is left makes
/// no difference.
void Search::drop() {
  constexpr double kFar = 2, kLittle = 0.01;
  double total = leastTotal();
  for (auto &[op, each] : candidates) {
    const RangeCandidate &best = bestOf(each);
    double limit = kFar * best.divergence;
    if (limit < kLittle * total)
      limit = 0;
    for (RangeCandidate &candidate : each)
      candidate.dropped |= &candidate != &best && candidate.divergence > limit;
  }
}

Error Search::run() {
  if (Error error = measureGroup(0))
    return error;
  addBetween();
  for (int64_t begin = 0; begin < images.count; begin += kGroup) {
    if (Error error = measureGroup(begin))
      return error;
    drop();
  }
  return Error::success();
}

Error deit::measureCandidates(func::FuncOp function, const ImageBatch &images,
                              SearchCandidates &candidates) {
  Expected<FloatReference *> reference = loadFloatReference();
  if (!reference)
    return reference.takeError();
  return Search(**reference, function, images, candidates).run();
}
