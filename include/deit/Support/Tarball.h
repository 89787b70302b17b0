// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Archives of files, .tar.gz, that are the same bytes each time.

#ifndef DEIT_SUPPORT_TARBALL_H
#define DEIT_SUPPORT_TARBALL_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace deit {

/// A file of an archive.
struct TarMember {
  std::string path; ///< with '/', at most 99 bytes
  std::string contents;
  bool isExecutable = false;
};

/// The members in their order as POSIX ustar, compressed by gzip. Times, owners
/// and permissions do not depend on who makes it, and when.
llvm::Expected<std::string> makeTarball(llvm::ArrayRef<TarMember> members);

} // namespace deit

#endif // DEIT_SUPPORT_TARBALL_H
