// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One model at several rates, each measured.

#ifndef DEIT_DRIVER_SWEEPROWS_H
#define DEIT_DRIVER_SWEEPROWS_H

#include "deit/Driver/Evaluation.h"
#include "deit/Driver/Quantizer.h"

namespace deit {

/// What a row of the table is of, which decides how it is drawn.
enum class SweepKind { Float, Naive, W8A8, Rate, Groups };

/// A row to be made.
struct SweepTask {
  std::string name; ///< "float", "naive", "w8a8", "w3", "rtn4-g64"
  SweepKind kind;
  double bits = 8; ///< a weight
};

/// The rows of a sweep over `rates`: float, both recipes, each rate, and
/// weights in groups with `groupBits`.
std::vector<SweepTask> sweepTasks(ArrayRef<double> rates,
                                  ArrayRef<double> groupBits);

/// A row of the table.
struct SweepRow {
  std::string name;            ///< of the task
  double bitsPerParameter = 0; ///< of everything that is stored
  uint64_t bytes = 0;
  int64_t images = 0;
  double top1 = 0, top5 = 0; ///< percent
  double agreement = 0;      ///< percent of images decided as the float model
  double seconds = 0;        ///< to make and to measure
  std::string command;       ///< makes the model

  SweepKind kind() const;
};

/// Makes rows of one model. What all rates have in common is done once.
class SweepRowMaker {
public:
  /// Of `module`, a float one, measured on `images`; the float model's
  /// measurement, with which others are compared, is `reference`.
  SweepRowMaker(const Session &session, ModuleOp module, ImageFile images,
                Measurement reference);

  Expected<SweepRow> make(const SweepTask &task);

private:
  Expected<const Quantizer *> quantizer();
  Expected<Measurement> measure(const SweepTask &task);
  Expected<Measurement> measureQuantized(const SweepTask &task);
  Expected<Measurement> measureGroups(const SweepTask &task);
  std::string commandOf(const SweepTask &task) const;
  double agreement(const Measurement &found) const;

  Session session;
  ModuleOp module;
  ImageFile images;
  Measurement reference;
  int64_t parameters = 0;
  std::optional<Quantizer> shared; ///< of all rates
};

} // namespace deit

#endif // DEIT_DRIVER_SWEEPROWS_H
