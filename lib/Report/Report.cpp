// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the showing of reports.

#include "deit/Report/Report.h"

#include "Writers.h"

namespace deit {

llvm::Error renderReport(const llvm::json::Value &report, ReportFormat format,
                         llvm::StringRef path) {
  if (llvm::Error error = checkReport(report))
    return error;
  return format == ReportFormat::HTML ? writePage(report, path)
                                      : writeMarkdown(report, path);
}

} // namespace deit
