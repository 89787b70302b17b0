// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fuzz target: recipe files, read and applied to a small model.

#include "Fuzz.h"
#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Recipe/Recipe.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

using namespace deit;

/// A module of each kind that settings are of.
static constexpr char kModel[] = R"(
func.func @forward(%x: tensor<1x2x3xf32>) -> tensor<1x2x2xf32> {
  %p = deit.constant dense<0.5> : tensor<1x2x3xf32> -> tensor<1x2x3xf32>
  %g = deit.constant dense<1.0> : tensor<3xf32> -> tensor<3xf32>
  %w = deit.constant dense<0.5> : tensor<2x3xf32> -> tensor<2x3xf32>
  %0 = deit.add %x, %p : (tensor<1x2x3xf32>, tensor<1x2x3xf32>)
    -> tensor<1x2x3xf32> loc("pos_embed")
  %1 = deit.layer_norm %0, %g, %g {epsilon = 0.001 : f64}
    : (tensor<1x2x3xf32>, tensor<3xf32>, tensor<3xf32>)
    -> tensor<1x2x3xf32> loc("blocks.0.norm1")
  %2 = deit.linear %1, %w : (tensor<1x2x3xf32>, tensor<2x3xf32>)
    -> tensor<1x2x2xf32> loc("blocks.0.mlp.fc1")
  %3 = deit.gelu %2 : tensor<1x2x2xf32> -> tensor<1x2x2xf32>
    loc("blocks.0.mlp.act")
  return %3 : tensor<1x2x2xf32>
}
)";

static void run(StringRef bytes) {
  static MLIRContext context(MLIRContext::Threading::DISABLED);
  context.loadDialect<DeiTDialect, func::FuncDialect>();
  static OwningOpRef<ModuleOp> model =
      parseSourceString<ModuleOp>(kModel, &context);
  fuzz::check(static_cast<bool>(model), "a model that can be parsed");
  Expected<RecipeFile> recipe = readRecipe(fuzz::fileOf(bytes));
  if (!recipe)
    return fuzz::expectMessage(recipe.takeError());
  OwningOpRef<ModuleOp> module(model->clone());
  auto function = *module->getOps<func::FuncOp>().begin();
  for (RecipePart part : {RecipePart::Splits, RecipePart::Rest})
    if (Error error = applyRecipe(*recipe, function, part))
      return fuzz::expectMessage(std::move(error));
  fuzz::check(succeeded(verify(*module)), "valid IR");
  Expected<RecipeFile> again = recipeOf(function);
  if (!again)
    return fuzz::expectMessage(again.takeError());
  if (Error error = writeRecipe(*again, fuzz::scratchPath()))
    fuzz::expectMessage(std::move(error));
}

const fuzz::Target fuzz::target = {run};
