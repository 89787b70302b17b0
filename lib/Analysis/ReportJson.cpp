// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes a report as JSON.

#include "JsonParts.h"
#include "Report.h"
#include "deit/Support/Json.h"

using namespace deit;
namespace json = llvm::json;

static constexpr int64_t kVersion = 1;

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

static json::Value weightsJson(const AnalyzedModule &module,
                               const ModuleReport &report) {
  if (!report.weights)
    return nullptr;
  json::Object result = jsonOf(*report.weights);
  auto type = cast<ShapedType>(module.weights->get().getType());
  int64_t rows = type.getDimSize(0);
  result["rows"] = rows;
  result["columns"] = type.getNumElements() / rows;
  result["bits"] =
      report.recipe ? jsonOf(report.recipe->entropy) : json::Value(nullptr);
  result["bytes"] =
      report.recipe ? jsonOf(report.recipe->bytes) : json::Value(nullptr);
  return result;
}

static json::Object activationsJson(const ModuleReport &report) {
  json::Object result = jsonOf(report.activations);
  result["balanced"] = jsonOf(report.balanced);
  result["fisher"] = nullptr;
  if (report.fisher)
    result["fisher"] =
        json::Object{{"histogram", jsonOf(report.fisher->range(),
                                          coarseBins(*report.fisher))}};
  return result;
}

static json::Value codesJson(const ModuleReport &report) {
  if (!report.codes)
    return nullptr;
  json::Object result = jsonOf(*report.codes);
  bool isKnown = report.recipe && !report.recipe->rangeMethod.empty();
  result["method"] =
      isKnown ? json::Value(report.recipe->rangeMethod) : nullptr;
  return result;
}

static json::Value errorJson(const std::optional<ValueComparison> &error) {
  if (!error)
    return nullptr;
  return json::Object{{"snr_db", jsonOf(error->signalToNoise)},
                      {"drop_db", jsonOf(error->drop)},
                      {"cosine", shortNumber(error->cosine, 9)},
                      {"largest_error", jsonOf(error->largestError)}};
}

static json::Value text(StringRef value) {
  return value.empty() ? json::Value(nullptr) : json::Value(value.str());
}

static json::Value recipeJson(const std::optional<ChosenFormat> &recipe) {
  if (!recipe)
    return nullptr;
  json::Value residual = nullptr;
  if (recipe->residualBits)
    residual = static_cast<int64_t>(*recipe->residualBits);
  return json::Object{{"weight_bits", jsonOf(recipe->weightBits)},
                      {"range_method", text(recipe->rangeMethod)},
                      {"low", jsonOf(recipe->range.low)},
                      {"high", jsonOf(recipe->range.high)},
                      {"balance", text(recipe->balance)},
                      {"bytes", jsonOf(recipe->bytes)},
                      {"residual_bits", residual}};
}

static json::Object moduleJson(const AnalyzedModule &module,
                               const ModuleReport &report) {
  json::Value block = nullptr;
  if (module.block)
    block = *module.block;
  return json::Object{{"path", module.path},
                      {"operation", module.op->getName().getStringRef().str()},
                      {"kind", module.kind},
                      {"block", block},
                      {"shape", json::Array(module.shape())},
                      {"weights", weightsJson(module, report)},
                      {"activations", activationsJson(report)},
                      {"codes", codesJson(report)},
                      {"sensitivity", jsonOf(report.sensitivity)},
                      {"error", errorJson(report.error)},
                      {"recipe", recipeJson(report.recipe)}};
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

static json::Array pathsJson(const Report &report, ArrayRef<size_t> modules) {
  json::Array paths;
  for (size_t index : modules)
    paths.push_back(report.analyzed[index].path);
  return paths;
}

static json::Array depthJson(const Report &report) {
  json::Array result;
  for (const DepthPoint &point : report.depth) {
    const AnalyzedModule &module = report.analyzed[point.module];
    json::Value block = nullptr;
    if (module.block)
      block = *module.block;
    result.push_back(json::Object{{"path", module.path},
                                  {"block", block},
                                  {"naive_snr_db", jsonOf(point.naive)},
                                  {"w8a8_snr_db", jsonOf(point.w8a8)}});
  }
  return result;
}

static json::Value confirmationJson(const Report &report) {
  if (!report.confirmation)
    return nullptr;
  const Confirmation &found = *report.confirmation;
  json::Array random;
  for (const KeptModules &kept : found.random) {
    json::Object object = jsonOf(kept.effect);
    object["modules"] = pathsJson(report, kept.modules);
    random.push_back(std::move(object));
  }
  return json::Object{{"modules", pathsJson(report, found.first.modules)},
                      {"all_quantized", jsonOf(found.allRounded)},
                      {"top_five_float", jsonOf(found.first.effect)},
                      {"random_five_float", std::move(random)}};
}

static json::Array ablationJson(const Report &report) {
  json::Array result;
  for (const AblationStep &step : report.ablation) {
    json::Value bytes = nullptr;
    if (step.bytes)
      bytes = static_cast<int64_t>(*step.bytes);
    result.push_back(json::Object{{"step", step.name},
                                  {"what", step.what},
                                  {"top1", jsonOf(step.top1)},
                                  {"agreement", jsonOf(step.agreement)},
                                  {"kl", jsonOf(step.divergence)},
                                  {"bytes", bytes}});
  }
  return result;
}

static StringRef kindName(SweepKind kind) {
  switch (kind) {
  case SweepKind::Float:
    return "float";
  case SweepKind::Naive:
    return "naive";
  case SweepKind::W8A8:
    return "w8a8";
  case SweepKind::Rate:
    return "rate";
  case SweepKind::Groups:
    return "groups";
  }
  llvm_unreachable("no other kinds");
}

static json::Array frontierJson(const Report &report) {
  json::Array result;
  for (const SweepRow &row : report.frontier)
    result.push_back(
        json::Object{{"name", row.name},
                     {"kind", kindName(row.kind())},
                     {"bits_per_parameter", jsonOf(row.bitsPerParameter)},
                     {"bytes", static_cast<int64_t>(row.bytes)},
                     {"top1", jsonOf(row.top1)},
                     {"agreement", jsonOf(row.agreement)}});
  return result;
}

static json::Array suggestionsJson(const Report &report) {
  json::Array result;
  for (const Suggestion &each : report.suggestions) {
    json::Array evidence;
    for (const Evidence &number : each.evidence)
      evidence.push_back(json::Object{{"label", number.label},
                                      {"value", jsonOf(number.value)},
                                      {"unit", number.unit}});
    result.push_back(json::Object{{"title", each.title},
                                  {"text", each.text},
                                  {"evidence", std::move(evidence)},
                                  {"chart", each.chart}});
  }
  return result;
}

static json::Array answersJson(const Report &report) {
  json::Array result;
  for (const Answer &each : report.answers)
    result.push_back(json::Object{{"question", each.question},
                                  {"answer", json::Array(each.points)},
                                  {"charts", json::Array(each.charts)}});
  return result;
}

//===----------------------------------------------------------------------===//
// The report
//===----------------------------------------------------------------------===//

json::Value deit::toJson(const AnalysisOptions &options, const Report &report) {
  json::Array modules, comparison;
  for (auto [module, measured] :
       llvm::zip_equal(report.analyzed, report.modules))
    modules.push_back(moduleJson(module, measured));
  for (const ModelComparison &each : report.comparison)
    comparison.push_back(jsonOf(each));
  const ModelFacts &facts = report.own().facts;
  return json::Object{
      {"version", kVersion},
      {"producer", "deit-report " DEIT_VERSION},
      {"command", options.command},
      {"model", modelJson(facts)},
      {"calibration", json::Object{{"file", facts.calibrationFile},
                                   {"images", facts.calibrationImages}}},
      {"evaluation", evaluationJson(facts)},
      {"float", floatJson(facts)},
      {"modules", std::move(modules)},
      {"kinds", jsonOf(ArrayRef(report.own().kinds))},
      {"depth", depthJson(report)},
      {"ranking", pathsJson(report, report.ranking)},
      {"confirmation", confirmationJson(report)},
      {"ablation", ablationJson(report)},
      {"frontier", frontierJson(report)},
      {"comparison", std::move(comparison)},
      {"suggestions", suggestionsJson(report)},
      {"questions", answersJson(report)},
      {"timing",
       json::Object{{"seconds", jsonOf(report.seconds)},
                    {"peak_bytes", static_cast<int64_t>(report.peakBytes)}}}};
}
