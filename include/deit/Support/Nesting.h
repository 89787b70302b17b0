// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A look at how deep a text nests, before a parser that recurses sees it.

#ifndef DEIT_SUPPORT_NESTING_H
#define DEIT_SUPPORT_NESTING_H

#include "llvm/ADT/StringRef.h"

namespace deit {

/// Whether the brackets of `text`, JSON or MLIR, are within one another at most
/// `limit` times. Those in strings and in comments do not count.
bool isShallow(llvm::StringRef text, int limit);

} // namespace deit

#endif // DEIT_SUPPORT_NESTING_H
