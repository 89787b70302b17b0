// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shows what an analysis has measured.

#ifndef DEIT_REPORT_REPORT_H
#define DEIT_REPORT_REPORT_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

namespace deit {

/// How a report is written.
enum class ReportFormat {
  HTML,    ///< one page that needs nothing else
  Markdown ///< a text with pictures in a folder beside it
};

/// Writes `report`, the JSON of deit-report, to `path`, whole or not at all.
/// Fails, naming the member, where something in it is missing.
llvm::Error renderReport(const llvm::json::Value &report, ReportFormat format,
                         llvm::StringRef path);

} // namespace deit

#endif // DEIT_REPORT_REPORT_H
