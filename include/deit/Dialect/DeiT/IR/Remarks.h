// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Optimization remarks of the project's passes: what was done to which module,
// what was not and why. deit-opt shows them with --remarks-filter=REGEX.

#ifndef DEIT_DIALECT_DEIT_IR_REMARKS_H
#define DEIT_DIALECT_DEIT_IR_REMARKS_H

#include "deit/Support/LLVM.h"
#include "mlir/IR/Remarks.h"

namespace deit {

/// A remark in the making; what is streamed into it with `<<` is dropped where
/// nobody has asked for remarks.
using Remark = remark::detail::InFlightRemark;

/// A remark that the pass called `pass` (its flag, which the filter is matched
/// with) did `what` to the module at `loc`.
Remark passedRemark(Location loc, StringRef pass, StringRef what);

/// The same of what could not be done; a reason should be streamed in.
Remark missedRemark(Location loc, StringRef pass, StringRef what);

/// The same of what was found or chosen.
Remark analysisRemark(Location loc, StringRef pass, StringRef what);

/// An argument of a remark, printed as `key=value`.
template <typename T>
remark::detail::Remark::Arg remarkArg(StringRef key, T value) {
  return {key, value};
}

} // namespace deit

#endif // DEIT_DIALECT_DEIT_IR_REMARKS_H
