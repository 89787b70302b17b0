// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures a model at several rates.

#include "Ablation.h"
#include "deit/Support/Progress.h"

using namespace deit;

Expected<std::vector<SweepRow>> deit::measureFrontier(const Subject &subject) {
  std::vector<SweepTask> tasks = subject.isConvolutional()
                                     ? sweepTasks({}, {})
                                     : sweepTasks({4, 3}, {4, 3});
  SweepRowMaker maker(subject.session(), *subject.imported,
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
