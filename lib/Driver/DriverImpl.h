// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One run of the driver: a module on its way down.

#ifndef DEIT_LIB_DRIVER_DRIVERIMPL_H
#define DEIT_LIB_DRIVER_DRIVERIMPL_H

#include "Bundle.h"
#include "deit/Codegen/Target.h"
#include "deit/Driver/Session.h"
#include "deit/Recipe/Recipe.h"

namespace deit {

class Driver {
public:
  Driver(MLIRContext &context, const DriverOptions &options)
      : session{context, options}, options(options) {}
  /// All that the options ask for.
  Error run();
  /// The same from `input` on, which has been read already.
  Error run(OwningOpRef<ModuleOp> input, Level inputLevel);
  /// Reads the input and hands it out.
  Expected<OwningOpRef<ModuleOp>> readInput(Level &found);

private:
  Session session;
  const DriverOptions &options;
  OwningOpRef<ModuleOp> module;
  Level level = Level::Float;
  TargetList targets;

  Error checkOptions();
  Error checkQuantization(Level goal);
  Error read();
  Error lower(StringRef stage,
              llvm::function_ref<void(OpPassManager &)> populate) {
    return session.lower(*module, stage, populate);
  }
  Error setBatch(Level goal);
  Error lowerTo(Level goal);
  Error quantize();
  Expected<std::string> container();
  Error writeContainer();
  Error checkPrograms();
  Error writeCode();
  Error write();
  BundleFacts bundleFacts(uint64_t containerBytes);
  std::string modelName();
  void tell(const Twine &message) { session.tell(message); }
};

} // namespace deit

#endif // DEIT_LIB_DRIVER_DRIVERIMPL_H
