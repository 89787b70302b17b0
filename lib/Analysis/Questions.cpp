// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Answers questions with what was measured.

#include "Report.h"
#include "llvm/ADT/StringExtras.h"
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

/// " (path)" of the module for which `key` is the largest; nothing if none has
/// one.
template <typename Key>
static std::string whereLargest(ArrayRef<ModuleSummary> modules, Key key) {
  const ModuleSummary *result = nullptr;
  for (const ModuleSummary &module : modules)
    if (key(module) && (!result || *key(module) > *key(*result)))
      result = &module;
  return result ? " (" + result->path + ")" : "";
}

static std::vector<std::string> withoutEmpty(std::vector<std::string> points) {
  llvm::erase_if(points, [](const std::string &each) { return each.empty(); });
  return points;
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
  std::vector<std::string> points = {
      formatv("Weights: kurtosis is {0} in the middle module (3 for a normal "
              "distribution); the widest channel has {1} times the middle "
              "one's range.",
              number(summary.weightKurtosis), number(summary.weightSpread)),
      formatv("Activations: kurtosis is {0} in the middle module and {1} at "
              "worst{2}; the widest channel has {3} times the middle one's "
              "range, {4} times at worst{5}.",
              number(summary.activationKurtosis),
              number(summary.activationKurtosisWorst),
              whereLargest(own.modules, kurtosisOf),
              number(summary.activationSpread),
              number(summary.activationSpreadWorst),
              whereLargest(own.modules, spreadOf))};
  for (const Nonlinearity &each : own.nonlinearities)
    points.push_back(
        formatv("{0} ({1}): of 256 codes from minimum to maximum, {2} % are "
                "all but unused.",
                each.path, each.kind, number(each.use.deadPercent, 0)));
  return {"Where do weights and activations have what distributions?",
          std::move(points),
          {"weights", "activations", "channels", "gelu", "softmax"}};
}

//===----------------------------------------------------------------------===//
// Sensitivity
//===----------------------------------------------------------------------===//

static std::string describeRanking(const Report &report) {
  constexpr size_t kNamed = 5;
  if (report.ranking.empty())
    return "Modules were not measured one by one.";
  std::vector<std::string> each;
  for (size_t index : ArrayRef(report.ranking).take_front(kNamed)) {
    const ModuleEffect &effect = *report.modules[index].sensitivity.both;
    each.push_back(formatv(
        "{0} ({1:e1} nats, {2} dB at the logits)", report.analyzed[index].path,
        effect.logits.divergence, number(effect.logits.decibels)));
  }
  return "Rounded alone, to 8 bits from minimum to maximum, these change the "
         "logits the most: " +
         llvm::join(each, ", ") + ".";
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
  std::vector<std::string> each;
  for (const KindEffects *kind : ArrayRef(sorted).take_front(3))
    each.push_back(formatv("{0} ({1} % of the images decided as in float)",
                           kind->kind, number(kind->effects.both->agreement)));
  return each.empty() ? ""
                      : "By kind, all of one rounded together: " +
                            llvm::join(each, ", ") + ".";
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
  return formatv("Everything rounded, the divergence and the images decided "
                 "as in float are {0}; with the five worst modules left in "
                 "float {1}; with five at random {2} in the mean of {3} "
                 "draws.",
                 describe(found.allRounded), describe(found.first.effect),
                 describe(meanOf(found.random)), found.random.size());
}

static Answer answerSensitivity(const Report &report) {
  return {
      "Which layers does quantization hurt most?",
      withoutEmpty({describeRanking(report), describeKinds(report.own().kinds),
                    describeConfirmation(report)}),
      {"sensitivity-modules", "sensitivity-kinds", "confirmation", "depth"}};
}

//===----------------------------------------------------------------------===//
// Against other models
//===----------------------------------------------------------------------===//

static std::string describeModel(const ModelComparison &each) {
  return formatv("{0}: with everything rounded {1} % of its images are decided "
                 "as in float, with weights alone {2} %, with activations "
                 "alone {3} %. Channels of activations spread by {4} in the "
                 "middle and {5} at worst, kurtosis is {6} and {7}, and {8} % "
                 "of the codes are all but unused.",
                 each.facts.name, number(each.naive.agreement),
                 number(each.weightsOnly.agreement),
                 number(each.activationsOnly.agreement),
                 number(each.summary.activationSpread),
                 number(each.summary.activationSpreadWorst),
                 number(each.summary.activationKurtosis),
                 number(each.summary.activationKurtosisWorst),
                 number(each.summary.deadPercent, 0));
}

static std::string describeTraining(const ModelComparison &each) {
  if (!each.hasRoundedWeights())
    return "";
  return formatv("The weights of {0} come from quantization-aware training: a "
                 "tensor has {1} different values in the median, so they were "
                 "codes already and the network has learned to live with "
                 "rounding. It is no fair witness; a model that was trained in "
                 "float is.",
                 each.facts.name, number(each.summary.weightValues, 0));
}

/// What sets `own` apart from `other`, an easier model.
static std::string contrast(const ModelComparison &own,
                            const ModelComparison &other) {
  std::vector<std::string> each;
  auto compare = [&](std::optional<double> a, std::optional<double> b,
                     StringRef what) {
    constexpr double kClearly = 1.5;
    if (a && b && *b > 0 && *a > kClearly * *b)
      each.push_back(formatv("{0} {1} times", what, number(*a / *b)));
  };
  compare(own.summary.activationSpreadWorst,
          other.summary.activationSpreadWorst, "the widest channels");
  compare(own.summary.activationKurtosisWorst,
          other.summary.activationKurtosisWorst, "the longest tails");
  compare(own.summary.deadPercent, other.summary.deadPercent, "unused codes");
  if (each.empty())
    return "";
  return formatv("{0} has, of what {1} has, {2}.", own.facts.name,
                 other.facts.name, llvm::join(each, ", "));
}

static Answer answerComparison(const Report &report) {
  const ModelComparison &own = report.own();
  std::vector<std::string> points = {describeModel(own)};
  for (const ModelComparison &other : ArrayRef(report.comparison).drop_front())
    for (std::string &point :
         withoutEmpty({describeModel(other), describeTraining(other),
                       contrast(own, other)}))
      points.push_back(std::move(point));
  if (report.comparison.size() == 1)
    points.emplace_back("No other model was measured: name a convolutional one "
                        "with --against.");
  else if (!own.facts.isConvolutional)
    points.emplace_back(
        "A convolution's sums go through a normalization that was folded "
        "into weights and a rectifier that cuts at zero, each at its own "
        "range; a transformer's stream is added to from block to block, "
        "its norms give each channel a scale of its own, and softmax and "
        "GELU bend values that linear codes then cut evenly.");
  return {"Why is DeiT harder than MobileNet?",
          std::move(points),
          {"comparison", "comparison-spread", "comparison-nonlinearities"}};
}

//===----------------------------------------------------------------------===//
// What helps
//===----------------------------------------------------------------------===//

static Answer answerImprovement(const Report &report) {
  std::vector<std::string> points;
  points.reserve(report.suggestions.size());
  for (const Suggestion &each : report.suggestions)
    points.push_back(each.title + ".");
  if (points.empty())
    points.emplace_back("Nothing that was measured stands out: rounding costs "
                        "this model little.");
  return {"What would improve it?",
          std::move(points),
          {"confirmation", "ablation", "balancing", "frontier"}};
}

static std::string describeAblation(const Report &report) {
  std::vector<std::string> each;
  each.reserve(report.ablation.size());
  for (const AblationStep &step : report.ablation)
    each.push_back(formatv("{0} {1} % ({2} %)", step.name,
                           number(step.agreement), number(step.top1)));
  return each.empty() ? ""
                      : "Step by step, images decided as in float (top-1): " +
                            llvm::join(each, ", ") + ".";
}

static std::string describeFrontier(const Report &report) {
  std::vector<std::string> each;
  each.reserve(report.frontier.size());
  for (const SweepRow &row : report.frontier)
    each.push_back(formatv("{0} {1} % in {2} MB", row.name, number(row.top1),
                           number(row.bytes / 1e6, 2)));
  return each.empty()
             ? ""
             : "Top-1 and stored size: " + llvm::join(each, ", ") + ".";
}

static std::string describeDepth(const Report &report) {
  if (report.depth.empty())
    return "";
  return formatv("After the last addition the signal-to-noise ratio is {0} dB "
                 "rounded plainly and {1} dB with w8a8.",
                 number(report.depth.back().naive),
                 number(report.depth.back().w8a8));
}

static Answer answerPipeline(const Report &report) {
  std::vector<std::string> points =
      withoutEmpty({describeAblation(report), describeFrontier(report),
                    describeDepth(report)});
  if (points.empty())
    points.emplace_back("The pipeline's steps were not measured; leave out "
                        "--quick and --skip.");
  return {"What did the pipeline do?",
          std::move(points),
          {"ablation", "frontier", "depth", "float-against-integer", "recipe"}};
}

std::vector<Answer> deit::answerQuestions(const Report &report) {
  return {answerDistributions(report), answerSensitivity(report),
          answerComparison(report), answerImprovement(report),
          answerPipeline(report)};
}
