// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// --sweep: a model at many rates, as a table and as a picture.

#ifndef DEIT_LIB_DRIVER_SWEEP_H
#define DEIT_LIB_DRIVER_SWEEP_H

#include "deit/Driver/SweepRows.h"

namespace deit {

/// The table: a comment with `key`, names of columns, rows.
std::string printTable(ArrayRef<SweepRow> rows, StringRef key);

/// Reads what printTable has printed. Fails, telling to remove the file `path`,
/// if it is none or of another key.
Expected<std::vector<SweepRow>> readTable(StringRef path, StringRef key);

/// The rows as a picture: top-1 over bits a parameter.
std::string drawSweep(ArrayRef<SweepRow> rows, StringRef title);

/// Makes and measures all rows that the table does not have yet.
Error runSweep(const Session &session);

} // namespace deit

#endif // DEIT_LIB_DRIVER_SWEEP_H
