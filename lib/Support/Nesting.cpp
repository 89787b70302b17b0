// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Counts brackets.

#include "deit/Support/Nesting.h"

#include <algorithm>

using llvm::StringRef;

/// What is left of `text` behind the string that it begins with, which ends
/// with its line at the latest.
static StringRef skipString(StringRef text) {
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"' || text[i] == '\n')
      return text.drop_front(i + 1);
  }
  return {};
}

bool deit::isShallow(StringRef text, int limit) {
  int depth = 0;
  while (!text.empty()) {
    char c = text.front();
    if (c == '"') {
      text = skipString(text);
      continue;
    }
    if (text.starts_with("//")) {
      text = text.drop_until([](char each) { return each == '\n'; });
      continue;
    }
    if (StringRef("([{<").contains(c) && ++depth > limit)
      return false;
    if (StringRef(")]}>").contains(c)) // "->" closes nothing
      depth = std::max(depth - 1, 0);
    text = text.drop_front();
  }
  return true;
}
