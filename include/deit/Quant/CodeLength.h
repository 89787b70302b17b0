// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How many bits weight codes take when they are entropy-coded. No IR.

#ifndef DEIT_QUANT_CODELENGTH_H
#define DEIT_QUANT_CODELENGTH_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace deit {

/// With fewer rows columns have common divisors by chance.
inline constexpr size_t kLeastRowsForDivisors = 16;

/// What all codes of a column are multiples of, 1 to 127, for every column of
/// `rows` rows; 1 for columns of zeros. Weights that were rounded with a step
/// for each column have other divisors than 1. The container divides by them
/// where there are kLeastRowsForDivisors.
std::vector<uint8_t> columnDivisors(llvm::ArrayRef<int8_t> codes, size_t rows);

/// The bits of `codes`, `rows` rows of equal length, by the frequency of codes
/// among rows of like spread: what a coder comes to that has a table for each
/// such group of rows, tables not included. Divisors are divided by as in
/// the container.
double codeBits(llvm::ArrayRef<int8_t> codes, size_t rows);

} // namespace deit

#endif // DEIT_QUANT_CODELENGTH_H
