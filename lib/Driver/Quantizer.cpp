// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Quantizes one float model, at as many rates as are asked for.

#include "deit/Driver/Quantizer.h"
#include "deit/Codegen/Container.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Recipe/Passes.h"
#include "deit/Support/FileIO.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/FileSystem.h"

using namespace deit;

//===----------------------------------------------------------------------===//
// What is asked for
//===----------------------------------------------------------------------===//

static Error readPlanRecipe(const DriverOptions &options, Plan &plan) {
  if (options.recipe == "w8a8" || options.recipe == "naive") {
    plan.recipe.base = options.recipe;
    return Error::success();
  }
  if (!llvm::sys::fs::exists(options.recipe))
    return makeError("--recipe " + quoted(options.recipe) +
                     ": there is no such file; a recipe is w8a8, naive, or a "
                     "file that says more");
  Expected<RecipeFile> recipe = readRecipe(options.recipe);
  if (!recipe)
    return recipe.takeError();
  plan.recipe = std::move(*recipe);
  plan.recipeFile = options.recipe;
  return Error::success();
}

static Error checkPlan(const DriverOptions &options, const Plan &plan) {
  int goals = options.weightBits.has_value() + options.sizeBudget.has_value() +
              options.maxDrop.has_value();
  if (goals > 1)
    return makeError("--weight-bits, --size-budget and --max-drop each say how "
                     "small the model is to be; give one of them");
  if (options.weightBits &&
      !(*options.weightBits >= 1 && *options.weightBits <= 8))
    return makeError("--weight-bits takes a number from 1 to 8");
  if (options.maxDrop && !(*options.maxDrop > 0 && *options.maxDrop <= 100))
    return makeError("--max-drop takes points of top-1, above 0 and at most "
                     "100");
  if (options.balance != "search" && !isBalance(options.balance))
    return makeError("--balance expected search, " + kBalanceForms +
                     ", found " + quoted(options.balance));
  if (plan.recipe.base != "naive")
    return Error::success();
  StringRef wrong = options.balance != "off"            ? "--balance"
                    : options.observer != Observer::MSE ? "--observer"
                    : plan.sizeBudget                   ? "--size-budget"
                    : plan.maxDrop                      ? "--max-drop"
                    : plan.weightBits.value_or(8) < 8   ? "--weight-bits"
                                                        : "";
  if (!wrong.empty())
    return makeError(wrong + " is of the recipe w8a8; naive rounds to 8 "
                             "bits and knows nothing else");
  return Error::success();
}

Expected<Plan> deit::makePlan(const DriverOptions &options) {
  Plan plan;
  if (Error error = readPlanRecipe(options, plan))
    return std::move(error);
  plan.weightBits = options.weightBits;
  plan.sizeBudget = options.sizeBudget;
  plan.maxDrop = options.maxDrop;
  if (!plan.weightBits && !plan.sizeBudget && !plan.maxDrop) {
    plan.sizeBudget = plan.recipe.sizeBudget;
    if (!plan.sizeBudget)
      plan.weightBits = plan.recipe.weightBits;
  }
  if (Error error = checkPlan(options, plan))
    return std::move(error);
  return plan;
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

/// Calls `visit` on the operations that deit-choose-steps gives steps.
static void visitWeights(ModuleOp module,
                         llvm::function_ref<void(Operation *, Value)> visit) {
  forwardOf(module).walk([&](Operation *op) {
    OpOperand *weight = weightOperand(op);
    if (weight && !isa<Conv2DOp>(op))
      visit(op, weight->get());
  });
}

static double bitsOf(Operation *op) {
  auto bits = op->getAttrOfType<FloatAttr>(kWeightBitsAttr);
  return bits ? bits.getValueAsDouble() : 0;
}

/// Whether `op` keeps what it has at every rate.
static bool isSettled(Operation *op) {
  return op->hasAttr(kWeightStepAttr) || bitsOf(op) >= 8;
}

int64_t Quantizer::weightCount() const {
  int64_t count = 0;
  visitWeights(module.get(), [&](Operation *, Value weight) {
    count += cast<ShapedType>(weight.getType()).getNumElements();
  });
  return count;
}

bool Quantizer::isCoarse(double bits) const {
  bool coarse = bits < 8;
  visitWeights(module.get(), [&](Operation *op, Value) {
    coarse |=
        op->hasAttr(kWeightStepAttr) || (bitsOf(op) > 0 && bitsOf(op) < 8);
  });
  return coarse && plan.recipe.base != "naive";
}

static void setOptions(QuantizationOptions &result,
                       const DriverOptions &options, const Plan &plan,
                       double bits) {
  result.data = options.calibration;
  result.samples = options.samples;
  result.recipe = plan.recipe.base == "naive" ? Recipe::Naive : Recipe::W8A8;
  result.bits = bits;
  result.observer = options.observer;
  result.balance = options.balance;
}

/// Folds and splits, which change what the rest of a recipe is of.
static void populateStructurePipeline(OpPassManager &pm,
                                      const QuantizationOptions &options,
                                      StringRef recipeFile) {
  auto applyRecipe = [&](bool splits) {
    ApplyRecipePassOptions recipe;
    recipe.file = recipeFile;
    recipe.splits = splits;
    if (!recipeFile.empty())
      pm.addPass(createApplyRecipePass(recipe));
  };
  populatePreparePipeline(pm);
  applyRecipe(/*splits=*/true);
  populateSplitPipeline(pm, options);
  applyRecipe(/*splits=*/false);
}

Error Quantizer::measure() {
  QuantizationOptions pipeline;
  setOptions(pipeline, session.options, plan, 8);
  if (Error error = session.lower(*module, "preparing", [&](OpPassManager &pm) {
        populateStructurePipeline(pm, pipeline, plan.recipeFile);
      }))
    return error;
  bool searches = plan.sizeBudget || plan.maxDrop;
  double bits = searches ? 1 : plan.weightBits.value_or(8);
  bool open = false;
  visitWeights(module.get(), [&](Operation *op, Value) {
    open |= !isSettled(op) && (bits < 8 || bitsOf(op) > 0);
  });
  if (searches && !open)
    return makeError(session.options.recipe + ": the recipe says how every "
                                              "weight is rounded; there is "
                                              "nothing left to search");
  pipeline.bits = bits;
  if (Error error =
          session.lower(*module, "balancing channels", [&](OpPassManager &pm) {
            populateBalancePipeline(pm, pipeline);
          }))
    return error;
  if (!open || plan.recipe.base == "naive")
    return Error::success();
  return session.lower(
      *module, "measuring sensitivity",
      [&](OpPassManager &pm) { populateSensitivityPipeline(pm, pipeline); });
}

Expected<Quantizer> Quantizer::create(const Session &session, const Plan &plan,
                                      OwningOpRef<ModuleOp> module) {
  if (session.options.calibration.empty())
    return makeError("quantizing needs images to calibrate with: pass --calib "
                     "FILE, a CIFAR binary file of training images");
  Quantizer quantizer(session, plan, std::move(module));
  if (Error error = quantizer.measure())
    return std::move(error);
  return quantizer;
}

//===----------------------------------------------------------------------===//
// Rounding
//===----------------------------------------------------------------------===//

/// A copy to be rounded to `bits`. At 8 bits what no one has set is left to
/// deit-quantize, whatever becomes of the rest.
OwningOpRef<ModuleOp> Quantizer::copyFor(double bits) const {
  OwningOpRef<ModuleOp> copy(module.get().clone());
  Builder builder(&session.context);
  if (bits >= 8 && isCoarse(bits))
    visitWeights(*copy, [&](Operation *op, Value) {
      if (!op->hasAttr(kWeightStepAttr) && bitsOf(op) == 0)
        op->setAttr(kWeightBitsAttr, builder.getF64FloatAttr(8));
    });
  return copy;
}

Expected<Found> Quantizer::at(double bits, bool adjust) const {
  Found found;
  found.bits = bits;
  found.module = copyFor(bits);
  QuantizationOptions pipeline;
  setOptions(pipeline, session.options, plan, bits);
  if (!adjust)
    pipeline.epochs = 0;
  if (Error error = session.lower(
          *found.module, "choosing steps and ranges", [&](OpPassManager &pm) {
            populateChoosingPipeline(pm, pipeline, isCoarse(bits));
          }))
    return std::move(error);
  // Models whose operations have no names can be compiled, not described.
  if (!session.options.writeRecipe.empty()) {
    Expected<RecipeFile> recipe = recipeOf(forwardOf(*found.module));
    if (!recipe)
      return recipe.takeError();
    found.recipe = std::move(*recipe);
  }
  found.recipe.base = plan.recipe.base;
  if (bits < 8)
    found.recipe.weightBits = bits;
  if (Error error =
          session.lower(*found.module, "quantizing", [&](OpPassManager &pm) {
            populateEncodingPipeline(pm, pipeline);
          }))
    return std::move(error);
  return found;
}

Expected<uint64_t> deit::sizeOf(const Session &session, ModuleOp module) {
  OwningOpRef<ModuleOp> copy(module.clone());
  if (Error error =
          session.lower(*copy, "converting to integers", populateFxpPipeline))
    return std::move(error);
  return containerBytes(collectConstants(forwardOf(*copy)));
}
