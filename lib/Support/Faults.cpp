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
[[noreturn]] static void exitWith(const char *message) {
  if (isatty(STDERR_FILENO))
    print("\n"); // leaves the line of progress
  print(toolName);
  print(": error: ");
  print(message);
  print("\n");
  llvm::sys::RunInterruptHandlers(); // removes unfinished files
  _exit(1);
}

[[noreturn]] static void exitWithoutMemory() {
  exitWith("there is not enough memory; free some, raise the limit, or take a "
           "smaller model or fewer images");
}

void deit::handleFaults(const char *tool) {
  toolName = tool;
  // LLVM's own containers take malloc, everything else new.
  llvm::remove_bad_alloc_error_handler();
  llvm::install_bad_alloc_error_handler(
      [](void *, const char *, bool) { exitWithoutMemory(); });
  // Such as that no thread can be started.
  llvm::remove_fatal_error_handler();
  llvm::install_fatal_error_handler(
      [](void *, const char *reason, bool) { exitWith(reason); });
  std::set_new_handler(exitWithoutMemory);
  std::signal(SIGXFSZ, SIG_IGN);
}

deit::InterruptsWait::InterruptsWait() {
  sigset_t interrupts;
  sigemptyset(&interrupts);
  for (int number : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&interrupts, number);
  pthread_sigmask(SIG_BLOCK, &interrupts, &before);
}

deit::InterruptsWait::~InterruptsWait() {
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}
