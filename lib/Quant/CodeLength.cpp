// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Code lengths from counts.

#include "deit/Quant/CodeLength.h"
#include <array>
#include <cmath>
#include <map>

using namespace deit;

/// The spread of a row in half octaves of its root mean square.
static int spreadOf(llvm::ArrayRef<int8_t> row) {
  double squares = 0;
  for (int8_t code : row)
    squares += double(code) * code;
  return static_cast<int>(std::lround(std::log2(squares / row.size() + 1e-3)));
}

double deit::codeBits(llvm::ArrayRef<int8_t> codes, size_t rows) {
  size_t columns = codes.size() / rows;
  std::map<int, std::array<double, 256>> counts;
  for (size_t row = 0; row < rows; ++row) {
    llvm::ArrayRef<int8_t> slice = codes.slice(row * columns, columns);
    std::array<double, 256> &count = counts[spreadOf(slice)];
    for (int8_t code : slice)
      ++count[code + 128];
  }
  // A table has to keep room for codes that are rare.
  constexpr double kUnseen = 0.02;
  double bits = 0;
  for (auto &[group, count] : counts) {
    double total = 256 * kUnseen;
    for (double each : count)
      total += each;
    for (double each : count)
      bits -= each * std::log2((each + kUnseen) / total);
  }
  return bits;
}
