// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures a model at several rates.

#include "Ablation.h"
#include "deit/Support/Progress.h"

using namespace deit;

/// Below 8 bits, images to calibrate with cost the most time of a report, and
/// more than so many of them gain tenths of a point.
static constexpr unsigned kMostSamples = 64;

Expected<std::vector<SweepRow>> deit::measureFrontier(const Subject &subject) {
  std::vector<SweepTask> tasks = subject.isConvolutional()
                                     ? sweepTasks({}, {})
                                     : sweepTasks({3}, {4, 3});
  DriverOptions options = subject.driver;
  options.samples = std::min(options.samples, kMostSamples);
  SweepRowMaker maker({subject.session().context, options}, *subject.imported,
                      subject.evaluationFile(), subject.floats);
  Progress progress("measuring rates, row", static_cast<int64_t>(tasks.size()));
  std::vector<SweepRow> rows;
  for (const SweepTask &task : tasks) {
    Expected<SweepRow> row = maker.make(task);
    if (!row)
      return row.takeError();
    rows.push_back(std::move(*row));
    progress.advance();
  }
  return rows;
}
