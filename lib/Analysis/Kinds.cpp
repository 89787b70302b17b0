// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rounds all modules of a kind.

#include "Sensitivity.h"
#include "deit/Support/Progress.h"

using namespace deit;

Expected<LogitsEffect> deit::measureEffect(const Subject &subject,
                                           func::FuncOp function) {
  LogitsMeter meter(subject.classes());
  int64_t right = 0, images = subject.images.count;
  for (int64_t begin = 0; begin < images; begin += kImagesPerRun) {
    int64_t count = std::min(kImagesPerRun, images - begin);
    auto logits = subject.reference->run(
        function, subject.images.slice(begin, count), count);
    if (!logits)
      return logits.takeError();
    meter.add(subject.logits(begin, count), *logits);
    for (int64_t i = 0; i < count; ++i) {
      ArrayRef<float> row =
          ArrayRef(*logits).slice(i * subject.classes(), subject.classes());
      right += decisionOf(row) == subject.images.labels[begin + i];
    }
  }
  return LogitsEffect{meter.decibels(), meter.agreement(), meter.divergence(),
                      100.0 * static_cast<double>(right) /
                          static_cast<double>(images)};
}

/// What rounding `part` of all modules of `kind` does; nothing where none of
/// them has that part.
static Expected<std::optional<LogitsEffect>>
measureKind(const Subject &subject, const PlainRounding &rounding,
            StringRef kind, Part part) {
  bool isAny = false;
  OwningOpRef<ModuleOp> rounded =
      rounding.round([&](size_t index) -> std::optional<Part> {
        if (subject.modules[index].kind != kind)
          return std::nullopt;
        isAny |= rounding.variant(index, part).has_value();
        return part;
      });
  if (!isAny)
    return std::nullopt;
  auto effect = measureEffect(subject, forwardOf(*rounded));
  if (!effect)
    return effect.takeError();
  return std::optional(*effect);
}

static Error measureParts(const Subject &subject, const PlainRounding &rounding,
                          KindEffects &kind) {
  auto measure = [&](Part part, std::optional<LogitsEffect> &into) -> Error {
    auto effect = measureKind(subject, rounding, kind.kind, part);
    if (!effect)
      return effect.takeError();
    into = *effect;
    return Error::success();
  };
  Effects<LogitsEffect> &effects = kind.effects;
  if (Error error = measure(Part::Weights, effects.weights))
    return error;
  if (Error error = measure(Part::Activations, effects.activations))
    return error;
  if (effects.weights && effects.activations)
    return measure(Part::Both, effects.both);
  effects.both = effects.weights ? effects.weights : effects.activations;
  return Error::success();
}

Expected<std::vector<KindEffects>>
deit::measureKinds(const Subject &subject, const PlainRounding &rounding) {
  std::vector<KindEffects> kinds;
  for (const AnalyzedModule &module : subject.modules) {
    auto known = llvm::find_if(kinds, [&](const KindEffects &kind) {
      return kind.kind == module.kind;
    });
    if (known == kinds.end())
      known = kinds.insert(kinds.end(), {module.kind, 0, {}});
    ++known->modules;
  }
  Progress progress("rounding kinds of modules, kind",
                    static_cast<int64_t>(kinds.size()));
  for (KindEffects &kind : kinds) {
    if (Error error = measureParts(subject, rounding, kind))
      return std::move(error);
    progress.advance();
  }
  return kinds;
}
