// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Leaves the observed ranges on the operations.

#include "ImagePasses.h"
#include "deit/Calibration/Observation.h"
#include "deit/Calibration/Passes.h"
#include "deit/Dialect/DeiT/IR/Remarks.h"
#include "deit/Support/FileIO.h"
#include "llvm/ADT/Statistic.h"
#include "llvm/Support/Format.h"

namespace deit {
#define GEN_PASS_DEF_CALIBRATEPASS
#include "deit/Calibration/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-calibrate"
ALWAYS_ENABLED_STATISTIC(numRanges, "Activations observed");

namespace {

struct CalibratePass : deit::impl::CalibratePassBase<CalibratePass> {
  using CalibratePassBase::CalibratePassBase;

  void runOnOperation() override {
    if (failed(forEachModel(
            getOperation(), getArgument(),
            [&](func::FuncOp function) { return calibrate(function); })))
      signalPassFailure();
  }

private:
  Error calibrate(func::FuncOp function);
  Error checkOptions();
  Expected<std::optional<ImageBatch>> loadImages(func::FuncOp function);
  Error prefixed(Error error);
  CalibrationOptions options() const {
    return {observer, percentile, geluRange};
  }
  void annotate(Operation *op, const RangeChoice &choice,
                const ActivationStatistics &activation);
  void setRange(Operation *op, Range range);
  void passRangesOn(func::FuncOp function);
};

} // namespace

static std::string describe(Range range) {
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::format("%.4g to %.4g", range.low, range.high);
  return text;
}

/// "mse=1.2e-03 minmax=4.5e-03", in nats.
static std::string describe(ArrayRef<RangeCandidate> tried) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(
      tried, os,
      [&](const RangeCandidate &each) {
        os << methodName(each.method) << '='
           << llvm::format("%.2e", each.divergence);
      },
      " ");
  return text;
}

Error CalibratePass::checkOptions() {
  if (!(percentile > 50 && percentile <= 100))
    return makeError("expected a percentile above 50 and at most 100, found " +
                     std::to_string(percentile));
  if (searchSamples == 0)
    return makeError("expected search-samples of at least 1, found 0");
  return Error::success();
}

Expected<std::optional<ImageBatch>>
CalibratePass::loadImages(func::FuncOp function) {
  bool isSearched = usesMethod(function, options(), Observer::Search);
  if (!statistics.empty() && (data.empty() || !isSearched))
    return std::nullopt;
  unsigned count = statistics.empty() ? samples : searchSamples;
  Expected<ImageBatch> images = loadCalibrationImages(function, data, count);
  if (!images)
    return images.takeError();
  return std::move(*images);
}

/// The first `count` of `images`, or all of them.
static ImageBatch firstOf(const ImageBatch &images, int64_t count) {
  count = std::min(count, images.count);
  return {images.slice(0, count).vec(), count, {}};
}

Error CalibratePass::calibrate(func::FuncOp function) {
  if (Error error = checkOptions())
    return error;
  Expected<std::optional<ImageBatch>> images = loadImages(function);
  if (!images)
    return images.takeError();
  Expected<ModelStatistics> found =
      statistics.empty()
          ? gatherStatistics(function, **images,
                             usesMethod(function, options(),
                                        {Observer::Fisher, Observer::Search}))
          : readStatistics(statistics);
  if (!found)
    return found.takeError();
  std::optional<ImageBatch> searched;
  if (*images)
    searched = firstOf(**images, searchSamples);
  Expected<RangeChoices> choices = chooseRanges(
      function, *found, options(), searched ? &*searched : nullptr);
  if (!choices)
    return prefixed(choices.takeError());
  for (auto [choice, activation] :
       llvm::zip_equal(*choices, found->activations))
    annotate(choice.first, choice.second, activation);
  passRangesOn(function);
  return Error::success();
}

/// An error about statistics names the file they are from.
Error CalibratePass::prefixed(Error error) {
  return statistics.empty() ? std::move(error)
                            : prefixError(statistics + ": ", std::move(error));
}

void CalibratePass::annotate(Operation *op, const RangeChoice &choice,
                             const ActivationStatistics &activation) {
  Builder builder(&getContext());
  setRange(op, choice.range);
  if (choice.method)
    op->setAttr(kRangeMethodAttr,
                builder.getStringAttr(methodName(*choice.method)));
  if (isa<LinearOp, PatchEmbedOp, Conv2DOp>(op)) {
    SmallVector<float> means;
    for (const ChannelStatistics &channel : activation.channels)
      means.push_back(channel.mean);
    op->setAttr(kChannelMeanAttr, builder.getDenseF32ArrayAttr(means));
  }
  Remark remark = analysisRemark(op->getLoc(), getArgument(), "Range");
  if (!remark)
    return;
  remark << op->getName().getStringRef()
         << remarkArg("Range", describe(choice.range))
         << remarkArg("Method", choice.method ? methodName(*choice.method)
                                              : StringRef("given"));
  if (!choice.tried.empty())
    remark << remarkArg("Divergence", describe(choice.tried));
}

void CalibratePass::setRange(Operation *op, Range range) {
  op->setAttr(
      kRangeAttr,
      Builder(&getContext()).getDenseF64ArrayAttr({range.low, range.high}));
  ++numRanges;
}

/// Gives what only moves values the range of those.
void CalibratePass::passRangesOn(func::FuncOp function) {
  for (Operation &op : function.getOps()) {
    auto range = sourceOf(&op)->getAttrOfType<DenseF64ArrayAttr>(kRangeAttr);
    if (range && !op.hasAttr(kRangeAttr))
      setRange(&op, {range[0], range[1]});
  }
}
