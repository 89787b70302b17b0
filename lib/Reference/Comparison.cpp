// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compares the values of two runs.

#include "deit/Reference/Comparison.h"
#include "deit/Dialect/Fxp/IR/FxpOps.h"
#include "deit/Quant/Measures.h"
#include "deit/Support/FileIO.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"
#include <cmath>

using namespace deit;

/// What 8 bits can give at best; the image and better values count as this much
/// in `drop`, so that rounding something exact is not the largest one.
static constexpr double kBest = 50;

static ValueComparison compareValues(const TracedValue &reference,
                                     const TracedValue &model) {
  double signal = 0, power = 0, product = 0;
  ValueComparison result{model.path, model.shape, 0, 0, 0, 0, 1};
  for (auto [x, y] : llvm::zip_equal(reference.values, model.values)) {
    double a = x, b = y, error = b - a;
    signal += a * a;
    power += b * b;
    product += a * b;
    result.largestError = std::max(result.largestError, std::fabs(error));
    result.largestValue = std::max(result.largestValue, std::fabs(a));
  }
  NoiseMeter noise;
  noise.add(reference.values, model.values);
  result.signalToNoise = noise.decibels();
  if (result.largestError != 0)
    result.cosine =
        signal * power == 0 ? 0 : product / std::sqrt(signal * power);
  return result;
}

namespace {

/// Finds how good the values are that another is computed from.
class Sources {
public:
  explicit Sources(const llvm::DenseMap<Operation *, double> &quality)
      : quality(quality) {}

  /// The worst of what `op` reads, looking through what is not compared.
  double worst(Operation *op) {
    double result = kBest;
    for (Value operand : op->getOperands())
      result = std::min(result, worst(operand));
    return result;
  }

private:
  double worst(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op || !seen.insert(op).second)
      return kBest;
    auto known = quality.find(op);
    if (known != quality.end())
      return known->second;
    if (auto kernel = dyn_cast<fxp::KernelOp>(op))
      return worst(kernel.getBody().front().getTerminator());
    return worst(op);
  }

  const llvm::DenseMap<Operation *, double> &quality;
  llvm::DenseSet<Operation *> seen;
};

} // namespace

static std::string spell(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(shape, os, "x");
  return text;
}

/// The values of both runs that have the same name and shape, in the order of
/// `model`; what is left over becomes `unmatched`.
static std::vector<std::pair<const TracedValue *, const TracedValue *>>
matchValues(const Trace &reference, const Trace &model,
            std::vector<std::string> &unmatched) {
  llvm::StringMap<const TracedValue *> byPath;
  for (const TracedValue &value : reference.values)
    byPath[value.path] = &value;
  std::vector<std::pair<const TracedValue *, const TracedValue *>> pairs;
  for (const TracedValue &value : model.values) {
    const TracedValue *other = byPath.lookup(value.path);
    byPath.erase(value.path);
    if (!other)
      unmatched.push_back(value.path + ": not in the reference");
    else if (other->shape != value.shape)
      unmatched.push_back(value.path + ": " + spell(value.shape) +
                          " values, the reference has " + spell(other->shape));
    else
      pairs.push_back({other, &value});
  }
  for (const TracedValue &value : reference.values)
    if (byPath.count(value.path))
      unmatched.push_back(value.path + ": only in the reference");
  return pairs;
}

Expected<Comparison> deit::compareTraces(const Trace &reference,
                                         const Trace &model) {
  Comparison result;
  if (reference.logits.size() != model.logits.size())
    return makeError("expected models of the same classes, found " +
                     Twine(model.logits.size()) + " and, in the reference, " +
                     Twine(reference.logits.size()));
  llvm::DenseMap<Operation *, double> quality;
  for (auto [expected, found] :
       matchValues(reference, model, result.unmatched)) {
    ValueComparison value = compareValues(*expected, *found);
    value.drop = Sources(quality).worst(found->op) -
                 std::min(value.signalToNoise, kBest);
    quality[found->op] = std::min(value.signalToNoise, kBest);
    result.values.push_back(std::move(value));
  }
  if (result.values.empty())
    return makeError("the models have no module path in common; compare "
                     "levels of one model, with the locations that "
                     "deit-import gave them");
  result.referenceLogits = reference.logits;
  result.logits = model.logits;
  return result;
}

const ValueComparison *Comparison::worst() const {
  auto found = llvm::max_element(
      values, [](const ValueComparison &a, const ValueComparison &b) {
        return a.drop < b.drop;
      });
  return found == values.end() ? nullptr : &*found;
}
