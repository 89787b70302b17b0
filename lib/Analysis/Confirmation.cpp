// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Leaves a few modules in float and rounds all others.

#include "Sensitivity.h"
#include "deit/Support/Progress.h"
#include <random>

using namespace deit;

static constexpr size_t kKept = 5, kRandomSets = 5;

static Expected<LogitsEffect> measureWithout(const Subject &subject,
                                             const PlainRounding &rounding,
                                             ArrayRef<size_t> kept) {
  OwningOpRef<ModuleOp> rounded =
      rounding.round([&](size_t index) -> std::optional<Part> {
        if (llvm::is_contained(kept, index))
          return std::nullopt;
        return Part::Both;
      });
  return measureEffect(subject, forwardOf(*rounded));
}

/// `count` different ones of `from`, in the order of `from`.
static std::vector<size_t> draw(ArrayRef<size_t> from, size_t count,
                                std::mt19937_64 &random) {
  std::vector<size_t> left = from.vec();
  while (left.size() > count)
    left.erase(left.begin() + static_cast<ptrdiff_t>(random() % left.size()));
  return left;
}

LogitsEffect deit::meanOf(ArrayRef<KeptModules> sets) {
  LogitsEffect mean;
  for (const KeptModules &kept : sets) {
    double share = 1.0 / static_cast<double>(sets.size());
    mean.decibels += share * kept.effect.decibels;
    mean.agreement += share * kept.effect.agreement;
    mean.divergence += share * kept.effect.divergence;
    mean.top1 += share * kept.effect.top1;
  }
  return mean;
}

Expected<Confirmation> deit::confirmRanking(const Subject &subject,
                                            const PlainRounding &rounding,
                                            ArrayRef<size_t> ranking) {
  Confirmation result;
  size_t count = std::min(kKept, ranking.size());
  result.first.modules = ranking.take_front(count).vec();
  std::mt19937_64 random(1);
  result.random.resize(kRandomSets);
  for (KeptModules &kept : result.random)
    kept.modules = draw(ranking, count, random);
  Progress progress("leaving modules in float, set", kRandomSets + 2);
  auto measure = [&](ArrayRef<size_t> kept, LogitsEffect &effect) -> Error {
    auto found = measureWithout(subject, rounding, kept);
    if (!found)
      return found.takeError();
    effect = *found;
    progress.advance();
    return Error::success();
  };
  if (Error error = measure({}, result.allRounded))
    return std::move(error);
  if (Error error = measure(result.first.modules, result.first.effect))
    return std::move(error);
  for (KeptModules &kept : result.random)
    if (Error error = measure(kept.modules, kept.effect))
      return std::move(error);
  return result;
}
