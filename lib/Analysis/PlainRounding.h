// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rounds models the plain way: to 8 bits, one range a tensor from minimum to
// maximum. It is the usual first attempt, and what differences show best in.

#ifndef DEIT_LIB_ANALYSIS_PLAINROUNDING_H
#define DEIT_LIB_ANALYSIS_PLAINROUNDING_H

#include "Subject.h"

namespace deit {

/// What of a module is rounded.
enum class Part { Weights, Activations, Both };

/// The codes of every module of a subject.
class PlainRounding {
public:
  /// Codes in [-127, 127] for weights, of which `perChannel` gives each output
  /// channel a scale of its own; affine ones for activations, symmetric ones
  /// for queries, keys and values. Logits are not rounded, nor what only a
  /// rectifier sees, for that is rounded by it.
  static Expected<PlainRounding> create(const Subject &subject,
                                        bool perChannel = false);

  /// How module `index` is rounded; nothing where it does not have that part.
  std::optional<Variant> variant(size_t index, Part part) const;

  /// Signal to noise of the weights of module `index` after rounding; infinite
  /// if they are as they were; none without weights.
  std::optional<double> weightDecibels(size_t index) const {
    return decibels[index];
  }

  /// A copy of the subject's model in which the parts of modules that `chosen`
  /// gives are rounded; float everywhere else.
  OwningOpRef<ModuleOp>
  round(llvm::function_ref<std::optional<Part>(size_t index)> chosen) const;

private:
  explicit PlainRounding(const Subject &subject) : subject(subject) {}
  Error addWeights(const AnalyzedModule &module, bool perChannel);
  void addActivations(const AnalyzedModule &module,
                      const ActivationStatistics &statistics);

  const Subject &subject;
  std::vector<Variant> variants;
  /// Of each module, its weights after rounding: made once, for what a context
  /// is given it keeps.
  std::vector<ElementsAttr> weights;
  std::vector<std::optional<double>> decibels; ///< of weights
};

} // namespace deit

#endif // DEIT_LIB_ANALYSIS_PLAINROUNDING_H
