// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Implements the tools' ends.

#include "deit/Support/Faults.h"

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Signals.h"

#include <csignal>
#include <cstring>
#include <new>
#include <unistd.h>

static const char *toolName;

static void print(const char *text) {
  ssize_t written = write(STDERR_FILENO, text, strlen(text));
  (void)written; // nothing is left to be done about it
}

/// Nothing here may ask for memory.
[[noreturn]] static void exitWithoutMemory() {
  if (isatty(STDERR_FILENO))
    print("\n"); // leaves the line of progress
  print(toolName);
  print(": error: there is not enough memory; free some, raise the limit, or "
        "take a smaller model or fewer images\n");
  llvm::sys::RunInterruptHandlers(); // removes unfinished files
  _exit(1);
}

void deit::handleFaults(const char *tool) {
  toolName = tool;
  // LLVM's own containers take malloc, everything else new.
  llvm::remove_bad_alloc_error_handler();
  llvm::install_bad_alloc_error_handler(
      [](void *, const char *, bool) { exitWithoutMemory(); });
  std::set_new_handler(exitWithoutMemory);
  std::signal(SIGXFSZ, SIG_IGN);
}
