// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Answers questions with what was measured.

#include "Report.h"
#include "llvm/Support/FormatVariadic.h"

using namespace deit;
using llvm::formatv;

static std::string number(std::optional<double> value, int digits = 1) {
  if (!value)
    return "unknown";
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.*f", digits, *value);
  return text;
}

/// The module for which `key` is the largest; null if none has one.
template <typename Key>
static const ModuleSummary *largest(ArrayRef<ModuleSummary> modules, Key key) {
  const ModuleSummary *result = nullptr;
  for (const ModuleSummary &module : modules)
    if (key(module) && (!result || *key(module) > *key(*result)))
      result = &module;
  return result;
}

static std::optional<double> spreadOf(const ModuleSummary &module) {
  return module.activations.channelSpread;
}

static std::optional<double> kurtosisOf(const ModuleSummary &module) {
  return module.activations.kurtosis;
}

//===----------------------------------------------------------------------===//
// Distributions
//===----------------------------------------------------------------------===//

static Answer answerDistributions(const Report &report) {
  const ModelComparison &own = report.own();
  const DistributionSummary &summary = own.summary;
  std::string text =
      formatv(
          "Of weights the median kurtosis is {0} (a normal distribution has "
          "3), and the widest channel has {1} times the range of the "
          "middle one in the median. Of activations the median kurtosis is "
          "{2}, the worst {3}, and the widest channel has {4} times the "
          "range of the middle one in the median, {5} in the worst module.",
          number(summary.weightKurtosis), number(summary.weightSpread),
          number(summary.activationKurtosis),
          number(summary.activationKurtosisWorst),
          number(summary.activationSpread),
          number(summary.activationSpreadWorst))
          .str();
  if (const ModuleSummary *wide = largest(own.modules, spreadOf))
    text += " Channels differ the most in " + wide->path + ".";
  if (const ModuleSummary *tailed = largest(own.modules, kurtosisOf))
    text += " Tails are the longest in " + tailed->path + ".";
  for (const Nonlinearity &each : own.nonlinearities)
    text += formatv(" Of the 256 codes of {0} ({1}), cut from minimum to "
                    "maximum, {2} % are all but unused.",
                    each.path, each.kind, number(each.use.deadPercent, 0))
                .str();
  return {"Where do weights and activations have what distributions?",
          std::move(text),
          {"weights", "activations", "channels", "gelu", "softmax"}};
}

//===----------------------------------------------------------------------===//
// Sensitivity
//===----------------------------------------------------------------------===//

static std::string describeRanking(const Report &report) {
  constexpr size_t kNamed = 5;
  if (report.ranking.empty())
    return "Modules were not measured one by one.";
  std::string text = "Rounded alone, to 8 bits from minimum to maximum, these "
                     "change the logits the most:";
  for (size_t index : ArrayRef(report.ranking).take_front(kNamed)) {
    const ModuleEffect &effect = *report.modules[index].sensitivity.both;
    text += formatv("{0} {1} ({2:e1} nats, {3} dB at the logits)",
                    index == report.ranking.front() ? "" : ",",
                    report.analyzed[index].path, effect.logits.divergence,
                    number(effect.logits.decibels))
                .str();
  }
  return text + ".";
}

static std::string describeKinds(ArrayRef<KindEffects> kinds) {
  SmallVector<const KindEffects *> sorted;
  for (const KindEffects &kind : kinds)
    if (kind.effects.both)
      sorted.push_back(&kind);
  llvm::sort(sorted, [](const KindEffects *a, const KindEffects *b) {
    return std::pair(-a->effects.both->divergence, StringRef(a->kind)) <
           std::pair(-b->effects.both->divergence, StringRef(b->kind));
  });
  if (sorted.empty())
    return "";
  std::string text = " By kind, all of one rounded together:";
  for (const KindEffects *kind : ArrayRef(sorted).take_front(3))
    text += formatv("{0} {1} ({2} % of the images decided as in float)",
                    kind == sorted.front() ? "" : ",", kind->kind,
                    number(kind->effects.both->agreement))
                .str();
  return text + ".";
}

static std::string describeConfirmation(const Report &report) {
  if (!report.confirmation)
    return "";
  const Confirmation &found = *report.confirmation;
  auto describe = [](const LogitsEffect &effect) {
    return formatv("{0:e2} nats, {1} %", effect.divergence,
                   number(effect.agreement))
        .str();
  };
  return formatv(
             " Everything rounded, the divergence and the images decided as "
             "in float are {0}; with the five worst modules left in float "
             "{1}; with five at random {2} in the mean of {3} draws.",
             describe(found.allRounded), describe(found.first.effect),
             describe(meanOf(found.random)), found.random.size())
      .str();
}

static Answer answerSensitivity(const Report &report) {
  return {
      "Which layers does quantization hurt most?",
      describeRanking(report) + describeKinds(report.own().kinds) +
          describeConfirmation(report),
      {"sensitivity-modules", "sensitivity-kinds", "confirmation", "depth"}};
}

//===----------------------------------------------------------------------===//
// Against other models
//===----------------------------------------------------------------------===//

static std::string describeModel(const ModelComparison &each) {
  return formatv(" {0}: {1} % of its images are decided as in float when "
                 "everything is rounded, {2} % with weights alone, {3} % with "
                 "activations alone; channels of activations spread by {4} in "
                 "the median and {5} at worst, kurtosis is {6} and {7}; {8} % "
                 "of the plain codes are all but unused.",
                 each.facts.name, number(each.naive.agreement),
                 number(each.weightsOnly.agreement),
                 number(each.activationsOnly.agreement),
                 number(each.summary.activationSpread),
                 number(each.summary.activationSpreadWorst),
                 number(each.summary.activationKurtosis),
                 number(each.summary.activationKurtosisWorst),
                 number(each.summary.deadPercent, 0))
      .str();
}

static std::string describeTraining(const ModelComparison &each) {
  if (!each.hasRoundedWeights())
    return "";
  return formatv(" The weights of {0} come from quantization-aware training: a "
                 "tensor has {1} different values in the median, so they were "
                 "codes already and the network has learned to live with "
                 "rounding. It is no fair witness; a model that was trained in "
                 "float is.",
                 each.facts.name, number(each.summary.weightValues, 0))
      .str();
}

/// What sets `own` apart from `other`, an easier model.
static std::string contrast(const ModelComparison &own,
                            const ModelComparison &other) {
  std::string text;
  auto compare = [&](std::optional<double> a, std::optional<double> b,
                     StringRef what) {
    constexpr double kClearly = 1.5;
    if (a && b && *b > 0 && *a > kClearly * *b)
      text +=
          formatv("{0} {1} are {2} times those of {3}", text.empty() ? "" : ",",
                  what, number(*a / *b), other.facts.name)
              .str();
  };
  compare(own.summary.activationSpreadWorst,
          other.summary.activationSpreadWorst, "the widest channels");
  compare(own.summary.activationKurtosisWorst,
          other.summary.activationKurtosisWorst, "the longest tails");
  compare(own.summary.deadPercent, other.summary.deadPercent, "unused codes");
  return text.empty() ? "" : " Of the two," + text + ".";
}

static Answer answerComparison(const Report &report) {
  const ModelComparison &own = report.own();
  std::string text =
      "All rounded the same way, plainly to 8 bits." + describeModel(own);
  for (const ModelComparison &other : ArrayRef(report.comparison).drop_front())
    text +=
        describeModel(other) + describeTraining(other) + contrast(own, other);
  if (report.comparison.size() == 1)
    text += " No other model was measured: name a convolutional one with "
            "--against.";
  else if (!own.facts.isConvolutional)
    text += " A convolution's sums go through a normalization that was folded "
            "into weights and a rectifier that cuts at zero, each at its own "
            "range; a transformer's stream is added to from block to block, "
            "its norms give each channel a scale of its own, and softmax and "
            "GELU bend values that linear codes then cut evenly.";
  return {"Why is DeiT harder than MobileNet?",
          std::move(text),
          {"comparison", "comparison-nonlinearities"}};
}

//===----------------------------------------------------------------------===//
// What helps
//===----------------------------------------------------------------------===//

static Answer answerImprovement(const Report &report) {
  std::string text;
  for (const Suggestion &each : report.suggestions)
    text += (text.empty() ? "" : " ") + each.title + ".";
  if (text.empty())
    text = "Nothing that was measured stands out: rounding costs this model "
           "little.";
  return {"What would improve it?",
          std::move(text),
          {"confirmation", "ablation", "balancing", "frontier"}};
}

static std::string describeAblation(const Report &report) {
  if (report.ablation.empty())
    return "";
  std::string text = "Step by step, images decided as in float (top-1):";
  for (const AblationStep &step : report.ablation)
    text += formatv("{0} {1} {2} % ({3} %)",
                    &step == &report.ablation.front() ? "" : ",", step.name,
                    number(step.agreement), number(step.top1))
                .str();
  return text + ".";
}

static std::string describeFrontier(const Report &report) {
  std::string text;
  for (const SweepRow &row : report.frontier)
    text += formatv("{0} {1} {2} % in {3} MB", text.empty() ? "" : ",",
                    row.name, number(row.top1), number(row.bytes / 1e6, 2))
                .str();
  return text.empty() ? "" : " Top-1 and stored size:" + text + ".";
}

static Answer answerPipeline(const Report &report) {
  std::string text = describeAblation(report) + describeFrontier(report);
  if (!report.depth.empty())
    text += formatv(" After the last addition the signal-to-noise ratio is {0} "
                    "dB rounded plainly and {1} dB with w8a8.",
                    number(report.depth.back().naive),
                    number(report.depth.back().w8a8))
                .str();
  if (text.empty())
    text = "The pipeline's steps were not measured; leave out --quick and "
           "--skip.";
  return {"What did the pipeline do?",
          std::move(text),
          {"ablation", "frontier", "depth", "float-against-integer", "recipe"}};
}

std::vector<Answer> deit::answerQuestions(const Report &report) {
  return {answerDistributions(report), answerSensitivity(report),
          answerComparison(report), answerImprovement(report),
          answerPipeline(report)};
}
