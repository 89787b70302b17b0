// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fuzz targets: from a checkpoint's file to IR. One program for each format,
// told apart by DEIT_FUZZ_REPAIR, what is made right again after a mutation.

#include "Fuzz.h"
#include "importer/Import.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"

#include "llvm/Support/Endian.h"

using namespace deit;

[[maybe_unused]] static void repairLegacy(std::string &) {}

/// The header's length: it ends at the last brace.
[[maybe_unused]] static void repairSafetensors(std::string &bytes) {
  size_t end = bytes.rfind('}');
  if (end != std::string::npos && end > 8)
    llvm::support::endian::write64le(bytes.data(), end - 7);
}

[[maybe_unused]] static void repairArchive(std::string &bytes) {
  fuzz::repairArchive(bytes);
}

static void run(StringRef bytes) {
  // A context takes longer to make than a small file to read, and keeps all
  // that was ever made in it.
  static std::unique_ptr<MLIRContext> context;
  static unsigned runs = 0;
  if (runs++ % 256 == 0)
    context = std::make_unique<MLIRContext>(MLIRContext::Threading::DISABLED);
  ScopedDiagnosticHandler quiet(context.get(), [](Diagnostic &) {});
  importer::ImportOptions options;
  options.note = [](StringRef note) {
    fuzz::check(!note.empty(), "a note that says something");
  };
  auto module =
      importer::importCheckpoint(*context, fuzz::fileOf(bytes), options);
  if (!module)
    return fuzz::expectMessage(module.takeError());
  fuzz::check(succeeded(verify(**module)), "valid IR");
}

const fuzz::Target fuzz::target = {run, DEIT_FUZZ_REPAIR};
