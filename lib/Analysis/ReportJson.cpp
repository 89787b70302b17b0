// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes what was measured as JSON.

#include "Report.h"
#include "deit/Support/Json.h"
#include "llvm/Support/Path.h"

using namespace deit;
namespace json = llvm::json;

static constexpr int64_t kVersion = 1;

static json::Value number(double value) { return shortNumber(value); }

static json::Value number(std::optional<double> value) {
  return value ? number(*value) : json::Value(nullptr);
}

static json::Array numbers(ArrayRef<float> values) {
  constexpr int kDigits = 5;
  json::Array result;
  for (float value : values)
    result.push_back(shortNumber(value, kDigits));
  return result;
}

//===----------------------------------------------------------------------===//
// Distributions
//===----------------------------------------------------------------------===//

static json::Object histogramJson(Range range, ArrayRef<double> bins) {
  json::Array counts;
  for (double count : bins)
    counts.push_back(shortNumber(count, 12));
  return json::Object{{"low", number(range.low)},
                      {"high", number(range.high)},
                      {"counts", std::move(counts)}};
}

static json::Value channelsJson(const Distribution &distribution) {
  constexpr size_t kMost = 4096;
  if (distribution.channelLows.empty())
    return nullptr;
  return json::Object{
      {"minimum",
       numbers(ArrayRef(distribution.channelLows).take_front(kMost))},
      {"maximum",
       numbers(ArrayRef(distribution.channelHighs).take_front(kMost))}};
}

static json::Object distributionJson(const Distribution &distribution) {
  return json::Object{
      {"count", distribution.count},
      {"minimum", number(distribution.minimum)},
      {"maximum", number(distribution.maximum)},
      {"mean", number(distribution.mean)},
      {"deviation", number(distribution.deviation)},
      {"kurtosis", number(distribution.kurtosis)},
      {"outlier_percent", number(distribution.outlierPercent)},
      {"channel_spread", number(distribution.channelSpread)},
      {"histogram", histogramJson(distribution.range, distribution.bins)},
      {"channels", channelsJson(distribution)}};
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

static json::Value weightsJson(const AnalyzedModule &module,
                               const ModuleReport &report) {
  if (!report.weights)
    return nullptr;
  json::Object result = distributionJson(*report.weights);
  auto type = cast<ShapedType>(module.weights->get().getType());
  int64_t rows = type.getDimSize(0);
  result["rows"] = rows;
  result["columns"] = type.getNumElements() / rows;
  return result;
}

static json::Object moduleJson(const AnalyzedModule &module,
                               const ModuleReport &report) {
  return json::Object{
      {"path", module.path},
      {"operation", module.op->getName().getStringRef()},
      {"kind", module.kind},
      {"block", module.block ? json::Value(*module.block) : nullptr},
      {"shape", json::Array(module.shape())},
      {"weights", weightsJson(module, report)},
      {"activations", distributionJson(report.activations)}};
}

//===----------------------------------------------------------------------===//
// The model
//===----------------------------------------------------------------------===//

static json::Object modelJson(const Subject &subject) {
  int64_t parameters = 0, blocks = 0;
  subject.imported.get()->walk([&](ConstantOp constant) {
    parameters += constant.getResult().getType().getNumElements();
  });
  for (const AnalyzedModule &module : subject.modules)
    blocks = std::max(blocks, module.block.value_or(-1) + 1);
  return json::Object{
      {"name", subject.name},
      {"family", subject.isConvolutional() ? "convolutional" : "transformer"},
      {"parameters", parameters},
      {"classes", static_cast<int64_t>(subject.classes())},
      {"blocks", blocks},
      {"float_bytes", static_cast<int64_t>(subject.floats.bytes)}};
}

static StringRef fileName(StringRef path) {
  return llvm::sys::path::filename(path);
}

static json::Object evaluationJson(const Subject &subject,
                                   const AnalysisOptions &options) {
  return json::Object{{"file", fileName(subject.driver.data)},
                      {"images", subject.evaluationImages},
                      {"sensitivity_images", std::min(options.sensitivityImages,
                                                      subject.images.count)},
                      {"group_images", subject.images.count}};
}

json::Value deit::toJson(const Subject &subject, const AnalysisOptions &options,
                         const Report &report) {
  json::Array modules;
  for (auto [module, measured] :
       llvm::zip_equal(subject.modules, report.modules))
    modules.push_back(moduleJson(module, measured));
  return json::Object{
      {"version", kVersion},
      {"producer", "deit-report " DEIT_VERSION},
      {"command", options.command},
      {"model", modelJson(subject)},
      {"calibration",
       json::Object{{"file", fileName(subject.driver.calibration)},
                    {"images", static_cast<int64_t>(options.samples)}}},
      {"evaluation", evaluationJson(subject, options)},
      {"float", json::Object{{"top1", number(subject.floats.top1)},
                             {"top5", number(subject.floats.top5)}}},
      {"modules", std::move(modules)}};
}
