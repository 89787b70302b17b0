// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Code lengths from counts.

#include "deit/Quant/CodeLength.h"
#include "llvm/ADT/STLExtras.h"
#include <array>
#include <cmath>
#include <map>
#include <numeric>

using namespace deit;

std::vector<uint8_t> deit::columnDivisors(llvm::ArrayRef<int8_t> codes,
                                          size_t rows) {
  size_t columns = codes.size() / rows;
  std::vector<int> found(columns, 0);
  for (size_t row = 0; row < rows; ++row)
    for (auto [divisor, code] :
         llvm::zip(found, codes.slice(row * columns, columns)))
      if (divisor != 1)
        divisor = std::gcd(divisor, int(code));
  std::vector<uint8_t> divisors;
  divisors.reserve(columns);
  // -128 alone has a divisor that no code is.
  for (int divisor : found)
    divisors.push_back(divisor == 0 || divisor > 127 ? 1 : divisor);
  return divisors;
}

/// The spread of a row in half octaves of its root mean square.
static int spreadOf(llvm::ArrayRef<int8_t> row) {
  double squares = 0;
  for (int8_t code : row)
    squares += double(code) * code;
  return static_cast<int>(std::lround(std::log2(squares / row.size() + 1e-3)));
}

double deit::codeBits(llvm::ArrayRef<int8_t> codes, size_t rows) {
  size_t columns = codes.size() / rows;
  std::vector<uint8_t> divisors(columns, 1);
  if (rows >= kLeastRowsForDivisors)
    divisors = columnDivisors(codes, rows);
  std::vector<int8_t> divided(codes.begin(), codes.end());
  for (size_t i = 0; i < divided.size(); ++i)
    divided[i] /= divisors[i % columns];
  std::map<int, std::array<double, 256>> counts;
  for (size_t row = 0; row < rows; ++row) {
    llvm::ArrayRef<int8_t> slice =
        llvm::ArrayRef(divided).slice(row * columns, columns);
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
