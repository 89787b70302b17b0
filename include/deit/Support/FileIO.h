// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Whole-file reading and writing, and the form in which tools report errors.

#ifndef DEIT_SUPPORT_FILEIO_H
#define DEIT_SUPPORT_FILEIO_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <memory>
#include <string>

namespace deit {

/// An error that is its message; what every library function here returns.
llvm::Error makeError(const llvm::Twine &message);

/// Puts `prefix`, usually a file's or a thing's name and ": ", before each
/// message in `error`. Success stays success.
llvm::Error prefixError(const llvm::Twine &prefix, llvm::Error error);

/// `text` in single quotes, with bytes that a terminal should not see escaped
/// and the middle of very long texts left out: for names out of foreign files.
std::string quoted(llvm::StringRef text);

/// The bytes of the file `path`, or of standard input if it is "-". The error
/// names the file. A folder is an error.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
readFile(llvm::StringRef path);

/// Writes what `write` streams to the file `path`, whole or not at all: it
/// goes into a file beside, which is renamed when every byte has arrived. A
/// link is followed, a device or pipe is written in place. "-" is standard
/// output, which gets its bytes only after `write` has succeeded. The error,
/// a full disk's too, names the file.
llvm::Error
writeFile(llvm::StringRef path,
          llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);

/// Prints `error` to `os` as lines "tool: error: message" and returns the exit
/// code 1; for success prints nothing and returns 0.
int reportError(llvm::raw_ostream &os, llvm::StringRef tool, llvm::Error error);

} // namespace deit

#endif // DEIT_SUPPORT_FILEIO_H
