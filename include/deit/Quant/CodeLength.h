// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How many bits weight codes take when they are entropy-coded. No IR.

#ifndef DEIT_QUANT_CODELENGTH_H
#define DEIT_QUANT_CODELENGTH_H

#include "llvm/ADT/ArrayRef.h"
#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace deit {

/// Code lengths by the frequency of codes among rows of like spread: what a
/// coder comes to that has a table for each group of rows.
class CodeLengths {
public:
  using Table = std::array<float, 256>; ///< bits of code c at c + 128

  /// Counts `codes`, `rows` rows of equal length.
  CodeLengths(llvm::ArrayRef<int8_t> codes, size_t rows);

  /// The table of row `row`.
  const Table &table(size_t row) const {
    return tables.find(groups[row])->second;
  }
  /// Of all codes counted, without the tables.
  double totalBits() const { return bits; }

private:
  std::vector<int> groups;
  std::map<int, Table> tables;
  double bits = 0;
};

} // namespace deit

#endif // DEIT_QUANT_CODELENGTH_H
