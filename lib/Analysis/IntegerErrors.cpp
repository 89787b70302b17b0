// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compares the float model with the integer program, module by module.

#include "Depth.h"
#include "deit/Pipelines/Pipelines.h"
#include "deit/Support/Progress.h"
#include "llvm/ADT/StringMap.h"

using namespace deit;

/// Puts the values of `more`, a run on another image, behind those of `trace`.
static void append(Trace &trace, Trace more) {
  if (trace.values.empty()) {
    trace = std::move(more);
    return;
  }
  for (auto [value, other] : llvm::zip_equal(trace.values, more.values))
    llvm::append_range(value.values, other.values);
  llvm::append_range(trace.logits, more.logits);
}

/// Runs `function` on the first `images` images, one after the other.
static Expected<Trace> traceImages(const Subject &subject,
                                   func::FuncOp function, int64_t images,
                                   Progress &progress) {
  Trace result;
  for (int64_t i = 0; i < images; ++i) {
    auto trace = traceModel(function, subject.images.slice(i, 1));
    if (!trace)
      return trace.takeError();
    append(result, std::move(*trace));
    progress.advance();
  }
  return result;
}

Expected<std::vector<std::optional<ValueComparison>>>
deit::compareInteger(const Subject &subject, const QuantizedModel &model) {
  constexpr int64_t kImages = 4;
  OwningOpRef<ModuleOp> integer(model.module.get().clone());
  if (!subject.isConvolutional())
    if (Error error = subject.session().lower(
            *integer, "converting to integers", populateFxpPipeline))
      return std::move(error);
  int64_t images = std::min(kImages, subject.images.count);
  Progress progress("comparing with the integer program, image", 2 * images);
  auto expected = traceImages(subject, subject.function(), images, progress);
  if (!expected)
    return expected.takeError();
  auto found = traceImages(subject, forwardOf(*integer), images, progress);
  if (!found)
    return found.takeError();
  auto comparison = compareTraces(*expected, *found);
  if (!comparison)
    return comparison.takeError();
  llvm::StringMap<const ValueComparison *> byPath;
  for (const ValueComparison &value : comparison->values)
    byPath[value.path] = &value;
  std::vector<std::optional<ValueComparison>> result;
  for (const AnalyzedModule &module : subject.modules) {
    const ValueComparison *value = byPath.lookup(module.path);
    result.push_back(value ? std::optional(*value) : std::nullopt);
  }
  return result;
}
