// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sizes as people write them.

#include "deit/Recipe/Recipe.h"
#include "deit/Support/FileIO.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace deit;

Expected<uint64_t> deit::parseSize(StringRef text) {
  StringRef number = text.trim();
  double unit = 1;
  if (number.consume_back_insensitive("MB"))
    unit = 1e6;
  else if (number.consume_back_insensitive("KB"))
    unit = 1e3;
  else
    number.consume_back_insensitive("B");
  double value;
  if (number.trim().getAsDouble(value) || !(value > 0) || value * unit > 1e15 ||
      value * unit < 1)
    return makeError("expected a size like 8.0MB, 500KB or 70000B, found " +
                     quoted(text));
  return static_cast<uint64_t>(std::nearbyint(value * unit));
}

std::string deit::describeSize(uint64_t bytes) {
  double size = static_cast<double>(bytes);
  return llvm::formatv("{0:f3} MB ({1} bytes)", size / 1e6, bytes).str();
}
