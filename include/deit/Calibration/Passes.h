// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes that run the model on calibration images.

#ifndef DEIT_CALIBRATION_PASSES_H
#define DEIT_CALIBRATION_PASSES_H

#include "deit/Calibration/Calibration.h"
#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "mlir/Pass/Pass.h"

namespace deit {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "deit/Calibration/Passes.h.inc"

} // namespace deit

#endif // DEIT_CALIBRATION_PASSES_H
