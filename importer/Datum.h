// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The plain data that a pickle describes: a graph of values, none of them live.

#ifndef DEIT_IMPORTER_DATUM_H
#define DEIT_IMPORTER_DATUM_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace deit::importer {

enum class DatumKind {
  None,
  Bool,         ///< `integer` is 0 or 1.
  Int,          ///< `integer`.
  Long,         ///< Does not fit 64 bits; `text` is as the pickle spells it.
  Float,        ///< `real`.
  Bytes,        ///< `text`.
  String,       ///< `text`, UTF-8 unless the file is malformed.
  Tuple,        ///< `items`.
  List,         ///< `items`.
  Set,          ///< `items`, perhaps with repetitions.
  Dict,         ///< `entries`; of equal keys the last counts.
  Global,       ///< A class or function by name: module `text`, name `name`.
  Call,         ///< What calling `callee` would have made.
  PersistentId, ///< Data outside of the pickle; `items` holds its one id.
};

/// One datum of a pickle. Values form a graph that may be cyclic and whose
/// nodes may be shared: walk it with a bound. A Call is only a record; nothing
/// has been called, and what Python would have put into the new object stands
/// in `state` (from BUILD), `items` (from APPEND) and `entries` (from SETITEM).
struct Datum {
  DatumKind kind = DatumKind::None;
  /// For a Call: made by NEWOBJ, so `callee` is a class and its constructor is
  /// not run, only `__new__`.
  bool isNew = false;
  /// Where in the pickle the opcode stands that made this.
  uint64_t offset = 0;
  int64_t integer = 0;
  double real = 0;
  llvm::StringRef text;
  llvm::StringRef name;
  std::vector<Datum *> items;
  std::vector<std::pair<Datum *, Datum *>> entries;
  Datum *callee = nullptr;
  Datum *argumentTuple = nullptr;
  Datum *state = nullptr;

  bool is(DatumKind k) const { return kind == k; }
  bool isNone() const { return kind == DatumKind::None; }
  bool isSequence() const {
    return kind == DatumKind::Tuple || kind == DatumKind::List;
  }

  /// Whether this is the class or function `module`.`symbol`.
  bool isGlobal(llvm::StringRef module, llvm::StringRef symbol) const {
    return kind == DatumKind::Global && text == module && name == symbol;
  }

  /// Whether this is what a call of `module`.`symbol` would have made.
  bool isCallOf(llvm::StringRef module, llvm::StringRef symbol) const {
    return kind == DatumKind::Call && callee->isGlobal(module, symbol);
  }

  /// The arguments of a Call.
  llvm::ArrayRef<Datum *> arguments() const { return argumentTuple->items; }

  /// The value of an Int or Bool.
  std::optional<int64_t> asInt() const;

  /// The value of a Float, Int or Bool.
  std::optional<double> asFloat() const;

  /// The text of a String.
  std::optional<llvm::StringRef> asString() const;

  /// The integers of a Tuple, List or torch.Size that holds nothing else.
  std::optional<llvm::SmallVector<int64_t, 4>> asInts() const;

  /// The numbers of a Tuple or List that holds nothing else.
  std::optional<llvm::SmallVector<double, 4>> asFloats() const;

  /// Whether this is a Dict, or a collections.OrderedDict or defaultdict.
  bool isDict() const;

  /// How many entries `visitEntries` will visit: what a walk has to pay.
  size_t entryCount() const;

  /// Visits keys and values of a dictionary of any kind, in order; of equal
  /// keys the last counts. Nothing else has entries.
  void visitEntries(
      llvm::function_ref<void(const Datum &key, const Datum &value)> visit)
      const;

  /// The value of the String `key` in a dictionary of any kind, or null.
  const Datum *find(llvm::StringRef key) const;

  /// "module.name" of a Global; of a Call, its callee's; otherwise a word for
  /// the kind, as in "a list".
  std::string describe() const;
};

/// A finished pickle: its values and the one it is about. Texts point into the
/// bytes it was read from, which must live as long.
struct Pickle {
  Pickle() = default;
  Pickle(Pickle &&) noexcept = default;
  Pickle &operator=(Pickle &&) noexcept = default;

  std::deque<Datum> data;
  std::deque<std::string> unescaped;
  Datum *root = nullptr;
};

} // namespace deit::importer

#endif // DEIT_IMPORTER_DATUM_H
