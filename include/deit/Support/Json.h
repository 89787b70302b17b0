// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// JSON of many numbers in few bytes.

#ifndef DEIT_SUPPORT_JSON_H
#define DEIT_SUPPORT_JSON_H

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <string>

namespace deit {

/// Prints `value` with each number in the fewest digits that are read as the
/// same number again, where LLVM's printing takes seventeen. Members of
/// objects are sorted; arrays of numbers take one line. Infinities and what is
/// no number become null.
void printJson(llvm::raw_ostream &os, const llvm::json::Value &value);

/// What printJson prints.
std::string printJson(const llvm::json::Value &value);

/// `number` to `digits` significant digits; null if it is not finite.
llvm::json::Value shortNumber(double number, int digits = 6);

} // namespace deit

#endif // DEIT_SUPPORT_JSON_H
