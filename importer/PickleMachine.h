// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads Python pickles as plain data: a stack machine that executes nothing.

#ifndef DEIT_IMPORTER_PICKLEMACHINE_H
#define DEIT_IMPORTER_PICKLEMACHINE_H

#include "importer/Datum.h"

#include "llvm/Support/Error.h"

namespace deit::importer {

/// Bounds on what a pickle may make of its few bytes. The defaults leave a
/// hundredfold room over the checkpoints that exist.
struct PickleLimits {
  size_t maxBytes = size_t(64) << 20;
  size_t maxData = size_t(1) << 21;
  size_t maxStack = size_t(1) << 21;
};

/// Reads the one pickle that `bytes` begins with, of protocol 0 to 5. Its
/// texts point into `bytes`. If `consumed` is given it receives the pickle's
/// length, otherwise bytes after the pickle are an error. An error names the
/// opcode and its offset.
///
/// The callables that pickles name are recorded, not looked up or called: see
/// Datum. Use `checkCalls` to find the pickles that would have done harm.
llvm::Expected<Pickle> readPickle(llvm::StringRef bytes,
                                  const PickleLimits &limits = {},
                                  size_t *consumed = nullptr);

/// An error if `pickle` calls, anywhere, what no checkpoint has reason to call
/// (only classes and functions of torch, timm and numpy, a few of Python's own
/// containers and members of enumerations are expected). It names the callable
/// and the offset.
llvm::Error checkCalls(const Pickle &pickle);

} // namespace deit::importer

#endif // DEIT_IMPORTER_PICKLEMACHINE_H
