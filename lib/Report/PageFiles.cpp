// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the look-up of the page's sources.

#include "PageFiles.h"

#include "llvm/Support/ErrorHandling.h"

namespace deit {

struct PageFile {
  llvm::StringLiteral name;
  llvm::StringLiteral text;
};

// Made by cmake/EmbedFiles.cmake.
static const PageFile files[] = {
#include "PageFiles.inc"
};

llvm::StringRef pageFile(llvm::StringRef name) {
  for (const PageFile &file : files)
    if (file.name == name)
      return file.text;
  llvm_unreachable("a file that lib/Report/CMakeLists.txt does not list");
}

llvm::ArrayRef<llvm::StringLiteral> sharedScripts() {
  static const llvm::StringLiteral names[] = {"numbers.js",
                                              "theme.js",
                                              "frame.js",
                                              "charts-modules.js",
                                              "charts-distributions.js",
                                              "charts-accuracy.js",
                                              "charts-comparison.js",
                                              "sections.js"};
  return names;
}

} // namespace deit
