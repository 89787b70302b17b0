// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What rounding one module, one kind, or all but a few of them does.

#ifndef DEIT_LIB_ANALYSIS_SENSITIVITY_H
#define DEIT_LIB_ANALYSIS_SENSITIVITY_H

#include "PlainRounding.h"
#include "deit/Quant/Measures.h"

namespace deit {

/// What rounding does to the logits, beside those of the float model.
struct LogitsEffect {
  double decibels = 0;   ///< signal to noise; infinite without an error
  double agreement = 0;  ///< percent of images decided alike
  double divergence = 0; ///< KL(float || rounded), the mean, in nats
  double top1 = 0;       ///< percent; only of groups of modules
};

/// What rounding one module by itself does.
struct ModuleEffect {
  double moduleDecibels = 0; ///< signal to noise of what it computes
  LogitsEffect logits;
};

/// Of one thing, by what of it is rounded. Without weights, both are
/// activations; without activations, weights.
template <typename Effect>
struct Effects {
  std::optional<Effect> weights, activations, both;
};

/// The effects of each module of `subject`, on its first `images` images.
Expected<std::vector<Effects<ModuleEffect>>>
measureModules(const Subject &subject, const PlainRounding &rounding,
               int64_t images);

/// All modules of a kind.
struct KindEffects {
  std::string kind;
  int64_t modules = 0;
  Effects<LogitsEffect> effects;
};

/// By kind, in the order in which they occur, on all images of `subject`.
Expected<std::vector<KindEffects>> measureKinds(const Subject &subject,
                                                const PlainRounding &rounding);

/// What `function`, the subject's model in another form, makes of all images of
/// `subject`.
Expected<LogitsEffect> measureEffect(const Subject &subject,
                                     func::FuncOp function);

/// Indices of modules, those first that alone change the logits the most; those
/// with nothing to round are left out.
std::vector<size_t> rankModules(ArrayRef<Effects<ModuleEffect>> sensitivities);

/// Some modules left in float while all others are rounded.
struct KeptModules {
  std::vector<size_t> modules;
  LogitsEffect effect;
};

/// Whether a ranking holds in the whole: what is won back when the modules
/// ranked first stay in float, and when as many others do.
struct Confirmation {
  LogitsEffect allRounded;
  KeptModules first;
  std::vector<KeptModules> random; ///< drawn from all that are ranked
};

/// What `sets` come to in the mean.
LogitsEffect meanOf(ArrayRef<KeptModules> sets);

Expected<Confirmation> confirmRanking(const Subject &subject,
                                      const PlainRounding &rounding,
                                      ArrayRef<size_t> ranking);

} // namespace deit

#endif // DEIT_LIB_ANALYSIS_SENSITIVITY_H
