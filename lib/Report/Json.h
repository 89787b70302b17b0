// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// JSON with numbers as short as they can be.

#ifndef DEIT_LIB_REPORT_JSON_H
#define DEIT_LIB_REPORT_JSON_H

#include "llvm/Support/JSON.h"

#include <string>

namespace deit {

/// `value` as JSON that reads back to the same: 0.1 stays 0.1, where LLVM
/// writes 17 digits, which makes reports half as long again.
std::string toShortJson(const llvm::json::Value &value);

} // namespace deit

#endif // DEIT_LIB_REPORT_JSON_H
