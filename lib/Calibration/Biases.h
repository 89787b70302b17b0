// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Biases of layers, as they take back what rounding shifts.

#ifndef DEIT_LIB_CALIBRATION_BIASES_H
#define DEIT_LIB_CALIBRATION_BIASES_H

#include "deit/Dialect/DeiT/IR/DeiTOps.h"

namespace deit {

/// The difference between the `wanted` means of channels and those of `values`,
/// a layer's result; adds it to `values`, which later layers see.
std::vector<float> correctMeans(ArrayRef<float> wanted,
                                MutableArrayRef<float> values);

/// Gives `op`, a linear layer, patch embedding or convolution, a bias that is
/// larger by `change`, one number for each channel. Fails with an error.
LogicalResult addToBias(Operation *op, ArrayRef<float> change);

} // namespace deit

#endif // DEIT_LIB_CALIBRATION_BIASES_H
