// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Takes the pipeline's steps one after the other.

#include "Ablation.h"
#include "deit/Quant/Measures.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/Progress.h"

using namespace deit;

namespace {

/// A step that is to be taken.
struct PlannedStep {
  const char *name, *what;
  void (*take)(Steps &steps);
  bool isOfTokens; ///< convolutional networks have no use for it
};

} // namespace

static constexpr PlannedStep kSteps[] = {
    {"naive",
     "Everything has 8 bits, one range a tensor, from minimum to maximum; the "
     "recipe naive.",
     [](Steps &) {}, false},
    {"per-channel", "Each output channel of a weight gets a scale of its own.",
     [](Steps &steps) { steps.perChannel = true; }, false},
    {"residual-16", "The residual stream has 16 bits in the place of 8.",
     [](Steps &steps) { steps.stream16 = true; }, true},
    {"ranges",
     "Ranges of activations are those of the least squared error, not of all "
     "that occurs.",
     [](Steps &steps) { steps.ranges = true; }, false},
    {"gelu-range",
     "The range of GELU's operand goes by the error at GELU's output.",
     [](Steps &steps) { steps.geluRange = true; }, true},
    {"split",
     "Neurons that are far larger than the others of their GELU are split into "
     "several.",
     [](Steps &steps) { steps.split = true; }, true},
    {"balancing",
     "Channels of layer norms are brought to one scale where that helps; the "
     "layers after them take it back.",
     [](Steps &steps) { steps.balanced = true; }, true},
    {"bias",
     "Biases take back the mean error that rounding makes in each channel.",
     [](Steps &steps) { steps.bias = true; }, false},
    {"3-bit-nearest",
     "Weights have 3 bits on average, shared out by sensitivity, each rounded "
     "to the nearest code.",
     [](Steps &steps) { steps.weights = WeightSteps::Nearest; }, true},
    {"error-feedback",
     "At the same 3 bits, weights still to be rounded make up for the error of "
     "those that are.",
     [](Steps &steps) { steps.weights = WeightSteps::Feedback; }, true}};

/// The logits as real numbers: those of an integer program are codes.
static std::vector<float> realLogits(const Subject &subject, ModuleOp module,
                                     std::vector<float> logits) {
  auto type = dyn_cast<quant::UniformQuantizedType>(
      getElementTypeOrSelf(forwardOf(module).getResultTypes()[0]));
  if (!type || subject.isConvolutional())
    return logits;
  for (float &logit : logits)
    logit = static_cast<float>(logit * type.getScale());
  return logits;
}

static Error measure(const Subject &subject, ModuleOp module,
                     AblationStep &step) {
  Expected<Measurement> found =
      evaluateQuantized(subject.session(), module, subject.evaluationFile());
  if (!found)
    return found.takeError();
  LogitsMeter meter(subject.classes());
  meter.add(subject.floats.logits,
            realLogits(subject, module, std::move(found->logits)));
  step.top1 = found->top1;
  step.agreement = meter.agreement();
  step.divergence = meter.divergence();
  step.bytes = found->bytes;
  return Error::success();
}

/// The size of a model is that of its container, which a compiled one has;
/// deit-eval tells of compiled models.
Expected<std::vector<AblationStep>>
deit::measureAblation(const Subject &subject, StepRunner &runner) {
  SmallVector<const PlannedStep *> planned;
  for (const PlannedStep &step : kSteps)
    if (!step.isOfTokens || !subject.isConvolutional())
      planned.push_back(&step);
  Progress progress("taking the pipeline's steps, step",
                    static_cast<int64_t>(planned.size()));
  Steps steps;
  std::vector<AblationStep> result;
  for (const PlannedStep *step : planned) {
    step->take(steps);
    Expected<QuantizedModel> made = runner.quantize(steps);
    if (!made)
      return prefixError(Twine("step ") + step->name + ": ", made.takeError());
    AblationStep &measured = result.emplace_back();
    measured.name = step->name;
    measured.what = step->what;
    if (Error error = measure(subject, *made->module, measured))
      return prefixError(Twine("step ") + step->name + ": ", std::move(error));
    progress.advance();
  }
  return result;
}
