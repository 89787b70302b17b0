// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Quantizes one float model, at as many rates as are asked for.

#ifndef DEIT_DRIVER_QUANTIZER_H
#define DEIT_DRIVER_QUANTIZER_H

#include "deit/Driver/Session.h"
#include "deit/Recipe/Recipe.h"

namespace deit {

/// How a model is to be quantized: the recipe, with what the command line says
/// in the place of what it says.
struct Plan {
  RecipeFile recipe;
  std::string recipeFile; ///< empty if the recipe is one of the two by name
  /// How small: at most one of these; none means 8 bits.
  std::optional<double> weightBits;
  std::optional<uint64_t> sizeBudget;
  std::optional<double> maxDrop;
};

/// Reads the recipe of `options`, if it is a file.
Expected<Plan> makePlan(const DriverOptions &options);

/// A quantized model.
struct Found {
  OwningOpRef<ModuleOp> module;
  RecipeFile recipe;  ///< makes it
  double bits = 0;    ///< a weight
  uint64_t bytes = 0; ///< of the container, once it was searched for
};

/// Keeps the model as it is after everything that is the same at every rate.
class Quantizer {
public:
  /// Prepares and measures `module`, a float one.
  static Expected<Quantizer> create(const Session &session, const Plan &plan,
                                    OwningOpRef<ModuleOp> module);

  /// The quantized model at `bits` a weight, with the recipe that makes it;
  /// without `adjust`, biases and layer norms are not adjusted to its weights.
  Expected<Found> at(double bits, bool adjust = true) const;

  /// The float model, prepared.
  ModuleOp measured() const { return module.get(); }
  const Session &getSession() const { return session; }
  /// Parameters of its layers, those that bits are shared out over.
  int64_t weightCount() const;

private:
  Quantizer(const Session &session, const Plan &plan,
            OwningOpRef<ModuleOp> module)
      : session(session), plan(plan), module(std::move(module)) {}
  Error measure();
  bool isCoarse(double bits) const;
  OwningOpRef<ModuleOp> copyFor(double bits) const;

  Session session;
  Plan plan;
  OwningOpRef<ModuleOp> module;
};

/// The largest model whose container takes at most `budget` bytes, or nearly.
/// Fails, saying what the smallest is, if none does.
Expected<Found> fitSize(const Quantizer &quantizer, uint64_t budget);

/// The smallest model whose top-1 is expected to be at most `points` below the
/// float model's.
Expected<Found> fitDrop(const Quantizer &quantizer, double points);

/// Bytes of the container of a quantized `module`.
Expected<uint64_t> sizeOf(const Session &session, ModuleOp module);

} // namespace deit

#endif // DEIT_DRIVER_QUANTIZER_H
