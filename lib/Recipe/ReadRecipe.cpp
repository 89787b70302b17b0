// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads recipe files, and says where in them something is wrong.

#include "JsonPositions.h"
#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Recipe/Recipe.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/Nesting.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include <cmath>

using namespace deit;
namespace json = llvm::json;

/// Twice as deep as a recipe goes: the parser recurses.
static constexpr int kMostNesting = 8;

namespace {

/// Reads one file.
class Reader {
public:
  Reader(StringRef path, StringRef text) : path(path), positions(text) {}
  Expected<RecipeFile> read(const json::Object &root);

private:
  /// An error at `place`, a path like "modules[3].range".
  Error errorAt(const Twine &place, const Twine &message) const {
    return makeError(describe(place) + ": " + message);
  }
  std::string describe(const Twine &place) const {
    return path.str() + ":" + positions.lineAndColumn(place.str());
  }
  Error checkKeys(const json::Object &object, StringRef place,
                  ArrayRef<StringRef> known) const;
  Error readEntry(const json::Object &object, StringRef place,
                  RecipeEntry &entry) const;
  Error readWeight(const json::Object &object, StringRef place,
                   RecipeEntry &entry) const;
  Error readOctaves(const json::Object &object, StringRef place,
                    RecipeEntry &entry) const;
  Error readRange(const json::Object &object, StringRef place,
                  RecipeEntry &entry) const;
  Error readSplit(const json::Object &object, StringRef place,
                  RecipeEntry &entry) const;
  Error readModules(const json::Array &modules, RecipeFile &recipe) const;
  Error readNumber(const json::Object &object, StringRef place, StringRef key,
                   double low, double high, std::optional<double> &value) const;
  Error readString(const json::Object &object, StringRef place, StringRef key,
                   llvm::function_ref<bool(StringRef)> valid,
                   const Twine &expected,
                   std::optional<std::string> &value) const;
  Error readBudget(const json::Object &root, RecipeFile &recipe) const;

  StringRef path;
  JsonPositions positions;
};

} // namespace

/// `value` as it stands in a file.
static std::string print(const json::Value &value) {
  std::string text;
  llvm::raw_string_ostream(text) << value;
  return text;
}

/// The place of `key` in the object at `place`.
static std::string keyOf(StringRef place, StringRef key) {
  return place.empty() ? key.str() : (place + "." + key).str();
}

/// The one of `known` that is most like `word`; empty if none is.
static StringRef nearest(StringRef word, ArrayRef<StringRef> known) {
  StringRef best;
  unsigned least = 1 + word.size() / 3;
  for (StringRef each : known) {
    unsigned distance = word.edit_distance(each, true, least);
    if (distance <= least) {
      best = each;
      least = distance;
    }
  }
  return best;
}

Error Reader::checkKeys(const json::Object &object, StringRef place,
                        ArrayRef<StringRef> known) const {
  SmallVector<StringRef> unknown;
  for (const auto &[key, value] : object)
    if (!llvm::is_contained(known, StringRef(key)))
      unknown.push_back(key);
  if (unknown.empty())
    return Error::success();
  // An object has no order; the first of them all is said.
  llvm::sort(unknown);
  StringRef like = nearest(unknown.front(), known);
  std::string guess =
      like.empty() ? "" : ("did you mean '" + like + "'? ").str();
  return errorAt(keyOf(place, unknown.front()),
                 "unknown key " + quoted(unknown.front()) + "; " + guess +
                     "known are " + llvm::join(known, ", "));
}

Error Reader::readNumber(const json::Object &object, StringRef place,
                         StringRef key, double low, double high,
                         std::optional<double> &value) const {
  const json::Value *found = object.get(key);
  if (!found)
    return Error::success();
  value = found->getAsNumber();
  if (value && *value >= low && *value <= high && *value > 0 &&
      *value < HUGE_VAL)
    return Error::success();
  std::string limits = high < HUGE_VAL
                           ? (" from " + Twine(static_cast<int>(low)) + " to " +
                              Twine(static_cast<int>(high)))
                                 .str()
                           : " above 0";
  return errorAt(keyOf(place, key), "'" + key + "' expected a number" + limits +
                                        ", found " + print(*found));
}

Error Reader::readString(const json::Object &object, StringRef place,
                         StringRef key,
                         llvm::function_ref<bool(StringRef)> valid,
                         const Twine &expected,
                         std::optional<std::string> &value) const {
  const json::Value *found = object.get(key);
  if (!found)
    return Error::success();
  auto text = found->getAsString();
  if (!text || !valid(*text))
    return errorAt(keyOf(place, key), "'" + key + "' expected " + expected +
                                          ", found " + print(*found));
  value = text->str();
  return Error::success();
}

Error Reader::readOctaves(const json::Object &object, StringRef place,
                          RecipeEntry &entry) const {
  const json::Value *found = object.get("row_octaves");
  if (!found)
    return Error::success();
  auto bad = [&](const Twine &why) {
    return errorAt(keyOf(place, "row_octaves"), "'row_octaves' " + why);
  };
  const json::Array *rows = found->getAsArray();
  if (!rows)
    return bad(
        "expected a list of whole numbers from -128 to 127, one for each "
        "row of the weight");
  if (!entry.weightStep)
    return bad("says how steps of rows differ from 'weight_step', which is not "
               "there");
  for (const json::Value &row : *rows) {
    std::optional<int64_t> fourths = row.getAsInteger();
    if (!fourths || *fourths < -128 || *fourths > 127)
      return bad("expected whole numbers from -128 to 127, found " +
                 print(row));
    entry.rowOctaves.push_back(static_cast<int8_t>(*fourths));
  }
  return Error::success();
}

Error Reader::readWeight(const json::Object &object, StringRef place,
                         RecipeEntry &entry) const {
  if (Error error =
          readNumber(object, place, "weight_bits", 1, 8, entry.weightBits))
    return error;
  if (Error error = readNumber(object, place, "weight_step", 0, HUGE_VAL,
                               entry.weightStep))
    return error;
  if (Error error = readOctaves(object, place, entry))
    return error;
  if (const json::Value *exclude = object.get("exclude")) {
    if (!exclude->getAsBoolean().value_or(false))
      return errorAt(keyOf(place, "exclude"),
                     "'exclude' expected true, which leaves weights at 8 bits, "
                     "found " +
                         print(*exclude));
    if (entry.weightBits || entry.weightStep)
      return errorAt(keyOf(place, "exclude"),
                     "'exclude' leaves weights at 8 bits; it goes with neither "
                     "'weight_bits' nor 'weight_step'");
    entry.weightBits = 8;
  }
  if (entry.weightBits && entry.weightStep)
    return errorAt(keyOf(place, "weight_step"),
                   "a weight has either 'weight_step' or 'weight_bits'; leave "
                   "one out");
  return Error::success();
}

Error Reader::readRange(const json::Object &object, StringRef place,
                        RecipeEntry &entry) const {
  const json::Value *found = object.get("range");
  if (!found)
    return Error::success();
  const json::Array *ends = found->getAsArray();
  if (ends && ends->size() == 2) {
    std::optional<double> low = (*ends)[0].getAsNumber();
    std::optional<double> high = (*ends)[1].getAsNumber();
    if (low && high && *low <= *high && std::isfinite(*high - *low)) {
      entry.range = {*low, *high};
      return Error::success();
    }
  }
  return errorAt(keyOf(place, "range"),
                 "'range' expected [low, high], found " + print(*found));
}

Error Reader::readSplit(const json::Object &object, StringRef place,
                        RecipeEntry &entry) const {
  const json::Value *found = object.get("split");
  if (!found)
    return Error::success();
  entry.split = found->getAsNumber();
  if (entry.split && *entry.split >= 0 && std::isfinite(*entry.split))
    return Error::success();
  return errorAt(keyOf(place, "split"),
                 "'split' expected the largest value that a neuron may have, "
                 "or 0 to split none, found " +
                     print(*found));
}

Error Reader::readEntry(const json::Object &object, StringRef place,
                        RecipeEntry &entry) const {
  entry.place = describe(place);
  if (Error error =
          checkKeys(object, place,
                    {"match", "weight_bits", "weight_step", "row_octaves",
                     "exclude", "range", "range_method", "balance", "split"}))
    return error;
  std::optional<std::string> match;
  if (Error error = readString(
          object, place, "match", [](StringRef text) { return !text.empty(); },
          "a pattern of module paths", match))
    return error;
  if (!match)
    return errorAt(place, "an entry of 'modules' needs 'match', a pattern of "
                          "module paths such as \"blocks.*.mlp.fc1\"");
  entry.match = *match;
  if (Error error = readWeight(object, place, entry))
    return error;
  if (Error error = readRange(object, place, entry))
    return error;
  if (Error error = readSplit(object, place, entry))
    return error;
  if (Error error = readString(
          object, place, "range_method",
          [](StringRef text) {
            return llvm::is_contained(kRangeMethods, text);
          },
          "one of " + llvm::join(ArrayRef(kRangeMethods), ", "),
          entry.rangeMethod))
    return error;
  return readString(object, place, "balance", isBalance, kBalanceForms,
                    entry.balance);
}

Error Reader::readModules(const json::Array &modules,
                          RecipeFile &recipe) const {
  for (auto [index, value] : llvm::enumerate(modules)) {
    std::string place = ("modules[" + Twine(index) + "]").str();
    const json::Object *object = value.getAsObject();
    if (!object)
      return errorAt(place, "expected an object with 'match' and settings, "
                            "found " +
                                print(value));
    if (Error error = readEntry(*object, place, recipe.modules.emplace_back()))
      return error;
  }
  return Error::success();
}

Error Reader::readBudget(const json::Object &root, RecipeFile &recipe) const {
  const json::Value *found = root.get("size_budget");
  if (!found)
    return Error::success();
  std::string text =
      found->getAsString() ? found->getAsString()->str() : print(*found);
  Expected<uint64_t> size = parseSize(text);
  if (!size)
    return prefixError(describe("size_budget") + ": 'size_budget' ",
                       size.takeError());
  recipe.sizeBudget = *size;
  return Error::success();
}

Expected<RecipeFile> Reader::read(const json::Object &root) {
  RecipeFile recipe;
  if (Error error = checkKeys(
          root, "", {"base", "weight_bits", "size_budget", "modules"}))
    return std::move(error);
  std::optional<std::string> base;
  if (Error error = readString(
          root, "", "base",
          [](StringRef name) { return name == "w8a8" || name == "naive"; },
          "w8a8 or naive", base))
    return std::move(error);
  recipe.base = base.value_or(recipe.base);
  if (Error error =
          readNumber(root, "", "weight_bits", 1, 8, recipe.weightBits))
    return std::move(error);
  if (Error error = readBudget(root, recipe))
    return std::move(error);
  if (const json::Value *modules = root.get("modules")) {
    const json::Array *list = modules->getAsArray();
    if (!list)
      return errorAt("modules", "'modules' expected a list of objects with "
                                "'match' and settings; in a list, later ones "
                                "win");
    if (Error error = readModules(*list, recipe))
      return std::move(error);
  }
  if (recipe.base == "naive" &&
      (recipe.hasWeights() || recipe.weightBits.value_or(8) < 8 ||
       recipe.sizeBudget))
    return errorAt("base", "naive rounds all weights to 8 bits; settings of "
                           "weights, and a size, need the base w8a8");
  return recipe;
}

bool RecipeFile::hasWeights() const {
  return llvm::any_of(modules, [](const RecipeEntry &entry) {
    return entry.weightBits || entry.weightStep;
  });
}

/// "[1:3, byte=2]: Expected ..." in the words of other errors.
static Error syntaxError(StringRef path, StringRef message) {
  message.consume_front("[");
  auto [place, rest] = message.split("]: ");
  return makeError(path + ":" + place.split(',').first + ": " + rest +
                   "; a recipe is JSON");
}

Expected<RecipeFile> deit::readRecipe(StringRef path) {
  auto contents = readFile(path);
  if (!contents)
    return contents.takeError();
  StringRef text = (*contents)->getBuffer();
  if (!isShallow(text, kMostNesting))
    return makeError(path + ": nests too deep; a recipe is an object with "
                            "'base' and 'modules'");
  Expected<json::Value> value = json::parse(text);
  if (!value)
    return syntaxError(path, llvm::toString(value.takeError()));
  const json::Object *root = value->getAsObject();
  if (!root)
    return makeError(path +
                     ":1:1: expected an object with 'base' and "
                     "'modules', found " +
                     print(*value));
  return Reader(path, text).read(*root);
}
