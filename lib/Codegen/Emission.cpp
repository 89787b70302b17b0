// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the LLVM dialect to LLVM IR, assembly and objects.

#include "deit/Codegen/Emission.h"
#include "deit/Support/FileIO.h"
#include "deit_abi.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Triple.h"

using namespace deit;

static void initializeTargets() {
  static bool once = [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    return true;
  }();
  (void)once;
}

/// A machine of the target's architecture; each kernel names its own CPU.
static Expected<std::unique_ptr<llvm::TargetMachine>>
makeMachine(const Target &target) {
  initializeTargets();
  llvm::Triple triple(target.triple);
  std::string error;
  const llvm::Target *found = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!found)
    return makeError("this LLVM cannot generate code for " + target.name +
                     ": " + error);
  llvm::TargetOptions options;
  options.FunctionSections = true;
  return std::unique_ptr<llvm::TargetMachine>(found->createTargetMachine(
      triple, "", "", options, llvm::Reloc::PIC_, std::nullopt,
      llvm::CodeGenOptLevel::Aggressive));
}

/// Kernels are internal and lie in one section, whose size is the code's;
/// only the list of programs is visible, and to this library alone.
static void setLinkage(llvm::Module &module) {
  for (llvm::Function &function : module)
    if (!function.isDeclaration()) {
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
      function.setSection(DEIT_CODE_SECTION);
      function.addFnAttr(llvm::Attribute::NoUnwind);
      // 512-bit vectors wherever the code has them.
      function.addFnAttr("prefer-vector-width", "512");
      function.addFnAttr("min-legal-vector-width", "512");
    }
  if (llvm::GlobalVariable *programs = module.getNamedGlobal("deit_programs"))
    programs->setVisibility(llvm::GlobalValue::HiddenVisibility);
  if (llvm::GlobalVariable *container = module.getNamedGlobal("deit_container"))
    container->setVisibility(llvm::GlobalValue::HiddenVisibility);
}

static Error embedContainer(llvm::Module &module, StringRef container) {
  llvm::GlobalVariable *global = module.getNamedGlobal("deit_container");
  if (!global)
    return makeError("the program refers to no container");
  auto *type = llvm::cast<llvm::ArrayType>(global->getValueType());
  if (type->getNumElements() != container.size())
    return makeError("the container has " + Twine(container.size()) +
                     " bytes, the program expects " +
                     Twine(type->getNumElements()));
  global->setInitializer(llvm::ConstantDataArray::getRaw(
      container, container.size(), type->getElementType()));
  global->setSection(".deit_container");
  global->setAlignment(llvm::Align(64));
  return Error::success();
}

Expected<std::string> deit::emitCode(ModuleOp module, const Target &target,
                                     CodeKind kind, StringRef container) {
  auto machine = makeMachine(target);
  if (!machine)
    return machine.takeError();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code =
      translateModuleToLLVMIR(module, context, "deit_model");
  if (!code)
    return makeError("the LLVM dialect cannot be translated");
  code->setTargetTriple((*machine)->getTargetTriple());
  code->setDataLayout((*machine)->createDataLayout());
  setLinkage(*code);
  auto optimize = mlir::makeOptimizingTransformer(3, 0, machine->get());
  if (Error error = optimize(code.get()))
    return std::move(error);
  if (kind == CodeKind::Object)
    if (Error error = embedContainer(*code, container))
      return std::move(error);

  SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream os(bytes);
  if (kind == CodeKind::LLVM) {
    code->print(os, nullptr);
  } else {
    llvm::legacy::PassManager passes;
    auto fileType = kind == CodeKind::Object
                        ? llvm::CodeGenFileType::ObjectFile
                        : llvm::CodeGenFileType::AssemblyFile;
    if ((*machine)->addPassesToEmitFile(passes, os, nullptr, fileType))
      return makeError("this LLVM cannot write code for " + target.name);
    passes.run(*code);
  }
  return std::string(bytes.begin(), bytes.end());
}
