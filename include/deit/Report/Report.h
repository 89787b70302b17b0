// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shows what deit-report has measured: as a page, or as Markdown with pictures.

#ifndef DEIT_REPORT_REPORT_H
#define DEIT_REPORT_REPORT_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

namespace deit {

/// What a report is shown as.
enum class ReportFormat {
  /// One file with everything in it: charts, numbers, what draws them.
  HTML,
  /// A text NAME.md, and beside it a folder NAME-files with a picture, SVG, for
  /// each chart.
  Markdown
};

/// Tells what `report` lacks of a report of version 1, whose shape is
/// lib/Report/page/shape.json: the error names the member, as in
/// "modules[3].weights.count", what is expected there and what was found.
llvm::Error checkReport(const llvm::json::Value &report);

/// Writes `report` to the file `path`, after checkReport. Files appear whole or
/// not at all: pictures are written before the text that shows them, and new
/// ones are removed if it cannot be written. "-", standard output, is for HTML
/// alone.
llvm::Error renderReport(const llvm::json::Value &report, ReportFormat format,
                         llvm::StringRef path);

} // namespace deit

#endif // DEIT_REPORT_REPORT_H
