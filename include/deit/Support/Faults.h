// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a tool does when the system refuses it something.

#ifndef DEIT_SUPPORT_FAULTS_H
#define DEIT_SUPPORT_FAULTS_H

#include <csignal>

namespace deit {

/// For the `main` of `tool`, a literal: from now on a process that runs out of
/// memory, or finds that LLVM cannot go on, removes its unfinished files, says
/// so in one line and exits with 1; and a limit on the size of files is an
/// error of writing as a full disk is, not a signal. Comes after
/// llvm::InitLLVM, which has another mind.
void handleFaults(const char *tool);

/// While it lives, interrupts wait: a file that is made can be put on the list
/// of those that an interrupt removes.
class InterruptsWait {
public:
  InterruptsWait();
  ~InterruptsWait();
  InterruptsWait(const InterruptsWait &) = delete;
  InterruptsWait &operator=(const InterruptsWait &) = delete;

private:
  sigset_t before;
};

} // namespace deit

#endif // DEIT_SUPPORT_FAULTS_H
