// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All that an analysis measures, before it is written.

#ifndef DEIT_LIB_ANALYSIS_REPORT_H
#define DEIT_LIB_ANALYSIS_REPORT_H

#include "Subject.h"
#include "deit/Analysis/Distributions.h"

namespace deit {

/// What is known of a module, beside its sensitivity.
struct ModuleReport {
  std::optional<Distribution> weights;
  Distribution activations;
};

struct Report {
  std::vector<ModuleReport> modules; ///< as the subject's
};

/// The report as JSON.
llvm::json::Value toJson(const Subject &subject, const AnalysisOptions &options,
                         const Report &report);

} // namespace deit

#endif // DEIT_LIB_ANALYSIS_REPORT_H
