// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures what one model has to be compared by.

#include "ModelComparison.h"
#include "deit/Calibration/Observation.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/Progress.h"
#include "llvm/Support/Path.h"

using namespace deit;

static std::string fileName(StringRef path) {
  return llvm::json::fixUTF8(llvm::sys::path::filename(path));
}

ModelFacts deit::factsOf(const Subject &subject,
                         const AnalysisOptions &options) {
  ModelFacts facts;
  facts.name = subject.name;
  facts.isConvolutional = subject.isConvolutional();
  subject.imported.get()->walk([&](ConstantOp constant) {
    facts.parameters += constant.getResult().getType().getNumElements();
  });
  facts.classes = static_cast<int64_t>(subject.classes());
  for (const AnalyzedModule &module : subject.modules)
    facts.blocks = std::max(facts.blocks, module.block.value_or(-1) + 1);
  facts.floatBytes = subject.floats.bytes;
  facts.calibrationFile = fileName(subject.driver.calibration);
  facts.evaluationFile = fileName(subject.driver.data);
  facts.calibrationImages = options.samples;
  facts.evaluationImages = subject.evaluationImages;
  facts.sensitivityImages =
      std::min(options.sensitivityImages, subject.images.count);
  facts.groupImages = subject.images.count;
  facts.top1 = subject.floats.top1;
  facts.top5 = subject.floats.top5;
  return facts;
}

//===----------------------------------------------------------------------===//
// Summary
//===----------------------------------------------------------------------===//

namespace {

/// Numbers of which some may be missing.
class Sample {
public:
  void add(std::optional<double> value) {
    if (value)
      values.push_back(*value);
  }
  std::optional<double> median() const { return medianOf(values); }
  std::optional<double> largest() const {
    if (values.empty())
      return std::nullopt;
    return *llvm::max_element(values);
  }

private:
  std::vector<double> values;
};

} // namespace

static CodeUse plainUse(const AnalyzedModule &module,
                        const ActivationStatistics &statistics) {
  return useOf(statistics.histogram,
               formatFor(module.result(), statistics.histogram.range()));
}

/// How many different values there are.
static double countValues(std::vector<float> values) {
  llvm::sort(values);
  return static_cast<double>(std::unique(values.begin(), values.end()) -
                             values.begin());
}

/// See DistributionSummary. Folds of normalizations would hide it.
static Error countWeightValues(const Subject &subject,
                               DistributionSummary &summary) {
  constexpr size_t kMany = 1000;
  Sample counts;
  for (const AnalyzedModule &module :
       analyzedModules(forwardOf(*subject.imported))) {
    if (!module.weights)
      continue;
    Expected<std::vector<float>> values = readWeights(module);
    if (!values)
      return values.takeError();
    if (values->size() > kMany)
      counts.add(countValues(std::move(*values)));
  }
  summary.weightValues = counts.median();
  return Error::success();
}

static Error summarizeWeights(const Subject &subject,
                              const PlainRounding &rounding,
                              DistributionSummary &summary) {
  Sample spreads, kurtoses, decibels;
  for (auto [index, module] : llvm::enumerate(subject.modules)) {
    if (!module.weights)
      continue;
    auto distribution = weightDistribution(module);
    if (!distribution)
      return distribution.takeError();
    spreads.add(distribution->channelSpread);
    kurtoses.add(distribution->kurtosis);
    decibels.add(rounding.weightDecibels(index));
  }
  summary.weightSpread = spreads.median();
  summary.weightKurtosis = kurtoses.median();
  summary.weightDecibels = decibels.median();
  return Error::success();
}

static void summarizeActivations(const Subject &subject,
                                 DistributionSummary &summary) {
  Sample spreads, kurtoses, outliers, dead;
  for (auto [module, statistics] :
       llvm::zip_equal(subject.modules, subject.statistics.activations)) {
    Distribution distribution = distributionOf(statistics);
    spreads.add(distribution.channelSpread);
    kurtoses.add(distribution.kurtosis);
    outliers.add(distribution.outlierPercent);
    dead.add(plainUse(module, statistics).deadPercent);
  }
  summary.activationSpread = spreads.median();
  summary.activationSpreadWorst = spreads.largest();
  summary.activationKurtosis = kurtoses.median();
  summary.activationKurtosisWorst = kurtoses.largest();
  summary.outlierPercentWorst = outliers.largest();
  summary.deadPercent = dead.median();
}

static std::vector<Nonlinearity> worstNonlinearities(const Subject &subject) {
  std::vector<Nonlinearity> worst;
  for (auto [module, statistics] :
       llvm::zip_equal(subject.modules, subject.statistics.activations)) {
    if (!isa<GeluOp, SoftmaxOp, ReluOp>(module.op))
      continue;
    const std::string &kind = module.kind;
    CodeUse use = plainUse(module, statistics);
    auto known = llvm::find_if(
        worst, [&](const Nonlinearity &each) { return each.kind == kind; });
    if (known != worst.end() && known->use.deadPercent >= use.deadPercent)
      continue;
    if (known == worst.end())
      known = worst.insert(worst.end(), Nonlinearity());
    *known = {kind, module.path, distributionOf(statistics), use};
  }
  return worst;
}

//===----------------------------------------------------------------------===//
// Effects
//===----------------------------------------------------------------------===//

static Error measureWhole(const Subject &subject, const PlainRounding &plain,
                          ModelComparison &result) {
  Expected<PlainRounding> perChannel =
      PlainRounding::create(subject, /*perChannel=*/true);
  if (!perChannel)
    return perChannel.takeError();
  struct {
    const PlainRounding &rounding;
    Part part;
    LogitsEffect &effect;
  } runs[] = {{plain, Part::Both, result.naive},
              {plain, Part::Weights, result.weightsOnly},
              {plain, Part::Activations, result.activationsOnly},
              {*perChannel, Part::Both, result.perChannel}};
  Progress progress("rounding " + subject.name + ", run", std::size(runs));
  for (auto &run : runs) {
    OwningOpRef<ModuleOp> rounded =
        run.rounding.round([&](size_t) { return run.part; });
    auto effect = measureEffect(subject, forwardOf(*rounded));
    if (!effect)
      return effect.takeError();
    run.effect = *effect;
    progress.advance();
  }
  return Error::success();
}

bool ModelComparison::hasRoundedWeights() const {
  constexpr double kCodes = 256;
  return summary.weightValues && *summary.weightValues <= kCodes;
}

Expected<ModelComparison> deit::compareModel(const Subject &subject,
                                             const PlainRounding &plain,
                                             const AnalysisOptions &options) {
  ModelComparison result;
  result.facts = factsOf(subject, options);
  if (Error error = measureWhole(subject, plain, result))
    return std::move(error);
  if (Error error = summarizeWeights(subject, plain, result.summary))
    return std::move(error);
  if (Error error = countWeightValues(subject, result.summary))
    return std::move(error);
  summarizeActivations(subject, result.summary);
  result.nonlinearities = worstNonlinearities(subject);
  for (auto [module, statistics] :
       llvm::zip_equal(subject.modules, subject.statistics.activations))
    result.modules.push_back(
        {module.path, module.kind, distributionOf(statistics)});
  if (options.skip.contains("kinds"))
    return result;
  auto kinds = measureKinds(subject, plain);
  if (!kinds)
    return kinds.takeError();
  result.kinds = std::move(*kinds);
  return result;
}
