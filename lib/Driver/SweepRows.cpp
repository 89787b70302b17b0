// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Makes and measures a model at several rates.

#include "deit/Driver/SweepRows.h"
#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Dialect/DeiT/Transforms/GroupRounding.h"
#include "deit/Support/FileIO.h"
#include "llvm/Support/FormatVariadic.h"
#include <chrono>

using namespace deit;

SweepRowMaker::SweepRowMaker(const Session &session, ModuleOp module,
                             ImageFile images, Measurement reference)
    : session(session), module(module), images(std::move(images)),
      reference(std::move(reference)) {
  module.walk([&](ConstantOp constant) {
    parameters += constant.getResult().getType().getNumElements();
  });
}

std::vector<SweepTask> deit::sweepTasks(ArrayRef<double> rates,
                                        ArrayRef<double> groupBits) {
  std::vector<SweepTask> result = {{"float", SweepKind::Float},
                                   {"naive", SweepKind::Naive},
                                   {"w8a8", SweepKind::W8A8}};
  for (double rate : rates)
    result.push_back(
        {("w" + llvm::formatv("{0}", llvm::format("%g", rate))).str(),
         SweepKind::Rate, rate});
  for (double bits : groupBits)
    result.push_back(
        {llvm::formatv("rtn{0:f0}-g64", bits).str(), SweepKind::Groups, bits});
  return result;
}

std::string SweepRowMaker::commandOf(const SweepTask &task) const {
  const DriverOptions &options = session.options;
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
Expected<const Quantizer *> SweepRowMaker::quantizer() {
  if (!shared) {
    Plan plan;
    // Any below 8 has sensitivities measured; convolutions have 8.
    if (forwardOf(module).getOps<Conv2DOp>().empty())
      plan.weightBits = 1;
    auto made =
        Quantizer::create(session, plan, OwningOpRef<ModuleOp>(module.clone()));
    if (!made)
      return made.takeError();
    shared.emplace(std::move(*made));
  }
  return &*shared;
}

Expected<Measurement> SweepRowMaker::measureQuantized(const SweepTask &task) {
  OwningOpRef<ModuleOp> quantized;
  if (task.kind == SweepKind::Naive) {
    Plan plan;
    plan.recipe.base = "naive";
    auto naive =
        Quantizer::create(session, plan, OwningOpRef<ModuleOp>(module.clone()));
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
  return evaluateQuantized(session, *quantized, images);
}

Expected<Measurement> SweepRowMaker::measureGroups(const SweepTask &task) {
  GroupRounding rounding = {static_cast<unsigned>(task.bits), 64};
  OwningOpRef<ModuleOp> rounded(module.clone());
  func::FuncOp function = forwardOf(*rounded);
  if (Error error = roundGroups(function, rounding))
    return std::move(error);
  auto found = evaluateFloat(session, *rounded, images);
  if (found)
    found->bytes = groupedBytes(function, rounding);
  return found;
}

/// Percent of the images that are decided as the float model does.
double SweepRowMaker::agreement(const Measurement &found) const {
  int64_t same = 0;
  for (int64_t i = 0; i < found.images; ++i)
    same += found.decision(i) == reference.decision(i);
  return 100.0 * same / found.images;
}

Expected<Measurement> SweepRowMaker::measure(const SweepTask &task) {
  switch (task.kind) {
  case SweepKind::Float:
    return reference;
  case SweepKind::Groups:
    return measureGroups(task);
  default:
    return measureQuantized(task);
  }
}

Expected<SweepRow> SweepRowMaker::make(const SweepTask &task) {
  auto start = std::chrono::steady_clock::now();
  Expected<Measurement> found = measure(task);
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
  return row;
}
