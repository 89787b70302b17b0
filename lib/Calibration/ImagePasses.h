// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What passes that run the model on images have in common.

#ifndef DEIT_LIB_CALIBRATION_IMAGEPASSES_H
#define DEIT_LIB_CALIBRATION_IMAGEPASSES_H

#include "Weights.h"

namespace deit {

/// Calls `work` on every function of `module` that has a body, up to the first
/// that fails; its error is emitted on the function, after the name of `pass`.
LogicalResult forEachModel(ModuleOp module, StringRef pass,
                           llvm::function_ref<Error(func::FuncOp)> work);

/// What it takes to run a model and change its weights.
struct WeightExperiment {
  ImageBatch images;
  SmallVector<WeightMatrix> weights;
  FloatReference *reference;
};

/// The first `samples` images of the file `data` and the weights of `function`.
/// Fails without the images, on weights that are not float constants, and
/// without LibTorch.
Expected<WeightExperiment> setUpExperiment(func::FuncOp function,
                                           StringRef data, int64_t samples);

} // namespace deit

#endif // DEIT_LIB_CALIBRATION_IMAGEPASSES_H
