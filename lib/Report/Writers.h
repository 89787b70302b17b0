// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The two forms of a report that has been checked.

#ifndef DEIT_LIB_REPORT_WRITERS_H
#define DEIT_LIB_REPORT_WRITERS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

namespace deit {

/// Writes the page to `path`.
llvm::Error writePage(const llvm::json::Value &report, llvm::StringRef path);

/// Writes the text to `path` and the pictures into a folder beside it.
llvm::Error writeMarkdown(const llvm::json::Value &report,
                          llvm::StringRef path);

} // namespace deit

#endif // DEIT_LIB_REPORT_WRITERS_H
