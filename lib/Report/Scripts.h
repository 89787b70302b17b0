// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs the page's scripts without a browser, in Duktape.

#ifndef DEIT_LIB_REPORT_SCRIPTS_H
#define DEIT_LIB_REPORT_SCRIPTS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>

struct duk_hthread;

namespace deit {

/// One world of JavaScript, ECMAScript 5, without files, network or clock.
class Scripts {
public:
  Scripts();
  ~Scripts();
  Scripts(const Scripts &) = delete;
  Scripts &operator=(const Scripts &) = delete;

  /// Runs `text`, which errors call `name`.
  llvm::Error run(llvm::StringRef name, llvm::StringRef text);

  /// The text that `object`.`function` returns for two texts.
  llvm::Expected<std::string> call(llvm::StringRef object,
                                   llvm::StringRef function,
                                   llvm::StringRef first,
                                   llvm::StringRef second);

private:
  llvm::Error failure(llvm::StringRef name);

  duk_hthread *context;
};

} // namespace deit

#endif // DEIT_LIB_REPORT_SCRIPTS_H
