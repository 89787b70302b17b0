// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Conversions between the levels of IR.

#ifndef DEIT_CONVERSION_PASSES_TD
#define DEIT_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // DEIT_CONVERSION_PASSES_TD
