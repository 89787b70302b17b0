// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Leaves the observed ranges on the operations.

#include "deit/Calibration/Passes.h"
#include "deit/Dialect/DeiT/IR/Remarks.h"
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
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      Error error = calibrate(function);
      if (!error)
        continue;
      function.emitError() << "deit-calibrate: "
                           << llvm::toString(std::move(error));
      return signalPassFailure();
    }
  }

private:
  Error calibrate(func::FuncOp function);
};

} // namespace

static std::string describe(Range range) {
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::format("%.4g to %.4g", range.low, range.high);
  return text;
}

Error CalibratePass::calibrate(func::FuncOp function) {
  Expected<ImageBatch> images = loadCalibrationImages(function, data, samples);
  if (!images)
    return images.takeError();
  Expected<Statistics> statistics =
      collectRanges(function, *images, {observer, percentile, geluRange});
  if (!statistics)
    return statistics.takeError();
  Builder builder(&getContext());
  for (auto &[op, found] : *statistics) {
    op->setAttr(kRangeAttr, builder.getDenseF64ArrayAttr(
                                {found.range.low, found.range.high}));
    if (!found.channelMeans.empty())
      op->setAttr(kChannelMeanAttr,
                  builder.getDenseF32ArrayAttr(found.channelMeans));
    if (Remark remark = analysisRemark(op->getLoc(), getArgument(), "Range"))
      remark << op->getName().getStringRef()
             << remarkArg("Range", describe(found.range));
    ++numRanges;
  }
  return Error::success();
}
