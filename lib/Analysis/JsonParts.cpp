// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// JSON of what occurs in several places of a report.

#include "JsonParts.h"
#include "deit/Support/Json.h"

using namespace deit;
namespace json = llvm::json;

json::Value deit::jsonOf(std::optional<double> number) {
  return number ? shortNumber(*number) : json::Value(nullptr);
}

//===----------------------------------------------------------------------===//
// Distributions
//===----------------------------------------------------------------------===//

json::Object deit::jsonOf(Range range, ArrayRef<double> bins) {
  constexpr int kDigits = 12; // counts, or weights
  json::Array counts;
  for (double count : bins)
    counts.push_back(shortNumber(count, kDigits));
  return json::Object{{"low", jsonOf(range.low)},
                      {"high", jsonOf(range.high)},
                      {"counts", std::move(counts)}};
}

static json::Value channelsJson(const Distribution &distribution) {
  constexpr size_t kMost = 4096;
  constexpr int kDigits = 5;
  if (distribution.channelLows.empty())
    return nullptr;
  auto numbers = [](ArrayRef<float> values) {
    json::Array result;
    for (float value : values.take_front(kMost))
      result.push_back(shortNumber(value, kDigits));
    return result;
  };
  return json::Object{{"minimum", numbers(distribution.channelLows)},
                      {"maximum", numbers(distribution.channelHighs)}};
}

json::Object deit::jsonOf(const Distribution &distribution) {
  return json::Object{
      {"count", distribution.count},
      {"minimum", jsonOf(distribution.minimum)},
      {"maximum", jsonOf(distribution.maximum)},
      {"mean", jsonOf(distribution.mean)},
      {"deviation", jsonOf(distribution.deviation)},
      {"kurtosis", jsonOf(distribution.kurtosis)},
      {"outlier_percent", jsonOf(distribution.outlierPercent)},
      {"channel_spread", jsonOf(distribution.channelSpread)},
      {"histogram", jsonOf(distribution.range, distribution.bins)},
      {"channels", channelsJson(distribution)}};
}

json::Object deit::jsonOf(const CodeUse &use) {
  return json::Object{{"low", jsonOf(use.low)},
                      {"high", jsonOf(use.high)},
                      {"bits", static_cast<int64_t>(use.bits)},
                      {"used", use.used},
                      {"of", use.of},
                      {"dead_percent", jsonOf(use.deadPercent)},
                      {"clipped_percent", jsonOf(use.clippedPercent)}};
}

//===----------------------------------------------------------------------===//
// Effects
//===----------------------------------------------------------------------===//

json::Object deit::jsonOf(const LogitsEffect &effect) {
  return json::Object{{"logits_snr_db", jsonOf(effect.decibels)},
                      {"agreement", jsonOf(effect.agreement)},
                      {"kl", jsonOf(effect.divergence)},
                      {"top1", jsonOf(effect.top1)}};
}

json::Object deit::jsonOf(const ModuleEffect &effect) {
  return json::Object{{"module_snr_db", jsonOf(effect.moduleDecibels)},
                      {"logits_snr_db", jsonOf(effect.logits.decibels)},
                      {"agreement", jsonOf(effect.logits.agreement)},
                      {"kl", jsonOf(effect.logits.divergence)}};
}

json::Array deit::jsonOf(ArrayRef<KindEffects> kinds) {
  json::Array result;
  for (const KindEffects &kind : kinds) {
    json::Object object = jsonOf(kind.effects);
    object["kind"] = kind.kind;
    object["modules"] = kind.modules;
    result.push_back(std::move(object));
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

json::Object deit::modelJson(const ModelFacts &facts) {
  return json::Object{
      {"name", facts.name},
      {"family", facts.isConvolutional ? "convolutional" : "transformer"},
      {"parameters", facts.parameters},
      {"classes", facts.classes},
      {"blocks", facts.blocks},
      {"float_bytes", static_cast<int64_t>(facts.floatBytes)}};
}

json::Object deit::evaluationJson(const ModelFacts &facts) {
  return json::Object{{"file", facts.evaluationFile},
                      {"images", facts.evaluationImages},
                      {"sensitivity_images", facts.sensitivityImages},
                      {"group_images", facts.groupImages}};
}

json::Object deit::floatJson(const ModelFacts &facts) {
  return json::Object{{"top1", jsonOf(facts.top1)},
                      {"top5", jsonOf(facts.top5)}};
}

static json::Object summaryJson(const DistributionSummary &summary) {
  return json::Object{
      {"weight_channel_spread_median", jsonOf(summary.weightSpread)},
      {"weight_kurtosis_median", jsonOf(summary.weightKurtosis)},
      {"weight_snr_db_median", jsonOf(summary.weightDecibels)},
      {"weight_values_median", jsonOf(summary.weightValues)},
      {"activation_channel_spread_median", jsonOf(summary.activationSpread)},
      {"activation_channel_spread_worst",
       jsonOf(summary.activationSpreadWorst)},
      {"activation_kurtosis_median", jsonOf(summary.activationKurtosis)},
      {"activation_kurtosis_worst", jsonOf(summary.activationKurtosisWorst)},
      {"outlier_percent_worst", jsonOf(summary.outlierPercentWorst)},
      {"dead_percent_median", jsonOf(summary.deadPercent)}};
}

static json::Object nonlinearityJson(const Nonlinearity &each) {
  return json::Object{
      {"kind", each.kind},
      {"path", each.path},
      {"histogram", jsonOf(each.distribution.range, each.distribution.bins)},
      {"dead_percent", jsonOf(each.use.deadPercent)},
      {"used", each.use.used}};
}

json::Object deit::jsonOf(const ModelComparison &comparison) {
  json::Array nonlinearities, modules;
  for (const Nonlinearity &each : comparison.nonlinearities)
    nonlinearities.push_back(nonlinearityJson(each));
  for (const ModuleSummary &module : comparison.modules)
    modules.push_back(json::Object{
        {"path", module.path},
        {"kind", module.kind},
        {"channel_spread", jsonOf(module.activations.channelSpread)},
        {"kurtosis", jsonOf(module.activations.kurtosis)},
        {"outlier_percent", jsonOf(module.activations.outlierPercent)}});
  return json::Object{
      {"model", modelJson(comparison.facts)},
      {"evaluation", evaluationJson(comparison.facts)},
      {"float", floatJson(comparison.facts)},
      {"naive", jsonOf(comparison.naive)},
      {"naive_weights_only", jsonOf(comparison.weightsOnly)},
      {"naive_activations_only", jsonOf(comparison.activationsOnly)},
      {"per_channel", jsonOf(comparison.perChannel)},
      {"weights_are_codes", comparison.hasRoundedWeights()},
      {"summary", summaryJson(comparison.summary)},
      {"nonlinearities", std::move(nonlinearities)},
      {"modules", std::move(modules)},
      {"kinds", jsonOf(comparison.kinds)}};
}
