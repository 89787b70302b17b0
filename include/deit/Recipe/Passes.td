// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes between recipe files and attributes.

#ifndef DEIT_RECIPE_PASSES_TD
#define DEIT_RECIPE_PASSES_TD

include "mlir/Pass/PassBase.td"

def ApplyRecipePass : Pass<"deit-apply-recipe", "::mlir::ModuleOp"> {
  let summary = "Leave what a recipe file says on the modules that it names";
  let description = [{
    Reads a recipe (JSON, see Pipelines.md) and gives the operations whose module
    path a pattern matches the attributes `deit.weight_bits`,
    `deit.weight_step`, `deit.row_octaves`, `deit.range`, `deit.range_method` and
    `deit.balance`; or, with `splits`, `deit.split` and nothing else, for
    `deit-split-neurons` has to come before the others. Of two entries for one module the later one wins, setting by
    setting. What the file says of the whole model, `base`, `weight_bits` and
    `size_budget`, is deit-compile's to do.

    Requires the folds of parameters, which change what the settings are of.
    Fails, leaving the module alone, if a pattern matches nothing.

    ```mlir
    // {"modules": [ {"match": "blocks.*.fc1", "weight_bits": 4} ]}
    %1 = deit.linear %0, %w : ... loc("blocks.0.fc1")
    // becomes
    %1 = deit.linear %0, %w {deit.weight_bits = 4.0 : f64} : ...
    ```
  }];
  let options = [
    Option<"file", "file", "std::string", "", "The recipe">,
    Option<"splits", "splits", "bool", "false",
           "Whether to apply 'split' alone, instead of all the rest">,
  ];
  let dependentDialects = ["::deit::DeiTDialect"];
}

def WriteRecipePass : Pass<"deit-write-recipe", "::mlir::ModuleOp"> {
  let summary = "Write what was chosen for each module as a recipe file";
  let description = [{
    The opposite of `deit-apply-recipe`: steps, ranges and the rest of the
    attributes of the first function that has a body, an entry for each module.
    A model quantized by the file is the same to the bit, without anything being
    searched again. The module is left alone.

    Comes after `deit-calibrate` and, if weights are to be in it,
    `deit-choose-steps`; before `deit-quantize`, which removes the attributes.
  }];
  let options = [
    Option<"file", "file", "std::string", "", "Where to write the recipe">,
  ];
}

#endif // DEIT_RECIPE_PASSES_TD
