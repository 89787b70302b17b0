// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-lsp-server: diagnostics, hover and navigation for the project's MLIR in
// any editor that speaks the Language Server Protocol.

#include "deit/Pipelines/Pipelines.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "llvm/Support/CommandLine.h"

int main(int argc, char **argv) {
  llvm::cl::SetVersionPrinter([](llvm::raw_ostream &os) {
    os << "deit-lsp-server " DEIT_VERSION "\n";
  });
  mlir::DialectRegistry registry;
  deit::registerDialects(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
