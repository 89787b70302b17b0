// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// --sweep: makes and measures a model at many rates.

#include "Sweep.h"
#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Dialect/DeiT/Transforms/GroupRounding.h"
#include "deit/Driver/Evaluation.h"
#include "deit/Driver/Quantizer.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/Progress.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"
#include <chrono>

using namespace deit;

namespace {

/// One sweep.
class Sweep {
public:
  explicit Sweep(const Session &session)
      : session(session), options(session.options) {}
  Error run();

private:
  /// A row to be made.
  struct Task {
    std::string name;
    SweepKind kind;
    double bits = 8;
  };

  Error checkOptions() const;
  Error makeKey();
  Error read();
  Error resume();
  std::vector<Task> tasks() const;
  bool isDone(StringRef name) const;
  Error runFloat();
  Error runTask(const Task &task);
  Expected<Measurement> measure(const Task &task, SweepRow &row);
  Expected<Measurement> measureQuantized(const Task &task);
  Expected<Measurement> measureGroups(const Task &task);
  Expected<const Quantizer *> quantizer();
  std::string commandOf(const Task &task) const;
  double agreement(const Measurement &found) const;
  Error write() const;
  ImageFile images() const { return {options.data, options.limit}; }

  Session session;
  const DriverOptions &options;
  OwningOpRef<ModuleOp> module; ///< float, as imported
  int64_t parameters = 0;
  std::string key; ///< what the rows depend on
  std::vector<SweepRow> rows;
  std::optional<Measurement> reference; ///< of the float model
  std::optional<Quantizer> shared;      ///< of all rates
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
  module->walk([&](ConstantOp constant) {
    parameters += constant.getResult().getType().getNumElements();
  });
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

std::vector<Sweep::Task> Sweep::tasks() const {
  std::vector<Task> result = {{"float", SweepKind::Float},
                              {"naive", SweepKind::Naive},
                              {"w8a8", SweepKind::W8A8}};
  for (double rate : options.sweepBits)
    result.push_back(
        {("w" + llvm::formatv("{0}", llvm::format("%g", rate))).str(),
         SweepKind::Rate, rate});
  for (double bits : {8.0, 4.0, 3.0})
    result.push_back(
        {llvm::formatv("rtn{0:f0}-g64", bits).str(), SweepKind::Groups, bits});
  return result;
}

std::string Sweep::commandOf(const Task &task) const {
  if (task.kind == SweepKind::Float)
    return "deit-compile " + options.input + " --emit=deit -o model.mlirbc";
  if (task.kind == SweepKind::Groups)
    return "deit-opt model.mlirbc --pass-pipeline='builtin.module(func.func("
           "deit-round-groups{bits=" +
           std::to_string(static_cast<int>(task.bits)) +
           " group=64}))' -o rounded.mlirbc --emit-bytecode";
  std::string command = "deit-compile " + options.input + " --calib " +
                        options.calibration + " --samples " +
                        std::to_string(options.samples);
  if (task.kind == SweepKind::Naive)
    command += " --recipe naive";
  if (task.kind == SweepKind::Rate)
    command +=
        llvm::formatv(" --weight-bits {0}", llvm::format("%g", task.bits))
            .str();
  return command + " -o model.so";
}

/// Of all rates, prepared when the first needs it.
Expected<const Quantizer *> Sweep::quantizer() {
  if (!shared) {
    Plan plan;
    plan.weightBits = 1; // any below 8 has sensitivities measured
    auto made = Quantizer::create(session, plan,
                                  OwningOpRef<ModuleOp>(module->clone()));
    if (!made)
      return made.takeError();
    shared.emplace(std::move(*made));
  }
  return &*shared;
}

Expected<Measurement> Sweep::measureQuantized(const Task &task) {
  OwningOpRef<ModuleOp> quantized;
  if (task.kind == SweepKind::Naive) {
    Plan plan;
    plan.recipe.base = "naive";
    auto naive = Quantizer::create(session, plan,
                                   OwningOpRef<ModuleOp>(module->clone()));
    if (!naive)
      return naive.takeError();
    auto made = naive->at(8);
    if (!made)
      return made.takeError();
    quantized = std::move(made->module);
  } else {
    Expected<const Quantizer *> rates = quantizer();
    if (!rates)
      return rates.takeError();
    auto made = (*rates)->at(task.bits);
    if (!made)
      return made.takeError();
    quantized = std::move(made->module);
  }
  return evaluateQuantized(session, *quantized, images());
}

Expected<Measurement> Sweep::measureGroups(const Task &task) {
  GroupRounding rounding = {static_cast<unsigned>(task.bits), 64};
  OwningOpRef<ModuleOp> rounded(module->clone());
  func::FuncOp function = forwardOf(*rounded);
  if (Error error = roundGroups(function, rounding))
    return std::move(error);
  auto found = evaluateFloat(session, *rounded, images());
  if (found)
    found->bytes = groupedBytes(function, rounding);
  return found;
}

/// Percent of the images that are decided as the float model does.
double Sweep::agreement(const Measurement &found) const {
  int64_t same = 0;
  for (int64_t i = 0; i < found.images; ++i)
    same += found.decision(i) == reference->decision(i);
  return 100.0 * same / found.images;
}

/// What the others are compared with; measured again when a sweep goes on, for
/// the table does not have its decisions.
Error Sweep::runFloat() {
  auto found = evaluateFloat(session, *module, images());
  if (!found)
    return found.takeError();
  reference = std::move(*found);
  return Error::success();
}

Error Sweep::runTask(const Task &task) {
  auto start = std::chrono::steady_clock::now();
  if (!reference)
    if (Error error = runFloat())
      return error;
  if (isDone(task.name))
    return Error::success();
  Expected<Measurement> found =
      task.kind == SweepKind::Float    ? Expected<Measurement>(*reference)
      : task.kind == SweepKind::Groups ? measureGroups(task)
                                       : measureQuantized(task);
  if (!found)
    return prefixError("row " + task.name + ": ", found.takeError());
  std::chrono::duration<double> passed =
      std::chrono::steady_clock::now() - start;
  SweepRow row;
  row.name = task.name;
  row.bytes = found->bytes;
  row.bitsPerParameter = 8.0 * found->bytes / parameters;
  row.images = found->images;
  row.top1 = found->top1;
  row.top5 = found->top5;
  row.agreement = agreement(*found);
  row.seconds = passed.count();
  row.command = commandOf(task);
  rows.push_back(std::move(row));
  return write();
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
  std::vector<Task> all = tasks();
  if (llvm::all_of(all, [&](const Task &task) { return isDone(task.name); }))
    return write();
  Progress progress("sweep, row", static_cast<int64_t>(all.size()));
  for (const Task &task : all) {
    if (Error error = runTask(task))
      return error;
    progress.advance();
  }
  return Error::success();
}

Error deit::runSweep(const Session &session) { return Sweep(session).run(); }
