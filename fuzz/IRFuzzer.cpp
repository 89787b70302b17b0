// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fuzz target: MLIR as text, through parser and verifiers, all conversions and
// the interpreter. A module fails in one of them with a message, or what comes
// out of it is valid.

#include "Fuzz.h"
#include "TextMutator.h"
#include "deit/Conversion/Passes.h"
#include "deit/Dialect/DeiT/Transforms/Passes.h"
#include "deit/Dialect/Fxp/Transforms/Passes.h"
#include "deit/Pipelines/Pipelines.h"
#include "deit/Reference/FxpInterpreter.h"
#include "mlir/Parser/Parser.h"

#include "llvm/Support/CRC.h"

using namespace deit;

/// Larger shapes take time and find nothing.
static constexpr int64_t kMostInARun = 1 << 14;

static bool isSmall(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  if (!shaped || !shaped.hasStaticShape())
    return true;
  int64_t count = 1;
  for (int64_t size : shaped.getShape())
    if (llvm::MulOverflow(count, size, count) || count > kMostInARun)
      return false;
  return true;
}

static bool isSmall(ModuleOp module) {
  WalkResult result = module.walk([](Operation *op) {
    bool small = llvm::all_of(op->getResultTypes(),
                              [](Type type) { return isSmall(type); });
    for (Region &region : op->getRegions())
      for (Block &block : region)
        small &= llvm::all_of(block.getArgumentTypes(),
                              [](Type type) { return isSmall(type); });
    return small ? WalkResult::advance() : WalkResult::interrupt();
  });
  return !result.wasInterrupted();
}

/// Arguments of every value that fits.
static std::optional<IntegerTensor> argument(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() ||
      !tensor.getElementType().isInteger(8))
    return std::nullopt;
  IntegerTensor result;
  result.shape.assign(tensor.getShape().begin(), tensor.getShape().end());
  result.values.resize(tensor.getNumElements());
  bool isUnsigned = tensor.getElementType().isUnsignedInteger();
  for (auto [i, value] : llvm::enumerate(result.values))
    value = i * 89 % 256 - (isUnsigned ? 0 : 128);
  return result;
}

static void interpret(func::FuncOp function) {
  std::vector<IntegerTensor> arguments;
  for (Type type : function.getArgumentTypes()) {
    std::optional<IntegerTensor> value = argument(type);
    if (!value)
      return;
    arguments.push_back(std::move(*value));
  }
  auto interpreter = FxpInterpreter::create(function);
  if (!interpreter)
    return fuzz::expectMessage(interpreter.takeError());
  auto results = (*interpreter)->run(arguments);
  if (!results)
    return fuzz::expectMessage(results.takeError());
  fuzz::check(results->size() == function.getNumResults(), "all results");
}

/// Numbers that every input has for itself.
static uint32_t hash(StringRef bytes) {
  return llvm::crc32({bytes.bytes_begin(), bytes.size()});
}

static std::string chooseTarget(uint32_t hash) {
  static constexpr const char *kTargets[] = {"x86-64-avx512vnni", "x86-64-v3",
                                             "rpi5", "rpi4"};
  return kTargets[hash % 4];
}

/// The steps from one level of IR to the next, in order.
enum Step { Prepare, Quantize, Convert, Fuse, Lower, Finish, Steps };

static void populate(OpPassManager &pm, unsigned step, uint32_t hash) {
  CodegenOptions options;
  options.target = chooseTarget(hash);
  switch (step) {
  case Prepare:
    return populatePreparePipeline(pm);
  case Quantize:
    return pm.nest<func::FuncOp>().addPass(createQuantizePass());
  case Convert:
    return pm.nest<func::FuncOp>().addPass(createConvertDeiTToFxpPass());
  case Fuse:
    return pm.nest<func::FuncOp>().addPass(createFuseKernelsPass());
  case Lower:
    return populateLoopsPipeline(pm, options);
  default:
    return populateLoopsToLLVMPipeline(pm, options);
  }
}

/// The step that a module of its level comes to next.
static unsigned nextStep(ModuleOp module) {
  unsigned next = Prepare;
  module.walk([&](Operation *op) {
    if (isa<fxp::ProgramOp>(op))
      next = Finish;
    else if (next < Lower && isa<fxp::KernelOp>(op))
      next = Lower;
    else if (next < Fuse && isa_and_nonnull<fxp::FxpDialect>(op->getDialect()))
      next = Fuse;
    for (Type type : op->getResultTypes())
      if (next < Convert &&
          isa<quant::QuantizedType>(getElementTypeOrSelf(type)))
        next = Convert;
  });
  return next;
}

/// Takes a module the steps from `first` on, as far as it gets.
static void lower(ModuleOp original, unsigned first, uint32_t hash,
                  const bool &hasMessage) {
  OwningOpRef<ModuleOp> module(original.clone());
  for (unsigned step = first; step < Steps; ++step) {
    if (step == Lower)
      for (auto function : module->getOps<func::FuncOp>())
        if (!function.isExternal())
          interpret(function);
    PassManager pm(module->getContext());
    populate(pm, step, hash);
    if (failed(pm.run(*module)))
      return fuzz::check(hasMessage, "a message from the pass that failed");
  }
}

static void runIn(MLIRContext &context, StringRef bytes) {
  bool hasMessage = false;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    hasMessage |= diagnostic.getSeverity() == DiagnosticSeverity::Error &&
                  !diagnostic.str().empty();
  });
  auto module = parseSourceString<ModuleOp>(bytes, &context);
  if (!module || !isSmall(*module))
    return fuzz::check(module || hasMessage || bytes.empty(),
                       "a message from the parser");
  uint32_t number = hash(bytes);
  lower(*module, nextStep(*module), number, hasMessage);
  hasMessage = false;
  // Whoever calls passes by hand may begin anywhere.
  lower(*module, number % Steps, number, hasMessage);
}

static void run(StringRef bytes) {
  // A context keeps all that was ever parsed in it.
  static std::unique_ptr<MLIRContext> context;
  static unsigned runs = 0;
  if (runs++ % 512 == 0) {
    DialectRegistry registry;
    registerDialects(registry);
    context = std::make_unique<MLIRContext>(registry,
                                            MLIRContext::Threading::DISABLED);
    context->loadAllAvailableDialects();
  }
  runIn(*context, bytes);
}

const fuzz::Target fuzz::target = {run, nullptr, fuzz::mutateText};
