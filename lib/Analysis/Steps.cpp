// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Quantizes a subject by the project's own passes.

#include "Steps.h"
#include "deit/Calibration/Passes.h"
#include "deit/Dialect/DeiT/Transforms/Passes.h"

using namespace deit;

/// An option of a pass that runs the model.
template <typename Options>
static Options withImages(const DriverOptions &driver) {
  Options options;
  options.data = driver.calibration;
  options.samples = driver.samples;
  return options;
}

//===----------------------------------------------------------------------===//
// What is common
//===----------------------------------------------------------------------===//

/// Changes the float model, as recipes do before they measure anything.
Error StepRunner::change(Base &base, bool isSplit, bool isBalanced) {
  return subject.session().lower(
      *base.module, "splitting neurons and balancing channels",
      [&](OpPassManager &pm) {
        if (isSplit)
          pm.addPass(createSplitNeuronsPass(
              withImages<SplitNeuronsPassOptions>(subject.driver)));
        if (isBalanced)
          pm.addPass(createBalanceChannelsPass(
              withImages<BalanceChannelsPassOptions>(subject.driver)));
      });
}

/// Finds what the model computes, unless it is still the subject's.
Error StepRunner::describe(Base &base) {
  func::FuncOp function = forwardOf(*base.module);
  Expected<uint64_t> fingerprint = modelFingerprint(function);
  if (!fingerprint)
    return fingerprint.takeError();
  base.statistics = subject.statistics;
  if (*fingerprint == base.statistics.fingerprint)
    return Error::success();
  auto images = loadCalibrationImages(function, subject.driver.calibration,
                                      subject.driver.samples);
  if (!images)
    return images.takeError();
  auto found = gatherStatistics(function, *images, /*fisher=*/false);
  if (!found)
    return found.takeError();
  base.statistics = std::move(*found);
  return Error::success();
}

Expected<StepRunner::Base *> StepRunner::base(bool isSplit, bool isBalanced) {
  std::optional<Base> &known = bases[isSplit][isBalanced];
  if (known)
    return &*known;
  Base made;
  made.module = OwningOpRef<ModuleOp>(subject.prepared.get().clone());
  if (Error error = change(made, isSplit, isBalanced))
    return std::move(error);
  if (Error error = describe(made))
    return std::move(error);
  auto file = TemporaryFile::create("stats");
  if (!file)
    return file.takeError();
  if (Error error = writeStatistics(made.statistics, file->name()))
    return std::move(error);
  made.file.emplace(std::move(*file));
  known.emplace(std::move(made));
  return &*known;
}

Expected<const ModelStatistics *> StepRunner::balancedStatistics() {
  Expected<Base *> found = base(/*isSplit=*/true, /*isBalanced=*/true);
  if (!found)
    return found.takeError();
  return &(*found)->statistics;
}

/// The model with what errors of its weights cost.
Expected<ModuleOp> StepRunner::measured(Base &base) {
  if (base.measured)
    return base.measured.get();
  OwningOpRef<ModuleOp> module(base.module.get().clone());
  if (Error error = subject.session().lower(
          *module, "measuring sensitivity", [&](OpPassManager &pm) {
            pm.addPass(createMeasureSensitivityPass(
                withImages<MeasureSensitivityPassOptions>(subject.driver)));
          }))
    return std::move(error);
  base.measured = std::move(module);
  return base.measured.get();
}

//===----------------------------------------------------------------------===//
// The steps
//===----------------------------------------------------------------------===//

static void addRounding(OpPassManager &pm, const DriverOptions &driver,
                        const Steps &steps) {
  ChooseStepsPassOptions choose;
  choose.bits = steps.bits;
  pm.addPass(createChooseStepsPass(choose));
  if (steps.weights == WeightSteps::Nearest)
    return;
  pm.addPass(
      createRoundWeightsPass(withImages<RoundWeightsPassOptions>(driver)));
}

Error StepRunner::calibrate(Base &base, ModuleOp module, const Steps &steps) {
  CalibratePassOptions options =
      withImages<CalibratePassOptions>(subject.driver);
  options.observer = steps.ranges ? Observer::MSE : Observer::MinMax;
  options.geluRange = steps.geluRange ? GeluRange::Output : GeluRange::Observer;
  bool isCoarse = steps.weights != WeightSteps::EightBits;
  // Rounded weights make another model, of which nothing is known yet.
  if (!isCoarse || steps.weights == WeightSteps::Nearest)
    options.statistics = base.file->name();
  return subject.session().lower(module, "choosing steps and ranges",
                                 [&](OpPassManager &pm) {
                                   if (isCoarse)
                                     addRounding(pm, subject.driver, steps);
                                   pm.addPass(createCalibratePass(options));
                                 });
}

Error StepRunner::encode(ModuleOp module, const Steps &steps) {
  QuantizePassOptions options;
  options.weights =
      steps.perChannel ? WeightScales::PerChannel : WeightScales::PerTensor;
  options.residualBits = steps.stream16 ? 16 : 8;
  return subject.session().lower(module, "quantizing", [&](OpPassManager &pm) {
    pm.nest<func::FuncOp>().addPass(createQuantizePass(options));
    if (steps.bias)
      pm.addPass(createCorrectBiasPass(
          withImages<CorrectBiasPassOptions>(subject.driver)));
  });
}

Expected<QuantizedModel> StepRunner::quantize(const Steps &steps) {
  Expected<Base *> from = base(steps.split, steps.balanced);
  if (!from)
    return from.takeError();
  ModuleOp start = (*from)->module.get();
  if (steps.weights != WeightSteps::EightBits) {
    Expected<ModuleOp> found = measured(**from);
    if (!found)
      return found.takeError();
    start = *found;
  }
  QuantizedModel result;
  result.calibrated = OwningOpRef<ModuleOp>(start.clone());
  if (Error error = calibrate(**from, *result.calibrated, steps))
    return std::move(error);
  result.module = OwningOpRef<ModuleOp>(result.calibrated.get().clone());
  if (Error error = encode(*result.module, steps))
    return std::move(error);
  return result;
}
