// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-apply-recipe: from a recipe file to attributes.

#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Dialect/DeiT/IR/Remarks.h"
#include "deit/Recipe/Passes.h"
#include "deit/Recipe/Recipe.h"
#include "deit/Support/FileIO.h"
#include "llvm/ADT/Statistic.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/GlobPattern.h"

namespace deit {
#define GEN_PASS_DEF_APPLYRECIPEPASS
#include "deit/Recipe/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-apply-recipe"
ALWAYS_ENABLED_STATISTIC(numSettings, "Settings given to modules");

namespace {

struct ApplyRecipePass : deit::impl::ApplyRecipePassBase<ApplyRecipePass> {
  using ApplyRecipePassBase::ApplyRecipePassBase;

  void runOnOperation() override {
    if (Error error = apply()) {
      getOperation().emitError()
          << "deit-apply-recipe: " << llvm::toString(std::move(error));
      signalPassFailure();
    }
  }

private:
  Error apply() {
    if (file.empty())
      return makeError("expected a recipe; set file=FILE");
    Expected<RecipeFile> recipe = readRecipe(file);
    if (!recipe)
      return recipe.takeError();
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal())
        if (Error error =
                applyRecipe(*recipe, function,
                            splits ? RecipePart::Splits : RecipePart::Rest))
          return error;
    return Error::success();
  }
};

/// One attribute that an entry asks for.
struct Setting {
  StringRef key;              ///< in the file
  bool (*suits)(Operation *); ///< whether it is of this kind of operation
  const char *kind;           ///< what kind that is, in the plural
  StringRef attribute;        ///< in the IR
  Attribute value;            ///< null removes it
};

/// An attribute to be set once everything is known to be right.
struct Assignment {
  Operation *op;
  StringRef attribute;
  Attribute value;
};

} // namespace

/// Operations that deit-choose-steps gives steps.
static bool hasWeight(Operation *op) {
  if (auto add = dyn_cast<AddOp>(op))
    return add.getRhs().getDefiningOp<ConstantOp>();
  return isa<LinearOp, PatchEmbedOp>(op);
}

static bool isComputed(Operation *op) {
  return op->getNumResults() == 1 && !isa<ConstantOp>(op);
}

static bool isLayerNorm(Operation *op) { return isa<LayerNormOp>(op); }
static bool isGelu(Operation *op) { return isa<GeluOp>(op); }

/// A step takes the place of bits, and bits that of a step.
static void addWeightSettings(const RecipeEntry &entry, Builder builder,
                              SmallVectorImpl<Setting> &settings) {
  if (!entry.weightBits && !entry.weightStep)
    return;
  StringRef key = entry.weightStep ? "weight_step" : "weight_bits";
  auto add = [&](StringRef attribute, Attribute value) {
    settings.push_back(
        {key, hasWeight, "layers or position embeddings", attribute, value});
  };
  auto number = [&](std::optional<double> value) -> Attribute {
    return value ? builder.getF64FloatAttr(*value) : Attribute();
  };
  add(kWeightBitsAttr, number(entry.weightBits));
  add(kWeightStepAttr, number(entry.weightStep));
  add(kRowOctavesAttr, entry.rowOctaves.empty()
                           ? Attribute()
                           : builder.getDenseI8ArrayAttr(entry.rowOctaves));
}

static SmallVector<Setting> settingsOf(const RecipeEntry &entry,
                                       RecipePart part, Builder builder) {
  SmallVector<Setting> settings;
  if (part == RecipePart::Splits) {
    if (entry.split)
      settings.push_back({"split", isGelu, "GELUs", kSplitAttr,
                          builder.getF64FloatAttr(*entry.split)});
    return settings;
  }
  addWeightSettings(entry, builder, settings);
  if (entry.range)
    settings.push_back({"range", isComputed, "activations", kRangeAttr,
                        builder.getDenseF64ArrayAttr(
                            {entry.range->first, entry.range->second})});
  if (entry.rangeMethod)
    settings.push_back({"range_method", isComputed, "activations",
                        kRangeMethodAttr,
                        builder.getStringAttr(*entry.rangeMethod)});
  if (entry.balance)
    settings.push_back({"balance", isLayerNorm, "layer norms", kBalanceAttr,
                        builder.getStringAttr(*entry.balance)});
  return settings;
}

/// The module paths nearest to `pattern`, at most three.
static std::string nearMisses(StringRef pattern, func::FuncOp function) {
  SmallVector<std::pair<unsigned, StringRef>> found;
  function.walk([&](Operation *op) {
    if (!isComputed(op))
      return;
    StringRef path = modulePath(op);
    found.push_back({pattern.edit_distance(path), path});
  });
  llvm::sort(found);
  SmallVector<std::string> names;
  for (auto [distance, path] : found)
    if (names.size() < 3 && !llvm::is_contained(names, "'" + path.str() + "'"))
      names.push_back("'" + path.str() + "'");
  return names.empty() ? "the function has no modules"
                       : "near it are " + llvm::join(names, ", ");
}

static Expected<SmallVector<Operation *>> match(const RecipeEntry &entry,
                                                func::FuncOp function) {
  Expected<llvm::GlobPattern> pattern =
      llvm::GlobPattern::create(entry.match, /*MaxSubPatterns=*/1024);
  if (!pattern)
    return prefixError(entry.place + ": 'match' is no pattern: ",
                       pattern.takeError());
  SmallVector<Operation *> matched;
  function.walk([&](Operation *op) {
    if (isComputed(op) && pattern->match(modulePath(op)))
      matched.push_back(op);
  });
  if (matched.empty())
    return makeError(entry.place + ": " + quoted(entry.match) +
                     " matches no module; " +
                     nearMisses(entry.match, function));
  return matched;
}

/// What `entry` asks of the operations that it matches.
static Error plan(const RecipeEntry &entry, RecipePart part,
                  func::FuncOp function,
                  SmallVectorImpl<Assignment> &assignments) {
  auto matched = match(entry, function);
  if (!matched)
    return matched.takeError();
  for (const Setting &setting :
       settingsOf(entry, part, Builder(function.getContext()))) {
    size_t before = assignments.size();
    for (Operation *op : *matched)
      if (setting.suits(op))
        assignments.push_back({op, setting.attribute, setting.value});
    if (assignments.size() == before)
      return makeError(entry.place + ": '" + setting.key + "' is of " +
                       setting.kind + ", and " + quoted(entry.match) +
                       " matches none; the first it matches is '" +
                       modulePath(matched->front()) + "', " +
                       matched->front()->getName().getStringRef());
  }
  return Error::success();
}

static Error checkRows(const RecipeEntry &entry,
                       ArrayRef<Assignment> assignments) {
  for (const Assignment &each : assignments) {
    if (each.attribute != kRowOctavesAttr || !each.value)
      continue;
    // Additions have one row, which has no octaves.
    if (isa<AddOp>(each.op))
      return makeError(entry.place + ": 'row_octaves' is of layers, '" +
                       modulePath(each.op) + "' is an addition");
    int64_t rows =
        cast<ShapedType>(each.op->getOperand(1).getType()).getDimSize(0);
    int64_t found = cast<DenseI8ArrayAttr>(each.value).size();
    if (found != rows)
      return makeError(entry.place + ": 'row_octaves' has " + Twine(found) +
                       " numbers, and '" + modulePath(each.op) + "' has " +
                       Twine(rows) + " rows");
  }
  return Error::success();
}

Error deit::applyRecipe(const RecipeFile &recipe, func::FuncOp function,
                        RecipePart part) {
  SmallVector<Assignment> assignments;
  for (const RecipeEntry &entry : recipe.modules) {
    size_t before = assignments.size();
    if (Error error = plan(entry, part, function, assignments))
      return error;
    if (Error error =
            checkRows(entry, ArrayRef(assignments).drop_front(before)))
      return error;
  }
  for (const Assignment &each : assignments) {
    if (!each.value) {
      each.op->removeAttr(each.attribute);
      continue;
    }
    each.op->setAttr(each.attribute, each.value);
    ++numSettings;
    if (Remark remark =
            passedRemark(each.op->getLoc(), "deit-apply-recipe", "Setting"))
      remark << each.attribute;
  }
  return Error::success();
}
