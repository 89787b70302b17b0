// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What passes that run the model on images have in common.

#include "ImagePasses.h"

using namespace deit;

LogicalResult deit::forEachModel(ModuleOp module, StringRef pass,
                                 llvm::function_ref<Error(func::FuncOp)> work) {
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal())
      continue;
    if (Error error = work(function))
      return function.emitError()
             << pass << ": " << llvm::toString(std::move(error));
  }
  return success();
}

Expected<WeightExperiment>
deit::setUpExperiment(func::FuncOp function, StringRef data, int64_t samples) {
  Expected<ImageBatch> images = loadCalibrationImages(function, data, samples);
  if (!images)
    return images.takeError();
  Expected<SmallVector<WeightMatrix>> weights = collectWeights(function);
  if (!weights)
    return weights.takeError();
  Expected<FloatReference *> reference = loadFloatReference();
  if (!reference)
    return reference.takeError();
  return WeightExperiment{std::move(*images), std::move(*weights), *reference};
}
