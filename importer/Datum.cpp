// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the views on a pickle's values.

#include "importer/Datum.h"

#include "deit/Support/FileIO.h"

using llvm::StringRef;

namespace deit::importer {

std::optional<int64_t> Datum::asInt() const {
  if (kind == DatumKind::Int || kind == DatumKind::Bool)
    return integer;
  return std::nullopt;
}

std::optional<double> Datum::asFloat() const {
  if (kind == DatumKind::Float)
    return real;
  if (std::optional<int64_t> number = asInt())
    return static_cast<double>(*number);
  return std::nullopt;
}

std::optional<StringRef> Datum::asString() const {
  if (kind == DatumKind::String)
    return text;
  return std::nullopt;
}

/// The value that holds the elements: `value` itself, or a torch.Size's tuple.
static const Datum *sequenceOf(const Datum *value) {
  if (value->isCallOf("torch", "Size") && value->arguments().size() == 1)
    return value->arguments()[0];
  return value;
}

std::optional<llvm::SmallVector<int64_t, 4>> Datum::asInts() const {
  const Datum &sequence = *sequenceOf(this);
  if (!sequence.isSequence())
    return std::nullopt;
  llvm::SmallVector<int64_t, 4> result;
  for (const Datum *item : sequence.items) {
    std::optional<int64_t> number = item->asInt();
    if (!number)
      return std::nullopt;
    result.push_back(*number);
  }
  return result;
}

std::optional<llvm::SmallVector<double, 4>> Datum::asFloats() const {
  const Datum &sequence = *sequenceOf(this);
  if (!sequence.isSequence())
    return std::nullopt;
  llvm::SmallVector<double, 4> result;
  for (const Datum *item : sequence.items) {
    std::optional<double> number = item->asFloat();
    if (!number)
      return std::nullopt;
    result.push_back(*number);
  }
  return result;
}

bool Datum::isDict() const {
  return kind == DatumKind::Dict || isCallOf("collections", "OrderedDict") ||
         isCallOf("collections", "defaultdict");
}

/// The pairs that Python 2 gave to a constructor: OrderedDict([[k, v], ...]).
static llvm::ArrayRef<Datum *> constructorPairs(const Datum &value) {
  if (!value.isCallOf("collections", "OrderedDict") ||
      value.arguments().empty() || !value.arguments()[0]->isSequence())
    return {};
  return value.arguments()[0]->items;
}

size_t Datum::entryCount() const {
  return isDict() ? constructorPairs(*this).size() + entries.size() : 0;
}

void Datum::visitEntries(
    llvm::function_ref<void(const Datum &, const Datum &)> visit) const {
  if (!isDict())
    return;
  for (const Datum *pair : constructorPairs(*this))
    if (pair->isSequence() && pair->items.size() == 2)
      visit(*pair->items[0], *pair->items[1]);
  for (const auto &[key, value] : entries)
    visit(*key, *value);
}

const Datum *Datum::find(StringRef key) const {
  const Datum *found = nullptr;
  visitEntries([&](const Datum &candidate, const Datum &value) {
    if (candidate.is(DatumKind::String) && candidate.text == key)
      found = &value;
  });
  return found;
}

std::string Datum::describe() const {
  switch (kind) {
  case DatumKind::None:
    return "None";
  case DatumKind::Bool:
    return "a boolean";
  case DatumKind::Int:
  case DatumKind::Long:
    return "an integer";
  case DatumKind::Float:
    return "a float";
  case DatumKind::Bytes:
    return "bytes";
  case DatumKind::String:
    return "a string";
  case DatumKind::Tuple:
    return "a tuple";
  case DatumKind::List:
    return "a list";
  case DatumKind::Set:
    return "a set";
  case DatumKind::Dict:
    return "a dictionary";
  case DatumKind::Global:
    return quoted((text + "." + name).str());
  case DatumKind::Call:
    // Never deeper than one step: a chain of calls may be cyclic.
    return callee->is(DatumKind::Global) ? callee->describe()
                                         : "the result of a computed call";
  case DatumKind::PersistentId:
    return "a storage";
  }
  return "a value";
}

} // namespace deit::importer
