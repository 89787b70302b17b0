// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// convert-fxp-to-loops: the fused integer network as a program of kernels.

#include "NetworkConverter.h"
#include "deit/Conversion/Passes.h"
#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/Statistic.h"

namespace deit {
#define GEN_PASS_DEF_CONVERTFXPTOLOOPSPASS
#include "deit/Conversion/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "convert-fxp-to-loops"
ALWAYS_ENABLED_STATISTIC(numKernels, "Functions generated");

/// ".x86_64_v3": a symbol with a dash in it would need quotes.
static std::string symbolSuffix(const Target &target) {
  std::string suffix = "." + target.name.str();
  llvm::replace(suffix, '-', '_');
  return suffix;
}

namespace {
struct ConvertFxpToLoopsPass
    : deit::impl::ConvertFxpToLoopsPassBase<ConvertFxpToLoopsPass> {
  using ConvertFxpToLoopsPassBase::ConvertFxpToLoopsPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    Expected<TargetList> found = lookupTargets(target);
    if (!found) {
      module.emitError() << llvm::toString(found.takeError());
      return signalPassFailure();
    }
    auto function = module.lookupSymbol<func::FuncOp>("forward");
    if (!function || function.isExternal()) {
      module.emitError("expected a function @forward with a body");
      return signalPassFailure();
    }
    for (const Target *each : *found) {
      ProgramBuilder program(module, *each,
                             found->size() > 1 ? symbolSuffix(*each) : "");
      if (failed(NetworkConverter(function, program).convert()))
        return signalPassFailure();
    }
    numKernels += llvm::range_size(module.getOps<func::FuncOp>()) - 1;
    if (Attribute filter = function->getAttr(kResizeAttr))
      for (auto program : module.getOps<fxp::ProgramOp>())
        program->setAttr(kResizeAttr, filter);
    function.erase();
  }
};
} // namespace
