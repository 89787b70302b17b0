// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-compile: from a checkpoint or any level of IR to a program.

#include "deit/Codegen/Target.h"
#include "deit/Driver/Driver.h"
#include "deit/Recipe/Recipe.h"
#include "deit/Support/Faults.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/ModuleIO.h"
#include "deit/Support/PassStatistics.h"
#include "deit/Support/Progress.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/SourceMgr.h"

namespace cl = llvm::cl;
using namespace deit;

static constexpr char overview[] =
    R"(Compile a vision transformer into an integer program.

Takes a PyTorch checkpoint, or the IR of any level, and stops at any level.
A float model needs images to be quantized with (--calib): training images,
never those that accuracy is measured on.

Examples:
  deit-compile model.pth --calib train.bin -o model.so
  deit-compile model.pth --calib train.bin --target rpi --emit=evaluator -o deit-rpi
  deit-compile model.pth --calib train.bin --target rpi --emit=bundle -o deit-rpi.tar.gz
  deit-compile model.pth --calib train.bin --emit=quant -o model.q.mlirbc
  deit-compile model.q.mlirbc --emit=fxp --elide-weights -o -

A shared library and an object are used through deit_model.h (--emit=header);
an evaluator takes deit-eval's options. Both carry their weights, and both are
in a bundle (docs/DeployRaspberryPi.md).

--mlir-timing, --mlir-pass-statistics and MLIR's --mlir-print-ir-after-all show
what the passes do. More: docs/Tools.md, docs/Pipelines.md.

Targets:
)";

static cl::OptionCategory category("Options of deit-compile");

static cl::opt<std::string> input(cl::Positional, cl::Optional,
                                  cl::desc("<checkpoint or IR>"),
                                  cl::cat(category));
static cl::opt<std::string> output("o", cl::value_desc("file"),
                                   cl::cat(category),
                                   cl::desc("Output; - for text on standard "
                                            "output"));
static cl::opt<Emit> emitKind(
    "emit", cl::cat(category), cl::init(Emit::Shared),
    cl::desc("What to write; default: so"),
    cl::values(clEnumValN(Emit::DeiT, "deit", "float IR"),
               clEnumValN(Emit::Quant, "quant", "quantized IR"),
               clEnumValN(Emit::Fxp, "fxp", "integer IR, fused into kernels"),
               clEnumValN(Emit::Loops, "loops",
                          "vector IR and the program's tables"),
               clEnumValN(Emit::LLVM, "llvm", "optimized LLVM IR"),
               clEnumValN(Emit::Assembly, "asm", "assembly"),
               clEnumValN(Emit::Object, "obj", "object file"),
               clEnumValN(Emit::Shared, "so", "shared library"),
               clEnumValN(Emit::Evaluator, "evaluator", "static program"),
               clEnumValN(Emit::Bundle, "bundle",
                          ".tar.gz for a device: static program, libraries, "
                          "header, example"),
               clEnumValN(Emit::Container, "container", "the weights alone"),
               clEnumValN(Emit::Header, "header", "the library's C header")));
static cl::opt<std::string>
    targetName("target", cl::value_desc("name"), cl::cat(category),
               cl::init("native"),
               cl::desc("CPU, or family, to compile for; default: "
                        "native, this one"));
static cl::opt<std::string>
    calibration("calib", cl::value_desc("file"), cl::cat(category),
                cl::desc("CIFAR-10 or CIFAR-100 binary file to calibrate "
                         "with"));
static cl::opt<unsigned> samples("samples", cl::value_desc("n"),
                                 cl::cat(category), cl::init(128),
                                 cl::desc("Images of it to use; default: 128"));
static cl::opt<double> weightBits(
    "weight-bits", cl::value_desc("n"), cl::cat(category),
    cl::desc("Bits a weight takes in the stored model, 1 to 8, on average "
             "over all weights; default: 8"));
static cl::opt<std::string> sizeBudget(
    "size-budget", cl::value_desc("size"), cl::cat(category),
    cl::desc("Size of the stored model, such as 2.5MB or 900KB: as many bits "
             "as fit"));
static cl::opt<double> maxDrop(
    "max-drop", cl::value_desc("points"), cl::cat(category),
    cl::desc("Points of top-1 that may be lost, as the images after those of "
             "--samples tell: as few bits as that takes"));
static cl::opt<std::string>
    recipe("recipe", cl::value_desc("name or file"), cl::cat(category),
           cl::init("w8a8"),
           cl::desc("How to quantize: w8a8 (8-bit weights by channel and "
                    "activations, searched ranges, 16-bit residual stream; "
                    "default), naive (8 bits by tensor, minimum to maximum: "
                    "the baseline), or a JSON file that says it module by "
                    "module"));
static cl::opt<Observer> observer("observer", cl::cat(category),
                                  cl::init(Observer::MSE), observerValues(),
                                  cl::desc("How ranges of activations are "
                                           "chosen; default: mse"));
static cl::opt<std::string>
    balance("balance", cl::value_desc("method"), cl::cat(category),
            cl::init("off"),
            cl::desc("How channels of layer norms are brought to one scale: "
                     "off (default), search, repq, or smooth:A with A from 0 "
                     "to 1"));
static cl::opt<std::string>
    writeRecipeTo("write-recipe", cl::value_desc("file"), cl::cat(category),
                  cl::desc("Write what was chosen for each module as a recipe "
                           "that makes the same model"));
static cl::opt<std::string>
    sweep("sweep", cl::value_desc("file.csv"), cl::cat(category),
          cl::desc("In the place of -o: measure the model at many rates and "
                   "write a table, and a picture of it beside it; goes on "
                   "where it was interrupted"));
static cl::list<double>
    sweepBits("sweep-bits", cl::value_desc("n,..."), cl::cat(category),
              cl::CommaSeparated,
              cl::desc("Rates of --sweep; default: a dozen from 7 to 2"));
static cl::opt<std::string>
    testData("data", cl::value_desc("file"), cl::cat(category),
             cl::desc("CIFAR binary file of test images, for --sweep"));
static cl::opt<unsigned> limit("limit", cl::value_desc("n"), cl::cat(category),
                               cl::desc("Images of it to use; default: all"));
static cl::opt<unsigned>
    batch("batch", cl::value_desc("n"), cl::cat(category), cl::init(1),
          cl::desc("Images that one run takes, 1 to 1024; default: 1"));
static cl::opt<bool> elideWeights("elide-weights", cl::cat(category),
                                  cl::desc("Write IR as text without its "
                                           "weights; for reading only"));
static cl::opt<bool> quiet("quiet", cl::cat(category),
                           cl::desc("No progress, no notes"));
static cl::opt<std::string>
    remarksFilter("remarks-filter", cl::value_desc("regex"), cl::cat(category),
                  cl::desc("Tell what the passes did and did not whose whole "
                           "flag the expression matches, as deit-opt does"));
static cl::opt<int64_t> heads("heads", cl::value_desc("n"), cl::cat(category),
                              cl::desc("Attention heads, where the checkpoint "
                                       "does not tell"));

static ProgressLine progressLine(llvm::errs(), "deit-compile");

static std::string helpText() { return overview + describeTargets(); }

static DriverOptions makeOptions(const char *program) {
  DriverOptions options;
  options.input = input;
  options.output = output;
  options.emit = emitKind;
  options.target = targetName;
  options.calibration = calibration;
  options.samples = samples;
  options.recipe = recipe;
  options.observer = observer;
  options.balance = balance;
  if (weightBits.getNumOccurrences())
    options.weightBits = weightBits;
  if (maxDrop.getNumOccurrences())
    options.maxDrop = maxDrop;
  options.writeRecipe = writeRecipeTo;
  options.sweep = sweep;
  options.data = testData;
  options.limit = limit;
  if (!sweepBits.empty())
    options.sweepBits = {sweepBits.begin(), sweepBits.end()};
  if (batch.getNumOccurrences())
    options.batch = batch;
  options.elideWeights = elideWeights;
  static int anchor;
  options.toolFolder = llvm::sys::path::parent_path(
                           llvm::sys::fs::getMainExecutable(program, &anchor))
                           .str();
  if (heads.getNumOccurrences())
    options.import.heads = heads;
  options.configure = [](PassManager &pm) {
    applyDefaultTimingPassManagerCLOptions(pm);
    return applyPassManagerCLOptions(pm);
  };
  if (!quiet) {
    options.import.note = options.note = [](StringRef note) {
      progressLine.clear();
      llvm::errs() << "deit-compile: note: " << note << '\n';
    };
    if (llvm::sys::Process::StandardErrIsDisplayed())
      options.progress = [](StringRef stage) {
        progressLine.clear();
        llvm::errs() << "deit-compile: " << stage << '\n';
      };
  }
  return options;
}

/// Has the passes that --remarks-filter names print what they tell.
static Error enableRemarks(MLIRContext &context) {
  if (remarksFilter.empty())
    return Error::success();
  std::string complaint;
  if (!llvm::Regex(remarksFilter).isValid(complaint))
    return makeError("--remarks-filter " + quoted(remarksFilter) +
                     " is no regular expression: " + complaint);
  remark::RemarkCategories categories;
  categories.passed = categories.missed = categories.analysis =
      categories.failed = "^(" + remarksFilter + ")$";
  if (failed(remark::enableOptimizationRemarks(
          context, nullptr, std::make_unique<remark::RemarkEmittingPolicyAll>(),
          categories, /*printAsEmitRemarks=*/true)))
    return makeError("remarks cannot be enabled");
  return Error::success();
}

/// What a pass says, beside errors.
static void print(Diagnostic &diagnostic) {
  progressLine.clear();
  bool isRemark = diagnostic.getSeverity() == DiagnosticSeverity::Remark;
  if (isRemark || !quiet)
    llvm::errs() << "deit-compile: " << (isRemark ? "remark: " : "note: ")
                 << describe(diagnostic, input) << '\n';
}

static Error run(const char *program) {
  if (input.empty() && emitKind != Emit::Header)
    return makeError("no input; name a checkpoint or an IR file");
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  ScopedDiagnosticHandler handler(&context, print);
  if (Error error = enableRemarks(context))
    return error;
  std::optional<ScopedProgressSink> sink;
  if (!quiet && llvm::sys::Process::StandardErrIsDisplayed())
    sink.emplace([](StringRef text) { progressLine.show(text); });
  DriverOptions options = makeOptions(program);
  if (sizeBudget.getNumOccurrences()) {
    Expected<uint64_t> size = parseSize(sizeBudget);
    if (!size)
      return prefixError("--size-budget: ", size.takeError());
    options.sizeBudget = *size;
  }
  return runDriver(context, options);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  handleFaults("deit-compile");
  registerPassManagerCLOptions();
  registerDefaultTimingManagerCLOptions();
  cl::HideUnrelatedOptions(category);
  cl::SetVersionPrinter(
      [](llvm::raw_ostream &os) { os << "deit-compile " DEIT_VERSION "\n"; });
  std::string help = helpText();
  cl::ParseCommandLineOptions(argc, argv, help);
  enablePassStatistics();
  int code = reportError(llvm::errs(), "deit-compile", run(argv[0]));
  printPassStatistics(llvm::errs());
  return code;
}
