// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where in a JSON text its values stand, which LLVM's parser does not keep.

#ifndef DEIT_LIB_RECIPE_JSONPOSITIONS_H
#define DEIT_LIB_RECIPE_JSONPOSITIONS_H

#include "deit/Support/LLVM.h"
#include "llvm/ADT/StringMap.h"
#include <string>

namespace deit {

/// The places of keys and list elements of a text.
class JsonPositions {
public:
  /// Reads `text`, which json::parse has accepted.
  explicit JsonPositions(StringRef text);

  /// "line:column", counted from 1, of the key or the element at `place`, such
  /// as "modules[3].range"; the beginning if there is none.
  std::string lineAndColumn(StringRef place) const;

private:
  void readValue(const std::string &place);
  void readObject(const std::string &place);
  void readArray(const std::string &place);
  StringRef readString();
  void skipSpace();
  bool take(char expected);

  StringRef text;
  size_t at = 0;
  llvm::StringMap<size_t> offsets;
};

} // namespace deit

#endif // DEIT_LIB_RECIPE_JSONPOSITIONS_H
