// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Quantizes a subject by the project's own passes, with as many of them as
// asked for.

#ifndef DEIT_LIB_ANALYSIS_STEPS_H
#define DEIT_LIB_ANALYSIS_STEPS_H

#include "Subject.h"

namespace deit {

/// How weights of fewer than 8 bits are rounded.
enum class WeightSteps {
  EightBits,
  Nearest, ///< to steps that were chosen
  Feedback ///< with error feedback
};

/// Which of the pipeline's steps are taken. None: the recipe naive; the first
/// six: w8a8.
struct Steps {
  bool perChannel = false; ///< a scale for each output channel of a weight
  bool stream16 = false;   ///< 16 bits for the residual stream
  bool ranges = false;     ///< of the least squared error
  bool geluRange = false;  ///< GELU's operand by the error at its output
  bool split = false;      ///< of neurons far larger than the others
  bool bias = false;       ///< mean errors are taken out of biases
  bool balanced = false;   ///< channels of layer norms are balanced
  WeightSteps weights = WeightSteps::EightBits;
  double bits = 3; ///< a weight, unless it has 8

  static Steps w8a8() { return {true, true, true, true, true, true}; }
};

/// A model on its way to integers.
struct QuantizedModel {
  OwningOpRef<ModuleOp> calibrated; ///< with what was chosen as attributes
  OwningOpRef<ModuleOp> module;     ///< quantized
};

/// Keeps what models that are quantized in several ways have in common.
class StepRunner {
public:
  explicit StepRunner(const Subject &subject) : subject(subject) {}

  Expected<QuantizedModel> quantize(const Steps &steps);

  /// What the subject's model computes on the calibration images once neurons
  /// are split and the channels of its layer norms balanced.
  Expected<const ModelStatistics *> balancedStatistics();

private:
  struct Base {
    OwningOpRef<ModuleOp> module;   ///< float
    OwningOpRef<ModuleOp> measured; ///< with sensitivities, once needed
    ModelStatistics statistics;
    std::optional<TemporaryFile> file; ///< that holds them
  };

  Expected<Base *> base(bool isSplit, bool isBalanced);
  Error change(Base &base, bool isSplit, bool isBalanced);
  Error describe(Base &base);
  Expected<ModuleOp> measured(Base &base);
  Error calibrate(Base &base, ModuleOp module, const Steps &steps);
  Error encode(ModuleOp module, const Steps &steps);

  const Subject &subject;
  std::optional<Base> bases[2][2]; ///< by whether they are split, balanced
};

} // namespace deit

#endif // DEIT_LIB_ANALYSIS_STEPS_H
