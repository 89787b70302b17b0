// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checks a report against page/shape.json, which says for every member what it
// is: "number", "text", "any", the name of another shape; a list of one of
// these; an object. With "?" it may be null or missing. "+" takes in another
// shape's members.

#include "PageFiles.h"
#include "deit/Report/Report.h"
#include "deit/Support/FileIO.h"

#include "llvm/ADT/StringSet.h"

#include <cmath>

using llvm::Error;
using llvm::StringRef;
using llvm::Twine;
namespace json = llvm::json;

namespace deit {

namespace {
class Shapes {
public:
  explicit Shapes(const json::Object &shapes) : shapes(shapes) {}

  /// Does `value`, null where it is missing, have the shape `shape`? `where`
  /// names it in errors.
  Error check(const json::Value *value, const json::Value &shape,
              const Twine &where) const;

private:
  Error checkNamed(const json::Value *value, StringRef name,
                   const Twine &where) const;
  Error checkMembers(const json::Object &value, const json::Object &shape,
                     const Twine &where) const;

  const json::Object &shapes;
};
} // namespace

static StringRef kindOf(const json::Value *value) {
  if (!value)
    return "nothing";
  switch (value->kind()) {
  case json::Value::Null:
    return "null";
  case json::Value::Boolean:
    return "a truth value";
  case json::Value::Number:
    return "a number";
  case json::Value::String:
    return "a text";
  case json::Value::Array:
    return "a list";
  case json::Value::Object:
    return "an object";
  }
  return "nothing";
}

static Error wrong(const Twine &where, const Twine &what) {
  return makeError("the report's " + where + " " + what +
                   "; measure the model again with deit-report");
}

static Error unexpected(const Twine &where, StringRef wanted,
                        const json::Value *found) {
  return wrong(where, "should be " + wanted + ", but is " + kindOf(found));
}

/// What charts rely on beyond the shape: bins to draw, and as many minima as
/// maxima.
static Error checkLengths(const json::Object &value, StringRef shape,
                          const Twine &where) {
  if (shape == "histogram" && value.getArray("counts")->empty())
    return wrong(where, "has no bins");
  if (shape != "channels")
    return Error::success();
  size_t minima = value.getArray("minimum")->size();
  size_t maxima = value.getArray("maximum")->size();
  if (minima == maxima)
    return Error::success();
  return wrong(where, "has " + Twine(minima) + " minima and " + Twine(maxima) +
                          " maxima");
}

Error Shapes::checkMembers(const json::Object &value, const json::Object &shape,
                           const Twine &where) const {
  // In the order of names, so that the first error is always the same.
  for (const auto *member : json::sortedElements(shape)) {
    StringRef key(member->first);
    const json::Value &inner = member->second;
    if (key == "+") {
      const json::Object *base = shapes.getObject(*inner.getAsString());
      if (Error error = checkMembers(value, *base, where))
        return error;
      continue;
    }
    std::string path = where.str();
    path += (path.empty() ? "" : ".") + key.str();
    if (Error error = check(value.get(key), inner, path))
      return error;
  }
  return Error::success();
}

Error Shapes::checkNamed(const json::Value *value, StringRef name,
                         const Twine &where) const {
  if (name.consume_back("?") && (!value || value->kind() == json::Value::Null))
    return Error::success();
  if (name == "number") {
    auto number = value ? value->getAsNumber() : std::nullopt;
    return number && std::isfinite(*number)
               ? Error::success()
               : unexpected(where, "a number", value);
  }
  if (name == "text")
    return value && value->getAsString() ? Error::success()
                                         : unexpected(where, "a text", value);
  if (name == "any")
    return value ? Error::success() : unexpected(where, "a value", value);
  if (Error error = check(value, *shapes.get(name), where))
    return error;
  return checkLengths(*value->getAsObject(), name, where);
}

Error Shapes::check(const json::Value *value, const json::Value &shape,
                    const Twine &where) const {
  if (auto name = shape.getAsString())
    return checkNamed(value, *name, where);
  if (const json::Array *list = shape.getAsArray()) {
    const json::Array *array = value ? value->getAsArray() : nullptr;
    if (!array)
      return unexpected(where, "a list", value);
    for (size_t i = 0; i < array->size(); ++i)
      if (Error error =
              check(&(*array)[i], list->front(), where + "[" + Twine(i) + "]"))
        return error;
    return Error::success();
  }
  const json::Object *object = value ? value->getAsObject() : nullptr;
  if (!object)
    return unexpected(where, "an object", value);
  return checkMembers(*object, *shape.getAsObject(), where);
}

/// Are the modules that the ranking names there?
static Error checkRanking(const json::Object &report) {
  llvm::StringSet<> paths;
  for (const json::Value &module : *report.getArray("modules"))
    paths.insert(*module.getAsObject()->getString("path"));
  const json::Array &ranking = *report.getArray("ranking");
  for (size_t i = 0; i < ranking.size(); ++i) {
    StringRef path = *ranking[i].getAsString();
    if (!paths.contains(path))
      return wrong("ranking[" + Twine(i) + "]",
                   "is " + quoted(path) + ", which is none of its modules");
  }
  return Error::success();
}

Error checkReport(const json::Value &report) {
  constexpr int64_t version = 1;
  const json::Object *object = report.getAsObject();
  std::optional<int64_t> found =
      object ? object->getInteger("version") : std::nullopt;
  if (!found)
    return makeError("this is no report, which has a version; measure one with "
                     "deit-report --json");
  if (*found != version)
    return makeError("the report is of version " + Twine(*found) +
                     ", this deit-report shows version " + Twine(version) +
                     "; measure the model again");
  json::Value shapes = llvm::cantFail(json::parse(pageFile("shape.json")));
  const json::Object &all = *shapes.getAsObject();
  if (Error error = Shapes(all).check(&report, *all.get("report"), ""))
    return error;
  return checkRanking(*object);
}

} // namespace deit
