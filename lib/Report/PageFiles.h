// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The page's sources, which the build puts into the library.

#ifndef DEIT_LIB_REPORT_PAGEFILES_H
#define DEIT_LIB_REPORT_PAGEFILES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace deit {

/// The text of the file `name` of lib/Report/page, or of ECharts
/// ("echarts.min.js", "NOTICE", "LICENSE-d3"), as it was when the library was
/// built.
llvm::StringRef pageFile(llvm::StringRef name);

/// The files that both the page and the Markdown writer run, in their order,
/// after ECharts.
llvm::ArrayRef<llvm::StringLiteral> sharedScripts();

} // namespace deit

#endif // DEIT_LIB_REPORT_PAGEFILES_H
