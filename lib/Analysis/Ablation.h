// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What each step of the pipeline does to accuracy and size.

#ifndef DEIT_LIB_ANALYSIS_ABLATION_H
#define DEIT_LIB_ANALYSIS_ABLATION_H

#include "Steps.h"
#include "deit/Driver/SweepRows.h"

namespace deit {

/// A model with one step more than the one before.
struct AblationStep {
  std::string name, what;                         ///< a word, a sentence
  double top1 = 0, agreement = 0, divergence = 0; ///< as LogitsEffect
  std::optional<uint64_t> bytes;                  ///< of the container
};

/// From the recipe naive to 3 bits a weight, each measured as deit-eval does.
/// Steps that a convolutional network has no use for are left out.
Expected<std::vector<AblationStep>> measureAblation(const Subject &subject,
                                                    StepRunner &runner);

/// The model at several rates; of convolutional networks those of 8 bits.
Expected<std::vector<SweepRow>> measureFrontier(const Subject &subject);

} // namespace deit

#endif // DEIT_LIB_ANALYSIS_ABLATION_H
