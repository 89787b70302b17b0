// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All that an analysis measures, before it is written.

#ifndef DEIT_LIB_ANALYSIS_REPORT_H
#define DEIT_LIB_ANALYSIS_REPORT_H

#include "Ablation.h"
#include "ModelComparison.h"

namespace deit {

/// What the recipe w8a8 made of a module.
struct ChosenFormat {
  std::optional<double> weightBits; ///< of a code, before entropy coding
  std::string rangeMethod;          ///< "mse"; empty if none was used
  Range range;
  std::string balance;           ///< "off" and so on; empty but of layer norms
  std::optional<double> bytes;   ///< that its weights take, entropy-coded
  std::optional<double> entropy; ///< bits that a weight takes of them
  /// Bits of its result, where that is part of the residual stream.
  std::optional<unsigned> residualBits;
};

/// What is known of a module.
struct ModuleReport {
  std::optional<Distribution> weights;
  Distribution activations;
  std::optional<Distribution> balanced; ///< after balancing channels
  std::optional<Histogram> fisher;      ///< values by their importance
  std::optional<CodeUse> codes;         ///< of w8a8
  std::optional<ValueComparison> error; ///< of its integer program
  std::optional<ChosenFormat> recipe;   ///< of w8a8
  Effects<ModuleEffect> sensitivity;
};

/// A number that a suggestion rests on.
struct Evidence {
  std::string label;
  double value;
  std::string unit; ///< "%", "dB", "nats", "bytes", "" for a ratio
};

/// Something to try with this very model.
struct Suggestion {
  std::string title, text;
  std::vector<Evidence> evidence;
  std::string chart; ///< that shows it
};

/// A question and what was measured about it, point by point.
struct Answer {
  std::string question;
  std::vector<std::string> points;
  std::vector<std::string> charts;
};

/// Of a subject, which has to outlive it.
struct Report {
  std::vector<ModuleReport> modules;    ///< as the subject's
  std::vector<AnalyzedModule> analyzed; ///< the subject's
  std::vector<DepthPoint> depth;
  std::vector<size_t> ranking; ///< of modules
  std::optional<Confirmation> confirmation;
  std::vector<AblationStep> ablation;
  std::vector<SweepRow> frontier;
  std::vector<ModelComparison> comparison; ///< the model itself comes first
  std::vector<Suggestion> suggestions;
  std::vector<Answer> answers;
  double seconds = 0;
  uint64_t peakBytes = 0;

  const ModelComparison &own() const { return comparison.front(); }
  const AblationStep *step(StringRef name) const {
    for (const AblationStep &each : ablation)
      if (each.name == name)
        return &each;
    return nullptr;
  }
};

/// What the recipe chose for each module; `model` was made by w8a8.
Expected<std::vector<std::optional<ChosenFormat>>>
chosenFormats(const QuantizedModel &model);

/// What to try, by rules from the numbers of `report`.
std::vector<Suggestion> suggest(const Report &report);

/// Where distributions lie, which layers lose the most, why this model is
/// harder than others, what would help, what the pipeline did.
std::vector<Answer> answerQuestions(const Report &report);

/// The report as JSON.
llvm::json::Value toJson(const AnalysisOptions &options, const Report &report);

} // namespace deit

#endif // DEIT_LIB_ANALYSIS_REPORT_H
