// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the importer's front door.

#include "importer/Import.h"

#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Support/FileIO.h"
#include "importer/ViTBuilder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Path.h"

namespace deit::importer {

/// What to call the model: as the option says, as the file says, or as the
/// file is called.
static std::string chooseName(const ImportOptions &options, const ViT &vit,
                              StringRef path) {
  if (options.name)
    return *options.name;
  return vit.name.empty() ? llvm::sys::path::stem(path).str() : vit.name;
}

Expected<OwningOpRef<ModuleOp>> importCheckpoint(MLIRContext &context,
                                                 StringRef path,
                                                 const ImportOptions &options) {
  context.loadDialect<DeiTDialect, func::FuncDialect>();
  auto checkpoint = readCheckpoint(path);
  if (!checkpoint)
    return checkpoint.takeError();
  if (options.note)
    for (const std::string &note : checkpoint->notes)
      options.note(note);
  auto vit = recognizeViT(*checkpoint, options);
  if (!vit)
    return prefixError(path + ": ", vit.takeError());
  auto module =
      buildViT(context, chooseName(options, *vit, path), *checkpoint, *vit);
  if (!module)
    return prefixError(path + ": ", module.takeError());
  return module;
}

} // namespace deit::importer
