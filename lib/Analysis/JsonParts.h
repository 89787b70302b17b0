// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// JSON of what occurs in several places of a report.

#ifndef DEIT_LIB_ANALYSIS_JSONPARTS_H
#define DEIT_LIB_ANALYSIS_JSONPARTS_H

#include "ModelComparison.h"

namespace deit {

/// To six digits; null if it is not finite or not there.
llvm::json::Value jsonOf(std::optional<double> number);

llvm::json::Object jsonOf(Range range, ArrayRef<double> bins);
llvm::json::Object jsonOf(const Distribution &distribution);
llvm::json::Object jsonOf(const CodeUse &use);

/// Of a group of modules: with accuracy.
llvm::json::Object jsonOf(const LogitsEffect &effect);
/// Of one module, of whose few images an accuracy would say nothing.
llvm::json::Object jsonOf(const ModuleEffect &effect);

template <typename Effect>
llvm::json::Value jsonOf(const std::optional<Effect> &value) {
  return value ? llvm::json::Value(jsonOf(*value)) : nullptr;
}

/// The parts of a thing, null where it does not have them.
template <typename Effect>
llvm::json::Object jsonOf(const Effects<Effect> &effects) {
  return llvm::json::Object{{"weights", jsonOf(effects.weights)},
                            {"activations", jsonOf(effects.activations)},
                            {"both", jsonOf(effects.both)}};
}

llvm::json::Array jsonOf(ArrayRef<KindEffects> kinds);

llvm::json::Object modelJson(const ModelFacts &facts);
llvm::json::Object evaluationJson(const ModelFacts &facts);
llvm::json::Object floatJson(const ModelFacts &facts);

/// One entry of "comparison".
llvm::json::Object jsonOf(const ModelComparison &comparison);

} // namespace deit

#endif // DEIT_LIB_ANALYSIS_JSONPARTS_H
