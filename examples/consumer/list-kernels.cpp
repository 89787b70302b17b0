// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lowers a quantized model to integers and lists the kernels that come of it:
// the smallest program around the compiler's libraries.
//
// usage: list-kernels MODEL.q.mlirbc

#include "deit/Dialect/Fxp/IR/FxpOps.h"
#include "deit/Pipelines/Pipelines.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/ModuleIO.h"
#include "mlir/IR/MLIRContext.h"

using namespace deit;

static Error listKernels(StringRef path) {
  // The context knows the dialects of every level.
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  auto bytes = readFile(path);
  if (!bytes)
    return bytes.takeError();
  auto module = parseModule(context, path, std::move(*bytes));
  if (!module)
    return module.takeError();

  // The pipeline that deit-compile runs and deit-opt calls deit-to-fxp.
  PassManager pm(&context, ModuleOp::getOperationName());
  populateFxpPipeline(pm);
  if (failed(pm.run(**module)))
    return makeError(path + ": cannot be converted; --emit=quant of "
                            "deit-compile writes what can");
  (*module)->walk(
      [](fxp::KernelOp kernel) { llvm::outs() << kernel.getLoc() << '\n'; });
  return Error::success();
}

int main(int argc, char **argv) {
  if (argc != 2)
    return reportError(
        llvm::errs(), "list-kernels",
        makeError("one quantized model is needed, MODEL.q.mlirbc"));
  return reportError(llvm::errs(), "list-kernels", listKernels(argv[1]));
}
