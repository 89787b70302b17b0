// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model that is still MLIR, read and checked.

#include "ModuleFile.h"
#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Dialect/Fxp/IR/FxpOps.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/ModuleIO.h"
#include "llvm/ADT/StringExtras.h"

using namespace deit;

/// Whether `type` is images to one row of logits each.
static bool isClassifier(FunctionType type) {
  if (type.getNumInputs() != 1 || type.getNumResults() != 1)
    return false;
  auto image = dyn_cast<RankedTensorType>(type.getInput(0));
  auto logits = dyn_cast<RankedTensorType>(type.getResult(0));
  return image && image.hasStaticShape() && image.getRank() == 4 &&
         image.getDimSize(0) >= 1 && image.getDimSize(0) <= kMostImages &&
         image.getDimSize(3) == 3 &&
         image.getElementType().isUnsignedInteger(8) && logits &&
         logits.hasStaticShape() && logits.getRank() == 2 &&
         logits.getDimSize(0) == image.getDimSize(0);
}

static Expected<func::FuncOp> findForward(ModuleOp module) {
  auto forward = module.lookupSymbol<func::FuncOp>("forward");
  if (!forward || forward.isExternal())
    return makeError("has no function 'forward' with a body; expected a model "
                     "as deit-import or deit-compile writes it");
  FunctionType type = forward.getFunctionType();
  if (isClassifier(type))
    return forward;
  std::string found;
  llvm::raw_string_ostream(found) << type;
  return makeError("function 'forward': expected a function of N images, "
                   "tensor<NxHxWx3xui8>, to logits, tensor<NxC>, with N from 1 "
                   "to " +
                   Twine(kMostImages) + ", found " + found);
}

/// Whether `matches` holds for an operation of `function`.
static bool any(func::FuncOp function,
                llvm::function_ref<bool(Operation *)> matches) {
  return function
      .walk([&](Operation *op) {
        return matches(op) ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

std::string ModuleFile::classNames() {
  auto names = (*module)->getAttrOfType<ArrayAttr>(kClassNamesAttr);
  return names ? llvm::join(names.getAsValueRange<StringAttr>(), "\n") : "";
}

bool ModuleFile::isInteger() {
  return any(forward, [](Operation *op) {
    return isa_and_nonnull<fxp::FxpDialect>(op->getDialect());
  });
}

bool ModuleFile::isQuantized() {
  return any(forward, [](Operation *op) {
    return llvm::any_of(op->getResultTypes(), [](Type type) {
      return isa<quant::QuantizedType>(getElementTypeOrSelf(type));
    });
  });
}

Expected<ModuleFile>
deit::readModule(StringRef path, std::unique_ptr<llvm::MemoryBuffer> contents) {
  DialectRegistry registry;
  registry.insert<DeiTDialect, fxp::FxpDialect, quant::QuantDialect,
                  func::FuncDialect>();
  ModuleFile file;
  file.context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  auto module = parseModule(*file.context, path, std::move(contents));
  if (!module)
    return module.takeError();
  file.module = std::move(*module);
  auto forward = findForward(*file.module);
  if (!forward)
    return prefixError(path + ": ", forward.takeError());
  file.forward = *forward;
  return file;
}
