// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a fuzz target is, and what several of them need.

#ifndef DEIT_FUZZ_FUZZ_H
#define DEIT_FUZZ_FUZZ_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <random>
#include <string>

namespace deit::fuzz {

/// Numbers that depend on a seed alone.
using Random = std::minstd_rand;

/// One fuzz target. A program has one, called `target`, and two drivers can run
/// it: libFuzzer's, and the one of Replay.cpp.
struct Target {
  /// Gives `bytes`, a whole file, to the code under test. That may refuse them;
  /// whatever it does, it comes back.
  void (*run)(llvm::StringRef bytes);
  /// Makes lengths and checksums right again after a mutation, for whatever is
  /// wrong there is all that would be seen. Null where a format has neither.
  void (*repair)(std::string &bytes) = nullptr;
  /// A mutation that knows the format. Null where bytes are as good.
  void (*mutate)(std::string &bytes, Random &random) = nullptr;
};

extern const Target target;

/// Ends the process, as a finding, unless `holds`.
void check(bool holds, const char *what);

/// An error is a right answer to bytes of no sense, if it says something.
void expectMessage(llvm::Error error);

/// The path of a file in memory that holds `bytes`; until the next call.
std::string fileOf(llvm::StringRef bytes);

/// The path of a file that may be written. It goes away with the process.
std::string scratchPath();

/// Makes the checksums of a zip archive's stored entries right, and those of
/// archives among them.
void repairArchive(std::string &bytes);

} // namespace deit::fuzz

#endif // DEIT_FUZZ_FUZZ_H
