// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures what quantization does to a model: the numbers of deit-report.

#ifndef DEIT_ANALYSIS_ANALYSIS_H
#define DEIT_ANALYSIS_ANALYSIS_H

#include "deit/Driver/Driver.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"

namespace deit {

/// A model and the images it is measured with.
struct AnalysisInput {
  std::string model;       ///< checkpoint or float MLIR
  std::string calibration; ///< CIFAR file of training images
  std::string data;        ///< CIFAR file of test images, with labels
};

/// Parts of an analysis that take time and can be left out.
inline constexpr StringLiteral kAnalysisParts[] = {
    "sensitivity",  "kinds",    "depth",   "error",
    "confirmation", "ablation", "frontier"};

struct AnalysisOptions {
  AnalysisInput input;
  std::vector<AnalysisInput> against; ///< models to compare with
  unsigned samples = 128;             ///< calibration images
  int64_t limit = 1000;               ///< test images for accuracies
  /// Test images for modules one by one, and for groups of them.
  int64_t sensitivityImages = 16, groupImages = 64;
  unsigned threads = 0;   ///< 0: one per core
  llvm::StringSet<> skip; ///< of kAnalysisParts
  std::string command;    ///< is noted in the report
  importer::ImportOptions import;
  std::string toolFolder; ///< where deit-eval is
  std::function<void(StringRef)> note, progress;
};

/// Measures a model; the report's members are described in docs/Analysis.md.
/// The context must know the dialects. Fails, naming the file, on models that
/// are no float models and on images that do not fit them.
Expected<llvm::json::Value> analyzeModel(MLIRContext &context,
                                         const AnalysisOptions &options);

} // namespace deit

#endif // DEIT_ANALYSIS_ANALYSIS_H
