// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses a range for every value out of statistics.

#include "deit/Calibration/Calibration.h"
#include "deit/Calibration/Observation.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/FileIO.h"

using namespace deit;

static constexpr std::pair<Observer, StringLiteral> kMethods[] = {
    {Observer::MinMax, "minmax"}, {Observer::Percentile, "percentile"},
    {Observer::MSE, "mse"},       {Observer::Entropy, "entropy"},
    {Observer::Fisher, "fisher"}, {Observer::GeluOutput, "gelu-output"},
    {Observer::Search, "search"},
};

StringRef deit::methodName(Observer method) {
  for (auto [each, name] : kMethods)
    if (each == method)
      return name;
  llvm_unreachable("every method has a name");
}

static Observer methodNamed(StringRef text) {
  for (auto [method, name] : kMethods)
    if (name == text)
      return method;
  llvm_unreachable("the dialect has verified the name");
}

//===----------------------------------------------------------------------===//
// One value
//===----------------------------------------------------------------------===//

/// How the range of `op` is to be chosen.
static Observer methodFor(Operation *op, const CalibrationOptions &options) {
  Value result = op->getResult(0);
  if (auto name = op->getAttrOfType<StringAttr>(kRangeMethodAttr))
    return methodNamed(name.getValue());
  if (rangeUse(result) == RangeUse::Everything)
    return Observer::MinMax;
  bool byOutput = options.geluRange == GeluRange::Output &&
                  options.observer != Observer::Search && geluOf(result);
  return byOutput ? Observer::GeluOutput : options.observer;
}

bool deit::usesMethod(func::FuncOp function, const CalibrationOptions &options,
                      ArrayRef<Observer> methods) {
  return llvm::any_of(observedOperations(function), [&](Operation *op) {
    return !op->hasAttr(kRangeAttr) &&
           llvm::is_contained(methods, methodFor(op, options));
  });
}

namespace {

/// Chooses the ranges of one function.
class RangeChooser {
public:
  RangeChooser(const CalibrationOptions &options,
               const ImageBatch *searchImages)
      : options(options), searchImages(searchImages) {}

  Error choose(func::FuncOp function, const ModelStatistics &statistics);

  RangeChoices choices;

private:
  Expected<Range> rangeBy(Observer method, Operation *op,
                          const ActivationStatistics &activation);
  Error chooseOne(Operation *op, const ActivationStatistics &activation);
  Error listCandidates(Operation *op, const ActivationStatistics &activation,
                       SmallVectorImpl<RangeCandidate> &candidates);
  Error search(func::FuncOp function);

  const CalibrationOptions &options;
  const ImageBatch *searchImages;
  /// What is to be tried, by operation.
  SearchCandidates toTry;
};

} // namespace

Expected<Range> RangeChooser::rangeBy(Observer method, Operation *op,
                                      const ActivationStatistics &activation) {
  bool symmetric = rangeUse(op->getResult(0)) == RangeUse::Symmetric;
  switch (method) {
  case Observer::MinMax:
    return minMaxRange(activation.histogram);
  case Observer::Percentile:
    return percentileRange(activation.histogram, options.percentile);
  case Observer::MSE:
    return mseRange(activation.histogram, 8, symmetric);
  case Observer::Entropy:
    return entropyRange(activation.histogram, 8, symmetric);
  case Observer::Fisher:
    if (!activation.fisher)
      return makeError("the statistics of '" + modulePath(op) +
                       "' have no weights by the Fisher information; make "
                       "them again with deit-collect-statistics{fisher=true}, "
                       "or choose another observer");
    return mseRange(*activation.fisher, 8, symmetric);
  case Observer::GeluOutput:
    if (GeluOp gelu = geluOf(op->getResult(0)))
      return geluRange(activation.histogram, choices[gelu].range,
                       gelu.getLargest());
    return makeError("'" + modulePath(op) +
                     "' has 'deit.range_method' gelu-output, but no deit.gelu "
                     "uses its result; choose another method");
  case Observer::Search:
    break;
  }
  llvm_unreachable("searching is no way to a range of one's own");
}

Error RangeChooser::listCandidates(
    Operation *op, const ActivationStatistics &activation,
    SmallVectorImpl<RangeCandidate> &candidates) {
  SmallVector<Observer> methods = {Observer::MSE, Observer::MinMax,
                                   Observer::Percentile, Observer::Entropy,
                                   Observer::Fisher};
  if (geluOf(op->getResult(0)) && options.geluRange == GeluRange::Output)
    methods.push_back(Observer::GeluOutput);
  for (Observer method : methods) {
    Expected<Range> range = rangeBy(method, op, activation);
    if (!range)
      return range.takeError();
    candidates.push_back({method, *range});
  }
  return Error::success();
}

Error RangeChooser::chooseOne(Operation *op,
                              const ActivationStatistics &activation) {
  RangeChoice &choice = choices[op];
  if (auto pinned = op->getAttrOfType<DenseF64ArrayAttr>(kRangeAttr)) {
    choice.range = {pinned[0], pinned[1]};
    return Error::success();
  }
  Observer method = methodFor(op, options);
  if (method == Observer::Search)
    return listCandidates(op, activation, toTry[op]);
  Expected<Range> range = rangeBy(method, op, activation);
  if (!range)
    return range.takeError();
  choice.range = *range;
  choice.method = method;
  return Error::success();
}

/// Tries what is to be tried, and takes the best.
Error RangeChooser::search(func::FuncOp function) {
  if (toTry.empty())
    return Error::success();
  if (!searchImages)
    return makeError("searching for ranges takes images beside statistics; set "
                     "data=FILE, or choose another observer");
  if (Error error = measureCandidates(function, *searchImages, toTry))
    return error;
  for (auto &[op, candidates] : toTry) {
    const RangeCandidate &best = bestOf(candidates);
    RangeChoice &choice = choices[op];
    choice.range = best.range;
    choice.method = best.method;
    choice.tried.assign(candidates.begin(), candidates.end());
  }
  toTry.clear();
  return Error::success();
}

Error RangeChooser::choose(func::FuncOp function,
                           const ModelStatistics &statistics) {
  SmallVector<Operation *> operations = observedOperations(function);
  // In the order of execution, whatever is known first.
  for (Operation *op : operations)
    choices[op];
  // GELU's operand goes by the range of its output, so it comes second.
  for (bool operands : {false, true}) {
    for (auto [op, activation] :
         llvm::zip_equal(operations, statistics.activations))
      if ((geluOf(op->getResult(0)) != nullptr) == operands)
        if (Error error = chooseOne(op, activation))
          return error;
    if (Error error = search(function))
      return error;
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// All values
//===----------------------------------------------------------------------===//

/// Fails unless `statistics` are of `function`.
static Error checkModel(func::FuncOp function,
                        const ModelStatistics &statistics) {
  Expected<uint64_t> fingerprint = modelFingerprint(function);
  if (!fingerprint)
    return fingerprint.takeError();
  SmallVector<Operation *> operations = observedOperations(function);
  bool fits = *fingerprint == statistics.fingerprint &&
              operations.size() == statistics.activations.size();
  for (size_t i = 0; fits && i < operations.size(); ++i)
    fits = modulePath(operations[i]) == statistics.activations[i].path;
  if (fits)
    return Error::success();
  return makeError("the statistics are of another model, or of this one with "
                   "other folds or weights; make them of this one with "
                   "deit-collect-statistics");
}

Expected<RangeChoices> deit::chooseRanges(func::FuncOp function,
                                          const ModelStatistics &statistics,
                                          const CalibrationOptions &options,
                                          const ImageBatch *searchImages) {
  if (Error error = checkModel(function, statistics))
    return error;
  RangeChooser chooser(options, searchImages);
  if (Error error = chooser.choose(function, statistics))
    return error;
  return std::move(chooser.choices);
}
