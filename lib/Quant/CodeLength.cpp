// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Code lengths from counts.

#include "deit/Quant/CodeLength.h"
#include <cmath>

using namespace deit;

/// The spread of a row in half octaves of its root mean square.
static int spreadOf(llvm::ArrayRef<int8_t> row) {
  double squares = 0;
  for (int8_t code : row)
    squares += double(code) * code;
  return static_cast<int>(std::lround(std::log2(squares / row.size() + 1e-3)));
}

CodeLengths::CodeLengths(llvm::ArrayRef<int8_t> codes, size_t rows) {
  size_t columns = codes.size() / rows;
  std::map<int, std::array<double, 256>> counts;
  for (size_t row = 0; row < rows; ++row) {
    llvm::ArrayRef<int8_t> slice = codes.slice(row * columns, columns);
    groups.push_back(spreadOf(slice));
    for (int8_t code : slice)
      ++counts[groups.back()][code + 128];
  }
  // A code that has not occurred yet may still be wanted.
  constexpr double kUnseen = 0.02;
  for (auto &[group, count] : counts) {
    double total = 256 * kUnseen;
    for (double each : count)
      total += each;
    Table &table = tables[group];
    for (size_t i = 0; i < table.size(); ++i) {
      double length = -std::log2((count[i] + kUnseen) / total);
      table[i] = static_cast<float>(length);
      bits += count[i] * length;
    }
  }
}
