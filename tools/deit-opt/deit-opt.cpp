// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-opt: any pass or pipeline on any level of IR, like mlir-opt.

#include "Help.h"
#include "deit/Pipelines/Pipelines.h"
#include "deit/Support/Faults.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/ModuleIO.h"
#include "deit/Support/PassStatistics.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Process.h"

using namespace deit;

/// Reads `input` and writes what becomes of it to `output`, whole or not at
/// all. What fails in between has been reported by diagnostics.
static int run(StringRef input, StringRef output, DialectRegistry &registry,
               const MlirOptMainConfig &config) {
  if (input == "-" && llvm::sys::Process::StandardInIsUserInput())
    llvm::errs() << "deit-opt: reading from the terminal; Ctrl-D ends, Ctrl-C "
                    "gives up\n";
  auto contents = readFile(input);
  if (!contents)
    return reportError(llvm::errs(), "deit-opt", contents.takeError());
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.allowUnregisteredDialects(config.shouldAllowUnregisteredDialects());
  if (Error error = checkParsable(context, input, (*contents)->getBuffer()))
    return reportError(llvm::errs(), "deit-opt", std::move(error));
  bool diagnosed = false;
  Error error = writeFile(output, [&](llvm::raw_ostream &os) {
    diagnosed = failed(MlirOptMain(os, std::move(*contents), registry, config));
    return diagnosed ? makeError("see the diagnostics") : Error::success();
  });
  if (!diagnosed)
    return reportError(llvm::errs(), "deit-opt", std::move(error));
  llvm::consumeError(std::move(error));
  return 1;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  handleFaults("deit-opt");
  llvm::cl::SetVersionPrinter(
      [](llvm::raw_ostream &os) { os << "deit-opt " DEIT_VERSION "\n"; });
  DialectRegistry registry;
  registerDialects(registry);
  registerPassesAndPipelines();
  registerCLIOptions("deit-opt", registry);
  arrangeOptions();
  if (wantsHelp(ArrayRef(argv + 1, argc - 1)))
    printHelp(); // and of the options what follows
  auto [input, output] = parseCLIOptions(argc, argv, "");
  MlirOptMainConfig config = MlirOptMainConfig::createFromCLOptions();
  if (config.shouldShowDialects() || config.shouldListPasses())
    return failed(MlirOptMain(argc, argv, input, output, registry));
  enablePassStatistics();
  int code = run(input, output, registry, config);
  printPassStatistics(llvm::errs());
  return code;
}
