// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads a model and what it computes on its images.

#include "Subject.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Pipelines/Pipelines.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/Progress.h"
#include "llvm/Support/Path.h"

using namespace deit;

Expected<std::vector<float>> deit::readWeights(const AnalyzedModule &module) {
  FailureOr<std::vector<float>> values =
      readFloatConstant(module.weights->get());
  if (succeeded(values))
    return std::move(*values);
  return makeError("the weight of '" + module.path +
                   "' is no readable float constant; import the checkpoint "
                   "again");
}

Expected<Distribution> deit::weightDistribution(const AnalyzedModule &module) {
  Expected<std::vector<float>> values = readWeights(module);
  if (!values)
    return values.takeError();
  // What an addition adds has no output channels.
  auto type = cast<ShapedType>(module.weights->get().getType());
  return distributionOfWeights(*values,
                               isa<AddOp>(module.op) ? 1 : type.getDimSize(0));
}

static DriverOptions driverOptions(const AnalysisOptions &analysis,
                                   const AnalysisInput &input) {
  DriverOptions options;
  options.input = input.model;
  options.calibration = input.calibration;
  options.data = input.data;
  options.samples = analysis.samples;
  options.threads = analysis.threads;
  options.target = "native";
  options.import = analysis.import;
  options.toolFolder = analysis.toolFolder;
  options.note = analysis.note;
  options.progress = analysis.progress;
  return options;
}

Error Subject::read() {
  Level level;
  auto found = readModel(context, driver, level);
  if (!found)
    return found.takeError();
  if (level != Level::Float)
    return makeError(driver.input + ": is quantized already; an analysis takes "
                                    "a checkpoint or a float model");
  imported = std::move(*found);
  prepared = OwningOpRef<ModuleOp>(imported->clone());
  name = llvm::json::fixUTF8(
      imported->getSymName().value_or(llvm::sys::path::stem(driver.input)));
  if (Error error =
          session().lower(*prepared, "preparing", populatePreparePipeline))
    return error;
  modules = analyzedModules(function());
  return Error::success();
}

Error Subject::countImages(int64_t limit) {
  Expected<int64_t> held = countCalibrationImages(function(), driver.data);
  if (!held)
    return held.takeError();
  evaluationImages = limit ? std::min(limit, *held) : *held;
  Expected<int64_t> calibration =
      countCalibrationImages(function(), driver.calibration);
  if (!calibration)
    return calibration.takeError();
  if (*calibration >= driver.samples)
    return Error::success();
  return makeError(driver.calibration + " holds " + Twine(*calibration) +
                   " images, fewer than the " + Twine(driver.samples) +
                   " asked for; lower --samples");
}

Error Subject::loadImages(int64_t groupImages) {
  Expected<ImageBatch> loaded = loadCalibrationImages(
      function(), driver.data, std::min(groupImages, evaluationImages));
  if (!loaded)
    return loaded.takeError();
  images = std::move(*loaded);
  return Error::success();
}

Error Subject::runFloat(unsigned threads) {
  auto loaded = loadFloatReference(threads);
  if (!loaded)
    return loaded.takeError();
  reference = *loaded;
  auto calibration =
      loadCalibrationImages(function(), driver.calibration, driver.samples);
  if (!calibration)
    return calibration.takeError();
  session().tell("observing activations");
  auto observed = gatherStatistics(function(), *calibration, /*fisher=*/true);
  if (!observed)
    return prefixError(driver.input + ": ", observed.takeError());
  statistics = std::move(*observed);
  session().tell("measuring the float model");
  auto measured = evaluateFloat(session(), *imported, evaluationFile());
  if (!measured)
    return measured.takeError();
  floats = std::move(*measured);
  return Error::success();
}

Expected<std::unique_ptr<Subject>>
Subject::open(MLIRContext &context, const AnalysisOptions &analysis,
              const AnalysisInput &input) {
  std::unique_ptr<Subject> subject(new Subject(context));
  subject->driver = driverOptions(analysis, input);
  if (Error error = subject->read())
    return std::move(error);
  if (Error error = subject->countImages(analysis.limit))
    return std::move(error);
  if (Error error = subject->loadImages(analysis.groupImages))
    return std::move(error);
  if (Error error = subject->runFloat(analysis.threads))
    return std::move(error);
  return subject;
}

Error Subject::check(MLIRContext &context, const AnalysisOptions &analysis,
                     const AnalysisInput &input) {
  // A context keeps the weights of all models that it has seen.
  MLIRContext scratch(context.getDialectRegistry(),
                      MLIRContext::Threading::DISABLED);
  Subject subject(scratch);
  subject.driver = driverOptions(analysis, input);
  subject.driver.note = subject.driver.import.note = nullptr;
  if (Error error = subject.read())
    return error;
  return subject.countImages(analysis.limit);
}
