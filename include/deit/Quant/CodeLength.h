// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How many bits weight codes take when they are entropy-coded. No IR.

#ifndef DEIT_QUANT_CODELENGTH_H
#define DEIT_QUANT_CODELENGTH_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace deit {

/// The bits of `codes`, `rows` rows of equal length, by the frequency of codes
/// among rows of like spread: what a coder comes to that has a table for each
/// such group of rows, tables not included.
double codeBits(llvm::ArrayRef<int8_t> codes, size_t rows);

} // namespace deit

#endif // DEIT_QUANT_CODELENGTH_H
