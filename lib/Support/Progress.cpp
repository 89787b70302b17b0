// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How far long work has come.

#include "deit/Support/Progress.h"
#include "llvm/Support/FormatVariadic.h"

using namespace deit;
using Clock = std::chrono::steady_clock;

// Passes run on the thread of whoever started them, or on threads that nobody
// listens to.
static thread_local ProgressSink *listener = nullptr;
static thread_local Progress *innermost = nullptr;

Progress::Progress(llvm::StringRef stage, int64_t total)
    : stage(stage.str()), total(total), start(Clock::now()), outer(innermost) {
  innermost = this;
  advance(0);
}

Progress::~Progress() {
  innermost = outer;
  if (outer)
    outer->advance(0);
  else if (listener)
    (*listener)("");
}

std::string Progress::describe() const {
  std::string text =
      llvm::formatv("{0}, {1} of {2}", stage, std::min(done + 1, total), total)
          .str();
  if (done == 0 || done >= total)
    return text;
  std::chrono::duration<double> passed = Clock::now() - start;
  auto left = static_cast<int64_t>(passed.count() / done * (total - done));
  return text + llvm::formatv(", {0}:{1,0+2} left", left / 60, left % 60).str();
}

void Progress::advance(int64_t steps) {
  done += steps;
  if (!listener)
    return;
  std::string text;
  for (const Progress *each = this; each; each = each->outer)
    text = each->describe() + (text.empty() ? "" : "; " + text);
  (*listener)(text);
}

ScopedProgressSink::ScopedProgressSink(ProgressSink sink)
    : sink(std::move(sink)), previous(listener) {
  listener = &this->sink;
}

ScopedProgressSink::~ScopedProgressSink() { listener = previous; }

void ProgressLine::show(llvm::StringRef text) {
  if (text.empty())
    return clear();
  Clock::time_point now = Clock::now();
  if (last && now - *last < std::chrono::milliseconds(200))
    return;
  last = now;
  isShown = true;
  os << '\r' << tool << ": " << text << "\033[K";
  os.flush();
}

void ProgressLine::clear() {
  if (!isShown)
    return;
  os << "\r\033[K";
  os.flush();
  isShown = false;
  last.reset();
}
