// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model under analysis: what every measurement of it begins with.

#ifndef DEIT_LIB_ANALYSIS_SUBJECT_H
#define DEIT_LIB_ANALYSIS_SUBJECT_H

#include "deit/Analysis/Analysis.h"
#include "deit/Analysis/Distributions.h"
#include "deit/Analysis/Modules.h"
#include "deit/Calibration/Calibration.h"
#include "deit/Driver/Evaluation.h"

namespace deit {

/// Images that are run together: what the caches hold.
inline constexpr int64_t kImagesPerRun = 4;

/// Neither copied nor moved, for the session refers to it.
class Subject {
public:
  /// Reads the model and its images; runs the float model on both files.
  static Expected<std::unique_ptr<Subject>>
  open(MLIRContext &context, const AnalysisOptions &analysis,
       const AnalysisInput &input);

  /// Fails as `open` would, without running anything: for what comes late.
  static Error check(MLIRContext &context, const AnalysisOptions &analysis,
                     const AnalysisInput &input);

  Session session() const { return {context, driver}; }
  func::FuncOp function() const { return forwardOf(*prepared); }
  ImageFile evaluationFile() const { return {driver.data, evaluationImages}; }
  size_t classes() const { return floats.classes(); }
  bool isConvolutional() const { return deit::isConvolutional(function()); }
  /// The float model's logits of `count` test images from `begin` on.
  ArrayRef<float> logits(int64_t begin, int64_t count) const {
    return ArrayRef(floats.logits).slice(begin * classes(), count * classes());
  }

  std::string name;
  OwningOpRef<ModuleOp> imported;      ///< float, as it was read
  OwningOpRef<ModuleOp> prepared;      ///< the same with its folds
  std::vector<AnalyzedModule> modules; ///< of `prepared`
  ModelStatistics statistics;          ///< by module, on calibration images
  ImageBatch images; ///< test images that modules and groups are measured on
  int64_t evaluationImages = 0; ///< test images that accuracies are of
  Measurement floats;           ///< of the float model, on those
  FloatReference *reference = nullptr;
  DriverOptions driver;

private:
  explicit Subject(MLIRContext &context) : context(context) {}
  Error read();
  Error countImages(int64_t limit);
  Error loadImages(int64_t groupImages);
  Error runFloat(unsigned threads);

  MLIRContext &context;
};

/// The weights of `module`, which has some. Fails unless they are float ones.
Expected<std::vector<float>> readWeights(const AnalyzedModule &module);

/// The distribution of those.
Expected<Distribution> weightDistribution(const AnalyzedModule &module);

} // namespace deit

#endif // DEIT_LIB_ANALYSIS_SUBJECT_H
