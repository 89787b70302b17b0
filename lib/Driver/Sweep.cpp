// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// --sweep: makes and measures a model at many rates.

#include "Sweep.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/Progress.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"

using namespace deit;

namespace {

/// One sweep.
class Sweep {
public:
  explicit Sweep(const Session &session)
      : session(session), options(session.options) {}
  Error run();

private:
  Error checkOptions() const;
  Error makeKey();
  Error read();
  Error resume();
  bool isDone(StringRef name) const;
  Error makeRows(ArrayRef<SweepTask> tasks);
  Error write() const;

  Session session;
  const DriverOptions &options;
  OwningOpRef<ModuleOp> module; ///< float, as imported
  std::string key;              ///< what the rows depend on
  std::vector<SweepRow> rows;
};

} // namespace

Error Sweep::checkOptions() const {
  if (options.data.empty())
    return makeError("--sweep measures accuracy: pass --data FILE, a CIFAR "
                     "binary file of test images");
  if (options.calibration.empty())
    return makeError("--sweep quantizes: pass --calib FILE, a CIFAR binary "
                     "file of training images");
  if (!options.output.empty() || !options.writeRecipe.empty() ||
      options.weightBits || options.sizeBudget || options.maxDrop ||
      options.recipe != "w8a8" || options.batch)
    return makeError("--sweep chooses recipes and rates by itself and writes "
                     "no model; leave out -o, --batch, --recipe, "
                     "--write-recipe, --weight-bits, --size-budget and "
                     "--max-drop");
  for (double rate : options.sweepBits)
    if (!(rate >= 1 && rate < 8))
      return makeError("--sweep-bits takes numbers from 1 to below 8");
  return Error::success();
}

/// Rows are of the bytes of these files and of these options.
Error Sweep::makeKey() {
  llvm::SHA256 hash;
  for (StringRef path :
       {StringRef(options.input), StringRef(options.calibration),
        StringRef(options.data)}) {
    auto contents = readFile(path);
    if (!contents)
      return contents.takeError();
    StringRef bytes = (*contents)->getBuffer();
    hash.update(std::to_string(bytes.size()));
    hash.update(bytes);
  }
  std::string text = llvm::formatv("{0} {1}", options.samples, options.limit);
  for (double rate : options.sweepBits)
    text += llvm::formatv(" {0:f4}", rate).str();
  hash.update(text);
  key = llvm::toHex(hash.final(), /*LowerCase=*/true).substr(0, 32);
  return Error::success();
}

Error Sweep::read() {
  Level level;
  auto found = readModel(session.context, options, level);
  if (!found)
    return found.takeError();
  if (level != Level::Float)
    return makeError(options.input + ": is quantized already; --sweep takes a "
                                     "checkpoint or a float model");
  module = std::move(*found);
  return Error::success();
}

Error Sweep::resume() {
  if (!llvm::sys::fs::exists(options.sweep))
    return Error::success();
  auto table = readTable(options.sweep, key);
  if (!table)
    return table.takeError();
  rows = std::move(*table);
  return Error::success();
}

bool Sweep::isDone(StringRef name) const {
  return llvm::any_of(rows,
                      [&](const SweepRow &row) { return row.name == name; });
}

/// The float model is measured again when a sweep goes on, for the table does
/// not have its decisions.
Error Sweep::makeRows(ArrayRef<SweepTask> tasks) {
  Progress progress("sweep, row", static_cast<int64_t>(tasks.size()));
  ImageFile images = {options.data, options.limit};
  auto reference = evaluateFloat(session, *module, images);
  if (!reference)
    return reference.takeError();
  SweepRowMaker maker(session, *module, images, std::move(*reference));
  for (const SweepTask &task : tasks) {
    if (!isDone(task.name)) {
      Expected<SweepRow> row = maker.make(task);
      if (!row)
        return row.takeError();
      rows.push_back(std::move(*row));
      if (Error error = write())
        return error;
    }
    progress.advance();
  }
  return Error::success();
}

/// Both files, each whole: whoever interrupts finds all rows that are done.
Error Sweep::write() const {
  auto put = [](const std::string &text) {
    return [&text](llvm::raw_ostream &os) {
      os << text;
      return Error::success();
    };
  };
  std::string table = printTable(rows, key);
  if (Error error = writeFile(options.sweep, put(table)))
    return error;
  llvm::SmallString<256> path(options.sweep);
  llvm::sys::path::replace_extension(path, "svg");
  std::string picture =
      drawSweep(rows, llvm::sys::path::filename(options.input).str() + ", " +
                          std::to_string(rows.front().images) + " images of " +
                          llvm::sys::path::filename(options.data).str());
  return writeFile(path, put(picture));
}

Error Sweep::run() {
  if (Error error = checkOptions())
    return error;
  if (Error error = makeKey())
    return error;
  if (Error error = resume())
    return error;
  if (Error error = read())
    return error;
  std::vector<SweepTask> all = sweepTasks(options.sweepBits, {8, 4, 3});
  if (llvm::all_of(all,
                   [&](const SweepTask &task) { return isDone(task.name); }))
    return write();
  return makeRows(all);
}

Error deit::runSweep(const Session &session) { return Sweep(session).run(); }
