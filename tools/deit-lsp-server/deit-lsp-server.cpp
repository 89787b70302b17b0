// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-lsp-server: diagnostics, hover and navigation for the project's MLIR in
// any editor that speaks the Language Server Protocol.

#include "deit/Pipelines/Pipelines.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "llvm/Support/CommandLine.h"

/// Options of LLVM's libraries are of no use to an editor. The server registers
/// its own later.
static void hideForeignOptions() {
  for (auto &[name, option] : llvm::cl::getRegisteredOptions())
    if (name != "help" && name != "help-hidden" && name != "version")
      option->setHiddenFlag(llvm::cl::Hidden);
}

int main(int argc, char **argv) {
  llvm::cl::SetVersionPrinter([](llvm::raw_ostream &os) {
    os << "deit-lsp-server " DEIT_VERSION "\n";
  });
  hideForeignOptions();
  mlir::DialectRegistry registry;
  deit::registerDialects(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
