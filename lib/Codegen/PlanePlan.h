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

/// How a plane is coded. A code at a row of class r and a column of class c has
/// distribution r + c.
struct PlanePlan {
  uint8_t center = 0; ///< what codes are told from
  Classes rows, columns;
  std::vector<std::optional<deit_distribution>> distributions;
  double bits = 0; ///< what it all takes
};

/// The best of the plans that are tried for `codes`, row after row.
PlanePlan planPlane(llvm::ArrayRef<uint8_t> codes, size_t rows, size_t columns);

} // namespace deit

#endif // DEIT_LIB_CODEGEN_PLANEPLAN_H
