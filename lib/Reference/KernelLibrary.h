// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds and loads the library of tensor kernels.

#ifndef DEIT_LIB_REFERENCE_KERNELLIBRARY_H
#define DEIT_LIB_REFERENCE_KERNELLIBRARY_H

#include "deit/Reference/TensorKernels.h"
#include "llvm/Support/Error.h"

namespace deit {

/// Loads the kernels on LibTorch from the folder of this program's libraries.
/// The error says what to install.
llvm::Expected<TensorKernels *> loadKernelLibrary();

} // namespace deit

#endif // DEIT_LIB_REFERENCE_KERNELLIBRARY_H
