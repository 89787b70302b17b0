// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-opt: any pass or pipeline on any level of IR, like mlir-opt.

#include "deit/Pipelines/Pipelines.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"

int main(int argc, char **argv) {
  llvm::cl::SetVersionPrinter(
      [](llvm::raw_ostream &os) { os << "deit-opt " DEIT_VERSION "\n"; });
  mlir::DialectRegistry registry;
  deit::registerDialects(registry);
  deit::registerPassesAndPipelines();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "DeiT-MLIR optimizer driver\n", registry));
}
