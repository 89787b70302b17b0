// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs all parts of an analysis.

#include "Report.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/Progress.h"
#include <chrono>
#include <sys/resource.h>

using namespace deit;

namespace {

/// One analysis of one model.
class Analysis {
public:
  Analysis(const Subject &subject, const PlainRounding &plain,
           const AnalysisOptions &options)
      : subject(subject), plain(plain), options(options), runner(subject) {}

  Error run(Report &report);

private:
  bool wants(StringRef part) const { return !options.skip.contains(part); }
  Error describe(Report &report);
  Error describeBalanced(Report &report);
  Error measureRounding(Report &report);
  Error measureRecipe(Report &report);
  Error measureSteps(Report &report);

  const Subject &subject;
  const PlainRounding &plain;
  const AnalysisOptions &options;
  StepRunner runner;
};

} // namespace

/// Takes `value` over, or hands its error on.
template <typename T>
static Error take(Expected<T> value, T &into) {
  if (!value)
    return value.takeError();
  into = std::move(*value);
  return Error::success();
}

/// Distributions of weights and activations.
Error Analysis::describe(Report &report) {
  report.analyzed = subject.modules;
  for (auto [module, activation] :
       llvm::zip_equal(subject.modules, subject.statistics.activations)) {
    ModuleReport &found = report.modules.emplace_back();
    found.activations = distributionOf(activation);
    found.fisher = activation.fisher;
    if (!module.weights)
      continue;
    Expected<Distribution> weights = weightDistribution(module);
    if (!weights)
      return weights.takeError();
    found.weights = std::move(*weights);
  }
  return Error::success();
}

/// What balancing makes of layer norms.
Error Analysis::describeBalanced(Report &report) {
  if (subject.isConvolutional() || !wants("ablation"))
    return Error::success();
  auto statistics = runner.balancedStatistics();
  if (!statistics)
    return statistics.takeError();
  for (auto [module, found, activation] : llvm::zip_equal(
           subject.modules, report.modules, (*statistics)->activations))
    if (isa<LayerNormOp>(module.op))
      found.balanced = distributionOf(activation);
  return Error::success();
}

/// Modules and all but a few of them, rounded plainly.
Error Analysis::measureRounding(Report &report) {
  if (!wants("sensitivity"))
    return Error::success();
  auto effects = measureModules(subject, plain, options.sensitivityImages);
  if (!effects)
    return effects.takeError();
  report.ranking = rankModules(*effects);
  for (auto [found, effect] : llvm::zip_equal(report.modules, *effects))
    found.sensitivity = effect;
  if (!wants("confirmation"))
    return Error::success();
  return take(confirmRanking(subject, plain, report.ranking),
              report.confirmation.emplace());
}

/// The recipe w8a8, module by module.
Error Analysis::measureRecipe(Report &report) {
  auto model = runner.quantize(Steps::w8a8());
  if (!model)
    return model.takeError();
  auto formats = chosenFormats(*model);
  if (!formats)
    return formats.takeError();
  auto codes = measureCodes(subject, *model);
  if (!codes)
    return codes.takeError();
  for (auto [found, format, use] :
       llvm::zip_equal(report.modules, *formats, *codes)) {
    found.recipe = std::move(format);
    found.codes = use;
  }
  if (wants("error")) {
    auto errors = compareInteger(subject, *model);
    if (!errors)
      return errors.takeError();
    for (auto [found, error] : llvm::zip_equal(report.modules, *errors))
      found.error = std::move(error);
  }
  if (!wants("depth"))
    return Error::success();
  return take(measureDepth(subject, plain, *model, options.sensitivityImages),
              report.depth);
}

/// What the pipeline's steps do.
Error Analysis::measureSteps(Report &report) {
  if (wants("ablation"))
    if (Error error = take(measureAblation(subject, runner), report.ablation))
      return error;
  if (!wants("frontier"))
    return Error::success();
  return take(measureFrontier(subject), report.frontier);
}

Error Analysis::run(Report &report) {
  if (Error error = describe(report))
    return error;
  if (Error error = describeBalanced(report))
    return error;
  if (Error error = take(compareModel(subject, plain, options),
                         report.comparison.emplace_back()))
    return error;
  if (Error error = measureRounding(report))
    return error;
  if (Error error = measureRecipe(report))
    return error;
  return measureSteps(report);
}

//===----------------------------------------------------------------------===//
// The report
//===----------------------------------------------------------------------===//

static uint64_t peakBytes() {
  constexpr uint64_t kUnit = 1024; // of what Linux tells
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return kUnit * static_cast<uint64_t>(usage.ru_maxrss);
}

/// Measures the models that are compared with, one after the other.
static Error compareOthers(MLIRContext &context, const AnalysisOptions &options,
                           Report &report) {
  for (const AnalysisInput &input : options.against) {
    auto subject = Subject::open(context, options, input);
    if (!subject)
      return prefixError("--against: ", subject.takeError());
    Expected<PlainRounding> plain = PlainRounding::create(**subject);
    if (!plain)
      return plain.takeError();
    if (Error error = take(compareModel(**subject, *plain, options),
                           report.comparison.emplace_back()))
      return prefixError("--against: " + input.model + ": ", std::move(error));
  }
  return Error::success();
}

Expected<llvm::json::Value> deit::analyzeModel(MLIRContext &context,
                                               const AnalysisOptions &options) {
  auto start = std::chrono::steady_clock::now();
  for (const AnalysisInput &input : options.against)
    if (Error error = Subject::check(context, options, input))
      return prefixError("--against: ", std::move(error));
  auto subject = Subject::open(context, options, options.input);
  if (!subject)
    return subject.takeError();
  Expected<PlainRounding> plain = PlainRounding::create(**subject);
  if (!plain)
    return plain.takeError();
  Report report;
  if (Error error = Analysis(**subject, *plain, options).run(report))
    return std::move(error);
  if (Error error = compareOthers(context, options, report))
    return std::move(error);
  report.suggestions = suggest(report);
  report.answers = answerQuestions(report);
  std::chrono::duration<double> passed =
      std::chrono::steady_clock::now() - start;
  report.seconds = passed.count();
  report.peakBytes = peakBytes();
  return toJson(options, report);
}
