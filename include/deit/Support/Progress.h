// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How far long work has come, told to whoever listens on the same thread.

#ifndef DEIT_SUPPORT_PROGRESS_H
#define DEIT_SUPPORT_PROGRESS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace deit {

/// One stage of work in `total` steps. Stages may be nested. Where nobody
/// listens, nothing happens: passes report without knowing who runs them.
class Progress {
public:
  Progress(llvm::StringRef stage, int64_t total);
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  void advance(int64_t steps = 1);

  /// "stage, 3 of 12, 1:05 left"; the time is there once a step is done.
  std::string describe() const;

private:
  std::string stage;
  int64_t total, done = 0;
  std::chrono::steady_clock::time_point start;
  Progress *outer;
};

/// Is told the stages that are under way, outermost first, "; " in between, and
/// the empty string when the outermost one ends.
using ProgressSink = std::function<void(llvm::StringRef)>;

/// Makes `sink` the listener of this thread for as long as it lives.
class ScopedProgressSink {
public:
  explicit ScopedProgressSink(ProgressSink sink);
  ~ScopedProgressSink();
  ScopedProgressSink(const ScopedProgressSink &) = delete;
  ScopedProgressSink &operator=(const ScopedProgressSink &) = delete;

private:
  ProgressSink sink;
  ProgressSink *previous;
};

/// A line on a terminal that is written over and over, five times a second at
/// most.
class ProgressLine {
public:
  ProgressLine(llvm::raw_ostream &os, llvm::StringRef tool)
      : os(os), tool(tool.str()) {}
  ~ProgressLine() { clear(); }

  /// Shows `text`; clears the line if it is empty.
  void show(llvm::StringRef text);
  /// To be called before anything else is printed.
  void clear();

private:
  llvm::raw_ostream &os;
  std::string tool;
  bool isShown = false;
  std::optional<std::chrono::steady_clock::time_point> last;
};

} // namespace deit

#endif // DEIT_SUPPORT_PROGRESS_H
