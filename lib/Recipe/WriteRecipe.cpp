// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-write-recipe: from attributes to a recipe file.

#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Recipe/Passes.h"
#include "deit/Recipe/Recipe.h"
#include "deit/Support/FileIO.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include <tuple>

namespace deit {
#define GEN_PASS_DEF_WRITERECIPEPASS
#include "deit/Recipe/Passes.h.inc"
} // namespace deit

using namespace deit;

namespace {

struct WriteRecipePass : deit::impl::WriteRecipePassBase<WriteRecipePass> {
  using WriteRecipePassBase::WriteRecipePassBase;

  void runOnOperation() override {
    markAllAnalysesPreserved();
    if (Error error = write()) {
      getOperation().emitError()
          << "deit-write-recipe: " << llvm::toString(std::move(error));
      signalPassFailure();
    }
  }

private:
  Error write() {
    if (file.empty())
      return makeError("expected a name for the recipe; set file=FILE");
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      Expected<RecipeFile> recipe = recipeOf(function);
      return recipe ? writeRecipe(*recipe, file) : recipe.takeError();
    }
    return makeError("the module has no function; it holds no model");
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Out of attributes
//===----------------------------------------------------------------------===//

/// Whether deit-quantize gives the result a format of its own.
static bool isMoved(Operation *op) {
  return isa<SplitHeadsOp, MergeHeadsOp, SelectTokenOp>(op);
}

static std::optional<double> numberOf(Operation *op, StringRef attribute) {
  auto number = op->getAttrOfType<FloatAttr>(attribute);
  return number ? std::optional(number.getValueAsDouble()) : std::nullopt;
}

static std::optional<std::string> textOf(Operation *op, StringRef attribute) {
  auto text = op->getAttrOfType<StringAttr>(attribute);
  return text ? std::optional(text.getValue().str()) : std::nullopt;
}

static RecipeEntry entryOf(Operation *op) {
  RecipeEntry entry;
  // A path is a pattern that matches itself.
  for (char c : modulePath(op)) {
    if (StringRef("*?[]{}\\").contains(c))
      entry.match += '\\';
    entry.match += c;
  }
  entry.weightStep = numberOf(op, kWeightStepAttr);
  if (!entry.weightStep)
    entry.weightBits = numberOf(op, kWeightBitsAttr);
  if (auto octaves = op->getAttrOfType<DenseI8ArrayAttr>(kRowOctavesAttr))
    if (entry.weightStep)
      entry.rowOctaves.assign(octaves.asArrayRef().begin(),
                              octaves.asArrayRef().end());
  if (auto range = op->getAttrOfType<DenseF64ArrayAttr>(kRangeAttr))
    entry.range = {range[0], range[1]};
  entry.rangeMethod = textOf(op, kRangeMethodAttr);
  entry.balance = textOf(op, kBalanceAttr);
  entry.split = numberOf(op, kSplitAttr);
  return entry;
}

static auto settings(const RecipeEntry &entry) {
  return std::tie(entry.weightBits, entry.weightStep, entry.rowOctaves,
                  entry.range, entry.rangeMethod, entry.balance, entry.split);
}

Expected<RecipeFile> deit::recipeOf(func::FuncOp function) {
  llvm::MapVector<StringRef, RecipeEntry> entries;
  RecipeEntry nothing;
  for (Operation &op : function.getOps()) {
    if (op.getNumResults() != 1 || isa<ConstantOp>(op) || isMoved(&op))
      continue;
    RecipeEntry entry = entryOf(&op);
    auto [found, isNew] = entries.insert({modulePath(&op), entry});
    if (!isNew && settings(found->second) != settings(entry))
      return makeError("two operations are called '" + modulePath(&op) +
                       "' and have different settings, which a recipe cannot "
                       "tell apart; give them locations of their own");
  }
  RecipeFile recipe;
  for (auto &[path, entry] : entries)
    if (settings(entry) != settings(nothing))
      recipe.modules.push_back(std::move(entry));
  return recipe;
}

//===----------------------------------------------------------------------===//
// Into the file
//===----------------------------------------------------------------------===//

/// An entry on one line, keys in the order of the documentation.
static void writeEntry(llvm::raw_ostream &os, const RecipeEntry &entry) {
  llvm::json::OStream json(os);
  json.object([&] {
    json.attribute("match", entry.match);
    if (entry.weightBits)
      json.attribute("weight_bits", *entry.weightBits);
    if (entry.weightStep)
      json.attribute("weight_step", *entry.weightStep);
    if (!entry.rowOctaves.empty())
      json.attributeArray("row_octaves", [&] {
        for (int8_t each : entry.rowOctaves)
          json.value(int64_t(each));
      });
    if (entry.range)
      json.attribute(
          "range", llvm::json::Array{entry.range->first, entry.range->second});
    if (entry.rangeMethod)
      json.attribute("range_method", *entry.rangeMethod);
    if (entry.balance)
      json.attribute("balance", *entry.balance);
    if (entry.split)
      json.attribute("split", *entry.split);
  });
}

Error deit::writeRecipe(const RecipeFile &recipe, StringRef path) {
  return writeFile(path, [&](llvm::raw_ostream &os) {
    os << "{\n  \"base\": \"" << recipe.base << "\"";
    if (recipe.weightBits)
      os << ",\n  \"weight_bits\": " << llvm::json::Value(*recipe.weightBits);
    if (recipe.sizeBudget)
      os << ",\n  \"size_budget\": " << *recipe.sizeBudget;
    os << ",\n  \"modules\": [";
    for (auto [index, entry] : llvm::enumerate(recipe.modules)) {
      os << (index ? ",\n    " : "\n    ");
      writeEntry(os, entry);
    }
    os << (recipe.modules.empty() ? "]\n}\n" : "\n  ]\n}\n");
    return Error::success();
  });
}
