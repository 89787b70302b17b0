// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stands in for the library that shows reports.

#include "deit/Report/Report.h"
#include "deit/Support/FileIO.h"

llvm::Error deit::renderReport(const llvm::json::Value &, ReportFormat,
                               llvm::StringRef path) {
  return makeError(path + ": showing reports is not built; leave out -o and "
                          "write the numbers with --json");
}
