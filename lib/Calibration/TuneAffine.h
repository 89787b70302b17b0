// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Adjusts biases and layer norms to weights that have been rounded.

#ifndef DEIT_LIB_CALIBRATION_TUNEAFFINE_H
#define DEIT_LIB_CALIBRATION_TUNEAFFINE_H

#include "deit/Calibration/Calibration.h"

namespace deit {

/// How long to adjust.
struct TuneOptions {
  unsigned epochs = 0; ///< times all images are seen
  double rate = 0.002; ///< of the values' size, a step at the beginning
};

/// What that came to, on images that were only looked at.
struct TuneResult {
  double before = 0, after = 0; ///< divergence of the logits, in nats
};

/// Moves the biases of `function`'s linear layers and the gammas and betas of
/// its layer norms such that its logits on `images` come nearer to `target`
/// (count x classes), the float model's: gradient descent (Adam) on
/// KL(softmax(target / 2) || softmax(logits / 2)). No labels are used and no
/// weight is changed. Every eighth image is only looked at; what was best on
/// those is kept, and an epoch that made it worse is undone and followed by
/// smaller steps, so that it is never worse than before there.
Expected<TuneResult> tuneAffine(FloatReference &reference,
                                func::FuncOp function, const ImageBatch &images,
                                ArrayRef<float> target,
                                const TuneOptions &options);

} // namespace deit

#endif // DEIT_LIB_CALIBRATION_TUNEAFFINE_H
