// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Recipe files: how to quantize a model, module by module, as JSON.

#ifndef DEIT_RECIPE_RECIPE_H
#define DEIT_RECIPE_RECIPE_H

#include "deit/Support/LLVM.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <optional>
#include <string>
#include <vector>

namespace deit {

/// What a recipe says of the modules whose path one pattern matches. What is
/// not there is left as it was.
struct RecipeEntry {
  std::string match;                ///< a glob pattern, "blocks.*.mlp.fc1"
  std::optional<double> weightBits; ///< 1 to 8; 8 leaves plain int8
  std::optional<double> weightStep; ///< above 0
  /// With a step: of each row beside it, in fourths of a power of two.
  std::vector<int8_t> rowOctaves;
  std::optional<std::pair<double, double>> range; ///< low, high
  std::optional<std::string> rangeMethod;         ///< one of kRangeMethods
  std::optional<std::string> balance; ///< "off", "repq" or "smooth:0.5"
  /// Limit that neurons beyond it are split by; 0 leaves them.
  std::optional<double> split;
  std::string place; ///< "file:3:5", for errors
};

/// A recipe file.
struct RecipeFile {
  std::string base = "w8a8";          ///< or "naive"
  std::optional<double> weightBits;   ///< 1 to 8, on average
  std::optional<uint64_t> sizeBudget; ///< of the container, in bytes
  std::vector<RecipeEntry> modules;   ///< later ones win

  /// Whether an entry says something of weights.
  bool hasWeights() const;
};

/// Reads a recipe. The error names file, line and column, and what is allowed
/// there.
Expected<RecipeFile> readRecipe(StringRef path);

/// Writes `recipe`, whole or not at all; numbers are read again to the bit.
Error writeRecipe(const RecipeFile &recipe, StringRef path);

/// Settings are applied in two parts, for neurons are split before everything
/// else, which is of the neurons that result.
enum class RecipePart {
  Splits, ///< `split`
  Rest
};

/// Leaves what `part` of `recipe` says as attributes on the operations of
/// `function`, a float one with its folds done. Fails, naming the entry and the
/// module paths nearest to it, if a pattern matches nothing or nothing that its
/// settings are of.
Error applyRecipe(const RecipeFile &recipe, func::FuncOp function,
                  RecipePart part);

/// The recipe that makes what the attributes of `function`, calibrated and not
/// yet quantized, say: an entry for each module. Fails if one path stands for
/// modules that differ.
Expected<RecipeFile> recipeOf(func::FuncOp function);

/// The bytes that "8.0MB", "500KB" or "70000" mean, in steps of a thousand.
/// Fails on anything else.
Expected<uint64_t> parseSize(StringRef text);

/// "8.000 MB (8000000 bytes)".
std::string describeSize(uint64_t bytes);

} // namespace deit

#endif // DEIT_RECIPE_RECIPE_H
