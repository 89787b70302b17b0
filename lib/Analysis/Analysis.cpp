// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs all parts of an analysis.

#include "Report.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/FileIO.h"

using namespace deit;

/// Describes weights and activations of every module.
static Error describeModules(const Subject &subject, Report &report) {
  for (auto [module, activation] :
       llvm::zip_equal(subject.modules, subject.statistics.activations)) {
    ModuleReport &found = report.modules.emplace_back();
    found.activations = distributionOf(activation);
    if (!module.weights)
      continue;
    Value weights = module.weights->get();
    FailureOr<std::vector<float>> values = readFloatConstant(weights);
    if (failed(values))
      return makeError("the weight of '" + module.path +
                       "' is no readable float constant; import the "
                       "checkpoint again");
    found.weights = distributionOfWeights(
        *values, cast<ShapedType>(weights.getType()).getDimSize(0));
  }
  return Error::success();
}

Expected<llvm::json::Value> deit::analyzeModel(MLIRContext &context,
                                               const AnalysisOptions &options) {
  auto subject = Subject::open(context, options, options.input);
  if (!subject)
    return subject.takeError();
  Report report;
  if (Error error = describeModules(**subject, report))
    return std::move(error);
  return toJson(**subject, options, report);
}
