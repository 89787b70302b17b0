// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// --sweep: a model at many rates, as a table and as a picture.

#ifndef DEIT_LIB_DRIVER_SWEEP_H
#define DEIT_LIB_DRIVER_SWEEP_H

#include "deit/Driver/Session.h"

namespace deit {

/// What a row of the table is of, which decides how it is drawn.
enum class SweepKind { Float, Naive, W8A8, Rate, Groups };

/// A row of the table.
struct SweepRow {
  std::string name;            ///< "float", "naive", "w8a8", "w3", "rtn4-g64"
  double bitsPerParameter = 0; ///< of everything that is stored
  uint64_t bytes = 0;
  int64_t images = 0;
  double top1 = 0, top5 = 0; ///< percent
  double agreement = 0;      ///< percent of images decided as the float model
  double seconds = 0;        ///< to make and to measure
  std::string command;       ///< makes the model

  SweepKind kind() const;
};

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
