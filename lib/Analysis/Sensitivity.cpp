// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rounds each module by itself.

#include "Sensitivity.h"
#include "deit/Support/Progress.h"

using namespace deit;

namespace {

/// What is being gathered of one module and one part of it.
struct ModuleMeter {
  explicit ModuleMeter(size_t classes) : logits(classes) {}

  ModuleEffect effect() const {
    return {values.decibels(),
            {logits.decibels(), logits.agreement(), logits.divergence()}};
  }

  NoiseMeter values;
  LogitsMeter logits;
};

/// A part of one module, tried on its own.
struct Trial {
  Part part;
  Variant variant;
  ModuleMeter meter;
};

/// Rounds modules in runs that begin where the module does.
class ModuleMeasurement {
public:
  ModuleMeasurement(const Subject &subject, const PlainRounding &rounding);

  Error add(int64_t begin, int64_t count);
  std::vector<Effects<ModuleEffect>> effects() const;

private:
  const Subject &subject;
  std::vector<SmallVector<Trial>> trials; ///< by module
  llvm::DenseMap<Operation *, size_t> indices;
};

} // namespace

ModuleMeasurement::ModuleMeasurement(const Subject &subject,
                                     const PlainRounding &rounding)
    : subject(subject) {
  for (auto [index, module] : llvm::enumerate(subject.modules)) {
    indices[module.op] = index;
    SmallVector<Trial> &tried = trials.emplace_back();
    for (Part part : {Part::Weights, Part::Activations, Part::Both}) {
      std::optional<Variant> variant = rounding.variant(index, part);
      bool isNew = variant && (part != Part::Both || tried.size() == 2);
      if (isNew)
        tried.push_back({part, *variant, ModuleMeter(subject.classes())});
    }
  }
}

Error ModuleMeasurement::add(int64_t begin, int64_t count) {
  auto variantsOf = [&](OpResult result) {
    std::vector<Variant> variants;
    auto found = indices.find(result.getOwner());
    if (found != indices.end())
      for (const Trial &trial : trials[found->second])
        variants.push_back(trial.variant);
    return variants;
  };
  ArrayRef<float> expected = subject.logits(begin, count);
  auto see = [&](const VariantRun &run) {
    size_t index = indices.find(run.result.getOwner())->second;
    ModuleMeter &meter = trials[index][run.index].meter;
    meter.values.add(run.exact, run.values);
    meter.logits.add(expected, run.logits);
  };
  return subject.reference
      ->runVariants(subject.function(), subject.images.slice(begin, count),
                    count, variantsOf, see)
      .takeError();
}

std::vector<Effects<ModuleEffect>> ModuleMeasurement::effects() const {
  std::vector<Effects<ModuleEffect>> result;
  for (const SmallVector<Trial> &tried : trials) {
    Effects<ModuleEffect> &effects = result.emplace_back();
    for (const Trial &trial : tried) {
      ModuleEffect effect = trial.meter.effect();
      if (trial.part == Part::Weights)
        effects.weights = effect;
      if (trial.part == Part::Activations)
        effects.activations = effect;
      effects.both = effect;
    }
  }
  return result;
}

Expected<std::vector<Effects<ModuleEffect>>>
deit::measureModules(const Subject &subject, const PlainRounding &rounding,
                     int64_t images) {
  ModuleMeasurement measurement(subject, rounding);
  images = std::min(images, subject.images.count);
  Progress progress("rounding modules one by one, image", images);
  for (int64_t begin = 0; begin < images; begin += kImagesPerRun) {
    int64_t count = std::min(kImagesPerRun, images - begin);
    if (Error error = measurement.add(begin, count))
      return std::move(error);
    progress.advance(count);
  }
  return measurement.effects();
}

std::vector<size_t>
deit::rankModules(ArrayRef<Effects<ModuleEffect>> sensitivities) {
  std::vector<size_t> ranking;
  for (auto [index, effects] : llvm::enumerate(sensitivities))
    if (effects.both)
      ranking.push_back(index);
  auto key = [&](size_t index) {
    return std::pair(-sensitivities[index].both->logits.divergence, index);
  };
  llvm::sort(ranking, [&](size_t a, size_t b) { return key(a) < key(b); });
  return ranking;
}
