// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the importer's front door.

#include "importer/Import.h"

#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Support/FileIO.h"
#include "importer/ExportedProgram.h"
#include "importer/ResNet.h"
#include "importer/ViTBuilder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Path.h"

namespace deit::importer {

/// What to call the model: as the option says, as the file says, or as the
/// file is called.
static std::string chooseName(const ImportOptions &options, StringRef fromFile,
                              StringRef path) {
  if (options.name)
    return *options.name;
  return fromFile.empty() ? llvm::sys::path::stem(path).str() : fromFile.str();
}

/// Builds whichever model `checkpoint` holds.
static Expected<OwningOpRef<ModuleOp>>
buildModel(MLIRContext &context, StringRef path, const Checkpoint &checkpoint,
           const ImportOptions &options) {
  if (isResNet(checkpoint))
    return buildResNet(context, chooseName(options, "", path), checkpoint,
                       options);
  auto vit = recognizeViT(checkpoint, options);
  if (!vit)
    return vit.takeError();
  return buildViT(context, chooseName(options, vit->name, path), checkpoint,
                  *vit);
}

/// Reads the checkpoint `path` and builds what it holds.
static Expected<OwningOpRef<ModuleOp>>
importTensors(MLIRContext &context, StringRef path,
              const ImportOptions &options) {
  auto checkpoint = readCheckpoint(path);
  if (!checkpoint)
    return checkpoint.takeError();
  if (options.note)
    for (const std::string &note : checkpoint->notes)
      options.note(note);
  auto module = buildModel(context, path, *checkpoint, options);
  if (!module)
    return prefixError(path + ": ", module.takeError());
  return module;
}

/// Says in `module` how its images are resized, where that is not usual.
static void setResizing(ModuleOp module, bool bilinear) {
  if (!bilinear)
    return;
  for (auto function : module.getOps<func::FuncOp>())
    function->setAttr(kResizeAttr,
                      StringAttr::get(module.getContext(), "bilinear"));
}

Expected<OwningOpRef<ModuleOp>> importCheckpoint(MLIRContext &context,
                                                 StringRef path,
                                                 const ImportOptions &options) {
  context.loadDialect<DeiTDialect, func::FuncDialect>();
  bool exported = isExportedProgram(path);
  auto module =
      exported ? importExportedProgram(context, path,
                                       chooseName(options, "", path), options)
               : importTensors(context, path, options);
  if (module)
    setResizing(**module, options.bilinear.value_or(exported));
  return module;
}

} // namespace deit::importer
