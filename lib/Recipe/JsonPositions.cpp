// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where in a JSON text its values stand.

#include "JsonPositions.h"
#include "llvm/ADT/StringExtras.h"

using namespace deit;

JsonPositions::JsonPositions(StringRef text) : text(text) { readValue(""); }

void JsonPositions::skipSpace() {
  while (at < text.size() && llvm::isSpace(text[at]))
    ++at;
}

bool JsonPositions::take(char expected) {
  skipSpace();
  if (at >= text.size() || text[at] != expected)
    return false;
  ++at;
  return true;
}

/// What is between the quotes, escapes as they stand.
StringRef JsonPositions::readString() {
  size_t first = ++at;
  while (at < text.size() && text[at] != '"')
    at += text[at] == '\\' ? 2 : 1;
  return text.slice(first, at++);
}

void JsonPositions::readObject(const std::string &place) {
  while (!take('}')) {
    take(',');
    skipSpace();
    if (at >= text.size())
      return;
    size_t offset = at;
    std::string key = readString().str();
    std::string inner = place.empty() ? key : place + "." + key;
    offsets[inner] = offset;
    take(':');
    readValue(inner);
  }
}

void JsonPositions::readArray(const std::string &place) {
  for (size_t index = 0; !take(']'); ++index) {
    take(',');
    skipSpace();
    if (at >= text.size())
      return;
    std::string inner = place + "[" + std::to_string(index) + "]";
    offsets[inner] = at;
    readValue(inner);
  }
}

void JsonPositions::readValue(const std::string &place) {
  skipSpace();
  if (take('{'))
    return readObject(place);
  if (take('['))
    return readArray(place);
  if (at < text.size() && text[at] == '"') {
    readString();
    return;
  }
  while (at < text.size() && !StringRef(",]} \t\r\n").contains(text[at]))
    ++at;
}

std::string JsonPositions::lineAndColumn(StringRef place) const {
  StringRef before = text.take_front(offsets.lookup(place));
  size_t line = 1 + before.count('\n');
  size_t column =
      1 + (before.contains('\n') ? before.size() - 1 - before.rfind('\n')
                                 : before.size());
  return std::to_string(line) + ":" + std::to_string(column);
}
