// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What makes one model harder to round than another.

#ifndef DEIT_LIB_ANALYSIS_MODELCOMPARISON_H
#define DEIT_LIB_ANALYSIS_MODELCOMPARISON_H

#include "Depth.h"
#include "Sensitivity.h"
#include "deit/Analysis/Distributions.h"

namespace deit {

/// What a model is and what it was measured on.
struct ModelFacts {
  std::string name;
  bool isConvolutional = false;
  int64_t parameters = 0, classes = 0, blocks = 0;
  uint64_t floatBytes = 0;
  std::string calibrationFile, evaluationFile; ///< without folders
  int64_t calibrationImages = 0, evaluationImages = 0;
  int64_t sensitivityImages = 0, groupImages = 0;
  double top1 = 0, top5 = 0; ///< of the float model
};

ModelFacts factsOf(const Subject &subject, const AnalysisOptions &options);

/// Distributions in a few numbers: medians and worst cases over modules.
struct DistributionSummary {
  std::optional<double> weightSpread, weightKurtosis; ///< medians
  /// Signal to noise of weights rounded plainly, the median.
  std::optional<double> weightDecibels;
  /// How many different values the weights of a tensor of more than a thousand
  /// have, as they were read; the median.
  std::optional<double> weightValues;
  std::optional<double> activationSpread, activationSpreadWorst;
  std::optional<double> activationKurtosis, activationKurtosisWorst;
  std::optional<double> outlierPercentWorst;
  std::optional<double> deadPercent; ///< of plain codes, the median
};

/// A nonlinearity's result in plain codes: of all of its kind, that with the
/// most dead codes.
struct Nonlinearity {
  std::string kind, path;
  Distribution distribution;
  CodeUse use;
};

/// One row of the modules of a model.
struct ModuleSummary {
  std::string path, kind;
  Distribution activations;
};

/// One model of a comparison.
struct ModelComparison {
  ModelFacts facts;
  LogitsEffect naive, weightsOnly, activationsOnly;
  LogitsEffect perChannel; ///< all, with a scale for each output channel
  DistributionSummary summary;
  std::vector<Nonlinearity> nonlinearities;
  std::vector<ModuleSummary> modules;
  std::vector<KindEffects> kinds; ///< unless they are left out

  /// Whether weights were codes of 8 bits before they were read.
  bool hasRoundedWeights() const;
};

/// Measures `subject`, whose plain rounding is `plain`.
Expected<ModelComparison> compareModel(const Subject &subject,
                                       const PlainRounding &plain,
                                       const AnalysisOptions &options);

} // namespace deit

#endif // DEIT_LIB_ANALYSIS_MODELCOMPARISON_H
