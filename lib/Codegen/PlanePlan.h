// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sorts the rows and columns of a plane of codes into classes of like spread,
// where that pays.

#ifndef DEIT_LIB_CODEGEN_PLANEPLAN_H
#define DEIT_LIB_CODEGEN_PLANEPLAN_H

#include "Distributions.h"
#include "llvm/ADT/ArrayRef.h"
#include <optional>
#include <vector>

namespace deit {

/// Rows or columns, each in a class from 0 to `count` - 1.
struct Classes {
  std::vector<uint8_t> of;
  unsigned count = 1;
  deit_distribution distribution; ///< of class - count / 2; if `count` > 1
};

/// What all codes of a column are multiples of, 1 to 127.
struct Multiples {
  std::vector<uint8_t> of;        ///< empty if they are all 1
  deit_distribution distribution; ///< of the multiples; if there are any
};

/// How a plane is coded. A code at a row of class r and a column of class c has
/// distribution r + c, of what is left of it without center and multiple.
struct PlanePlan {
  uint8_t center = 0; ///< what codes are told from
  Classes rows, columns;
  Multiples multiples;
  std::vector<std::optional<deit_distribution>> distributions;
  double bits = 0; ///< what it all takes
};

/// The best of the plans that are tried for `codes`, row after row.
PlanePlan planPlane(llvm::ArrayRef<uint8_t> codes, size_t rows, size_t columns);

} // namespace deit

#endif // DEIT_LIB_CODEGEN_PLANEPLAN_H
