// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What every part of the driver works with: context, options, and how passes
// are run.

#ifndef DEIT_DRIVER_SESSION_H
#define DEIT_DRIVER_SESSION_H

#include "deit/Driver/Driver.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace deit {

struct Session {
  MLIRContext &context;
  const DriverOptions &options;

  /// Runs passes on `module`; their first complaint is the error.
  Error lower(ModuleOp module, StringRef stage,
              llvm::function_ref<void(OpPassManager &)> populate) const;

  void tell(const Twine &message) const {
    if (options.progress)
      options.progress(message.str());
  }
  void note(const Twine &message) const {
    if (options.note)
      options.note(message.str());
  }
};

/// The function of images that `module`, in which levelOf has found a level,
/// holds.
inline func::FuncOp forwardOf(ModuleOp module) {
  return module.lookupSymbol<func::FuncOp>("forward");
}

} // namespace deit

#endif // DEIT_DRIVER_SESSION_H
