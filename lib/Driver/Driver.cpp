// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler driver: from a checkpoint or any level of IR to any level.

#include "DriverImpl.h"
#include "Sweep.h"
#include "deit/Codegen/Container.h"
#include "deit/Codegen/Emission.h"
#include "deit/Codegen/Target.h"
#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Dialect/Fxp/IR/FxpOps.h"
#include "deit/Dialect/Fxp/Transforms/Passes.h"
#include "deit/Driver/Quantizer.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/ModuleIO.h"
#include "importer/Import.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

using namespace deit;

Expected<Level> deit::levelOf(ModuleOp module) {
  if (!module.getOps<fxp::ProgramOp>().empty())
    return Level::Program;
  auto forward = module.lookupSymbol<func::FuncOp>("forward");
  if (!forward)
    return makeError("the module has no function @forward; it holds no model");
  Level level = Level::Float;
  forward.walk([&](Operation *op) {
    if (isa_and_nonnull<fxp::FxpDialect>(op->getDialect()))
      level = Level::Integer;
    else if (level == Level::Float &&
             llvm::any_of(op->getResultTypes(), [](Type type) {
               return isa<quant::QuantizedType>(getElementTypeOrSelf(type));
             }))
      level = Level::Quantized;
  });
  return level;
}

/// The level of IR that `emit` starts from.
static Level levelFor(Emit emit) {
  switch (emit) {
  case Emit::DeiT:
    return Level::Float;
  case Emit::Quant:
    return Level::Quantized;
  case Emit::Fxp:
    return Level::Integer;
  default:
    return Level::Program;
  }
}

/// Everything that can be refused before work begins.
Error Driver::checkOptions() {
  Expected<TargetList> found = lookupTargets(options.target);
  if (!found)
    return found.takeError();
  targets = std::move(*found);
  if (options.output.empty())
    return makeError("no output; name a file with -o");
  if (!options.data.empty() || options.limit)
    return makeError("--data and --limit are of --sweep; deit-eval measures a "
                     "model");
  if (options.samples == 0)
    return makeError("--samples must be at least 1");
  if (options.batch && !(*options.batch >= 1 && *options.batch <= 1024))
    return makeError("--batch expected images from 1 to 1024, found " +
                     Twine(*options.batch));
  if (options.batch && levelFor(options.emit) < Level::Integer)
    return makeError("--batch is of integer networks and of what is compiled "
                     "from them; leave it out here");
  if (Expected<Plan> plan = makePlan(options); !plan)
    return plan.takeError();
  bool isText = options.emit <= Emit::Assembly || options.emit == Emit::Header;
  if (options.output == "-" && !isText)
    return makeError("standard output takes text only; name a file with -o");
  return Error::success();
}

Error Driver::read() {
  Expected<std::unique_ptr<llvm::MemoryBuffer>> bytes = readFile(options.input);
  if (!bytes)
    return bytes.takeError();
  StringRef name = options.input;
  bool isModule = isBytecode((*bytes)->getBuffer()) || name == "-" ||
                  name.ends_with(".mlir") || name.ends_with(".mlirbc");
  auto loaded = isModule ? parseModule(session.context, name, std::move(*bytes))
                         : importer::importCheckpoint(session.context, name,
                                                      options.import);
  if (!loaded)
    return loaded.takeError();
  module = std::move(*loaded);
  Expected<Level> found = levelOf(*module);
  if (!found)
    return prefixError(name + ": ", found.takeError());
  level = *found;
  return Error::success();
}

std::string Driver::modelName() {
  if (std::optional<StringRef> name = module->getSymName())
    return name->str();
  return llvm::sys::path::stem(options.input).str();
}

Error Session::lower(ModuleOp module, StringRef stage,
                     llvm::function_ref<void(OpPassManager &)> populate) const {
  tell(stage);
  PassManager pm(&context, ModuleOp::getOperationName());
  if (options.configure && failed(options.configure(pm)))
    return makeError("the pass manager's options cannot be applied");
  populate(pm);
  // A pass's first complaint is the error; what follows from it is not said.
  std::string complaint;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
      return failure();
    if (complaint.empty())
      complaint = describe(diagnostic, options.input);
    return success();
  });
  if (failed(pm.run(module)))
    return makeError(complaint.empty()
                         ? options.input + ": " + stage.str() + " failed"
                         : complaint);
  return Error::success();
}

/// The model as small as `plan` says.
static Expected<Found> quantizeBy(const Plan &plan,
                                  const Quantizer &quantizer) {
  if (plan.sizeBudget)
    return fitSize(quantizer, *plan.sizeBudget);
  if (plan.maxDrop)
    return fitDrop(quantizer, *plan.maxDrop);
  return quantizer.at(plan.weightBits.value_or(8));
}

Error Driver::quantize() {
  Expected<Plan> plan = makePlan(options);
  if (!plan)
    return plan.takeError();
  Expected<Quantizer> quantizer =
      Quantizer::create(session, *plan, std::move(module));
  if (!quantizer)
    return quantizer.takeError();
  Expected<Found> found = quantizeBy(*plan, *quantizer);
  if (!found)
    return found.takeError();
  if (plan->sizeBudget || plan->maxDrop)
    session.note(llvm::formatv("{0:f3} bits a weight: {1}", found->bits,
                               describeSize(found->bytes))
                     .str());
  module = std::move(found->module);
  return options.writeRecipe.empty()
             ? Error::success()
             : deit::writeRecipe(found->recipe, options.writeRecipe);
}

/// Only integer networks have a batch: what is calibrated is one image.
Error Driver::setBatch(Level goal) {
  if (level != Level::Integer)
    return makeError(goal < Level::Integer
                         ? "--batch is of integer networks and of what is "
                           "compiled from them; leave it out, and pass it when "
                           "this is compiled"
                         : options.input + ": the program is compiled "
                                           "already; --batch comes too late");
  SetBatchPassOptions batch;
  batch.images = *options.batch;
  return lower("setting the batch", [&](OpPassManager &pm) {
    pm.addPass(createSetBatchPass(batch));
  });
}

/// Options of quantizing are for where it happens.
Error Driver::checkQuantization(Level goal) {
  if (level == Level::Float && goal > Level::Float)
    return Error::success();
  bool isFile = options.recipe != "w8a8" && options.recipe != "naive";
  StringRef wrong = options.weightBits.value_or(8) < 8 ? "--weight-bits"
                    : options.sizeBudget               ? "--size-budget"
                    : options.maxDrop                  ? "--max-drop"
                    : !options.writeRecipe.empty()     ? "--write-recipe"
                    : isFile                           ? "--recipe"
                                                       : "";
  if (wrong.empty())
    return Error::success();
  return makeError(wrong + " is of quantizing a float model, which is not done "
                           "here; leave it out");
}

Error Driver::lowerTo(Level goal) {
  if (level > goal)
    return makeError(
        options.input +
        ": the module is already lowered beyond what is asked for");
  if (Error error = checkQuantization(goal))
    return error;
  if (level == Level::Float && goal > Level::Float) {
    if (Error error = quantize())
      return error;
    level = Level::Quantized;
  }
  if (level == Level::Quantized && goal > Level::Quantized) {
    if (Error error = lower("converting to integers", populateFxpPipeline))
      return error;
    level = Level::Integer;
  }
  if (options.batch)
    if (Error error = setBatch(goal))
      return error;
  if (level == Level::Integer && goal > Level::Integer) {
    CodegenOptions codegen;
    // "native" means the machine that compiles, not what the IR says.
    codegen.target =
        targets.size() > 1 ? options.target : targets.front()->name.str();
    codegen.name = modelName();
    if (Error error = lower("generating code", [&](OpPassManager &pm) {
          populateLoopsPipeline(pm, codegen);
        }))
      return error;
    level = Level::Program;
  }
  return Error::success();
}

static Error writeBytes(StringRef path, StringRef bytes) {
  return writeFile(path, [&](llvm::raw_ostream &os) {
    os << bytes;
    return Error::success();
  });
}

Expected<std::string> Driver::container() {
  auto program = *module->getOps<fxp::ProgramOp>().begin();
  Expected<std::string> bytes = makeContainer(collectConstants(program));
  if (!bytes)
    return prefixError(options.input + ": ", bytes.takeError());
  return bytes;
}

Error Driver::writeContainer() {
  Expected<std::string> bytes = container();
  if (!bytes)
    return bytes.takeError();
  return writeBytes(options.output, *bytes);
}

/// Are the module's programs those of the targets asked for, of one model?
Error Driver::checkPrograms() {
  SmallVector<StringRef> found, wanted;
  for (fxp::ProgramOp program : module->getOps<fxp::ProgramOp>())
    found.push_back(program.getTarget());
  for (const Target *target : targets)
    wanted.push_back(target->name);
  if (found != wanted)
    return makeError(options.input + ": the program is compiled for " +
                     llvm::join(found, ", ") + ", not for " +
                     llvm::join(wanted, ", "));
  auto valuesOf = [](fxp::ProgramOp program) {
    return llvm::map_to_vector(
        program.getBody().getOps<fxp::ConstantOp>(),
        [](fxp::ConstantOp constant) { return constant.getValue(); });
  };
  auto programs = module->getOps<fxp::ProgramOp>();
  for (fxp::ProgramOp program : programs)
    if (valuesOf(program) != valuesOf(*programs.begin()))
      return makeError(options.input + ": the programs for " + found.front() +
                       " and " + program.getTarget() +
                       " have different constants; compile both from one "
                       "model");
  return Error::success();
}

BundleFacts Driver::bundleFacts(uint64_t containerBytes) {
  auto programs = module->getOps<fxp::ProgramOp>();
  fxp::ProgramOp program = *programs.begin();
  SmallVector<StringRef> names;
  for (const Target *target : targets)
    names.push_back(target->name);
  return {modelName(),
          options.target,
          llvm::join(names, ", "),
          int64_t(program.getImageHeight()),
          int64_t(program.getImageWidth()),
          int64_t(program.getClasses()),
          containerBytes};
}

Error Driver::writeCode() {
  if (Error error = checkPrograms())
    return error;
  Expected<std::string> weights = container();
  if (!weights)
    return weights.takeError();
  BundleFacts facts = bundleFacts(weights->size());
  CodegenOptions codegen;
  codegen.target = options.target;
  codegen.name = modelName();
  codegen.containerBytes = weights->size();
  if (Error error = lower("lowering to LLVM", [&](OpPassManager &pm) {
        populateLoopsToLLVMPipeline(pm, codegen);
      }))
    return error;
  tell("optimizing for " + options.target);
  const Target &target = *targets.front();
  CodeKind kind = options.emit == Emit::LLVM       ? CodeKind::LLVM
                  : options.emit == Emit::Assembly ? CodeKind::Assembly
                                                   : CodeKind::Object;
  Expected<std::string> code = emitCode(*module, target, kind, *weights);
  if (!code)
    return code.takeError();
  if (options.emit < Emit::Shared)
    return writeBytes(options.output, *code);
  tell("linking");
  if (options.emit == Emit::Bundle) {
    Expected<std::string> bundle =
        makeBundle(*code, target, facts, options.toolFolder);
    return bundle ? writeBytes(options.output, *bundle) : bundle.takeError();
  }
  return linkProgram(*code, target,
                     options.emit == Emit::Shared ? LinkKind::SharedLibrary
                                                  : LinkKind::Evaluator,
                     options.output, options.toolFolder);
}

Error Driver::write() {
  switch (options.emit) {
  case Emit::DeiT:
  case Emit::Quant:
  case Emit::Fxp:
  case Emit::Loops:
    return writeModule(*module, options.output,
                       {/*text=*/false, options.elideWeights});
  case Emit::Container:
    return writeContainer();
  default:
    return writeCode();
  }
}

Error Driver::run() {
  if (Error error = checkOptions())
    return error;
  if (options.emit == Emit::Header)
    return writeBytes(options.output, modelHeader());
  if (Error error = read())
    return error;
  if (Error error = lowerTo(levelFor(options.emit)))
    return error;
  return write();
}

Error Driver::run(OwningOpRef<ModuleOp> input, Level inputLevel) {
  module = std::move(input);
  level = inputLevel;
  if (Error error = checkOptions())
    return error;
  if (Error error = lowerTo(levelFor(options.emit)))
    return error;
  return write();
}

Expected<OwningOpRef<ModuleOp>> Driver::readInput(Level &found) {
  if (Error error = read())
    return std::move(error);
  found = level;
  return std::move(module);
}

Expected<OwningOpRef<ModuleOp>> deit::readModel(MLIRContext &context,
                                                const DriverOptions &options,
                                                Level &found) {
  return Driver(context, options).readInput(found);
}

Error deit::runDriver(MLIRContext &context, const DriverOptions &options) {
  if (!options.sweep.empty())
    return runSweep({context, options});
  return Driver(context, options).run();
}
