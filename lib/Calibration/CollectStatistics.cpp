// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-collect-statistics: keeps what images make of every activation.

#include "deit/Calibration/Passes.h"
#include "deit/Support/FileIO.h"
#include "llvm/ADT/Statistic.h"

namespace deit {
#define GEN_PASS_DEF_COLLECTSTATISTICSPASS
#include "deit/Calibration/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-collect-statistics"
ALWAYS_ENABLED_STATISTIC(numActivations, "Activations described");

namespace {

struct CollectStatisticsPass
    : deit::impl::CollectStatisticsPassBase<CollectStatisticsPass> {
  using CollectStatisticsPassBase::CollectStatisticsPassBase;

  void runOnOperation() override {
    Error error = collect();
    markAllAnalysesPreserved();
    if (!error)
      return;
    getOperation().emitError()
        << "deit-collect-statistics: " << llvm::toString(std::move(error));
    signalPassFailure();
  }

private:
  Error collect();
};

} // namespace

/// The one function of `module` with a body.
static Expected<func::FuncOp> findModel(ModuleOp module) {
  func::FuncOp model;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal())
      continue;
    if (model)
      return makeError("found two models, '" + model.getName() + "' and '" +
                       function.getName() + "'; a file is of one");
    model = function;
  }
  if (!model)
    return makeError("found no model in the module");
  return model;
}

Error CollectStatisticsPass::collect() {
  if (file.empty())
    return makeError("expected a file to write to; set file=FILE");
  Expected<func::FuncOp> model = findModel(getOperation());
  if (!model)
    return model.takeError();
  Expected<ImageBatch> images = loadCalibrationImages(*model, data, samples);
  if (!images)
    return images.takeError();
  Expected<ModelStatistics> statistics =
      gatherStatistics(*model, *images, fisher);
  if (!statistics)
    return statistics.takeError();
  numActivations += statistics->activations.size();
  return writeStatistics(*statistics, file);
}
