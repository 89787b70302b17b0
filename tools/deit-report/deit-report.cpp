// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-report: measures what quantization does to a model, and shows it.

#include "deit/Analysis/Analysis.h"
#include "deit/Report/Report.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/Json.h"
#include "deit/Support/ModuleIO.h"
#include "deit/Support/Progress.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

namespace cl = llvm::cl;
using namespace deit;

static constexpr char overview[] =
    R"(Measure what quantization does to a model, layer by layer, and show it.

Takes a PyTorch checkpoint or float MLIR, training images to calibrate with and
test images with labels to measure on, both CIFAR binary files. Tells where
weights and activations have which distributions, which layers lose the most when
they are rounded, what each step of the pipeline wins back, and what to try next.

Examples:
  deit-report model.pth --calib train.bin --data test.bin -o report.html
  deit-report model.pth --calib train.bin --data test.bin --json report.json \
      --against resnet56.th,cifar10-train.bin,cifar10-test.bin
  deit-report --from report.json -o report.md --format md
  deit-report model.pth --calib train.bin --data test.bin --json - --quick

A DeiT-Small takes about a quarter of an hour on two cores; --quick leaves out
what takes the longest, --skip names parts of your choice: sensitivity, kinds,
depth, error, confirmation, ablation, frontier. Rounding "plainly" means 8 bits,
one range a tensor from minimum to maximum. How to read a report:
docs/Analysis.md.
)";

static cl::OptionCategory category("Options of deit-report");

static cl::opt<std::string> input(cl::Positional, cl::Optional,
                                  cl::desc("<checkpoint or float IR>"),
                                  cl::cat(category));
static cl::opt<std::string>
    calibration("calib", cl::value_desc("file"), cl::cat(category),
                cl::desc("CIFAR-10 or CIFAR-100 binary file of training "
                         "images, to calibrate with"));
static cl::opt<std::string>
    testData("data", cl::value_desc("file"), cl::cat(category),
             cl::desc("CIFAR binary file of test images, to measure on"));
static cl::opt<unsigned> samples("samples", cl::value_desc("n"),
                                 cl::cat(category), cl::init(128),
                                 cl::desc("Images to calibrate with; default: "
                                          "128"));
static cl::opt<unsigned> limit("limit", cl::value_desc("n"), cl::cat(category),
                               cl::init(1000),
                               cl::desc("Test images that accuracies are of; "
                                        "0: all; default: 1000"));
static cl::opt<unsigned> sensitivityImages(
    "sensitivity-images", cl::value_desc("n"), cl::cat(category), cl::init(16),
    cl::desc("Test images for each module by itself; default: 16"));
static cl::opt<unsigned> groupImages(
    "group-images", cl::value_desc("n"), cl::cat(category), cl::init(64),
    cl::desc("Test images for kinds of modules and for comparing models; "
             "default: 64"));
static cl::list<std::string>
    against("against", cl::value_desc("model,calib,data"), cl::cat(category),
            cl::desc("Compare with this model, calibrated and measured on "
                     "these files; may be given several times"));
static cl::list<std::string> skip("skip", cl::value_desc("part,..."),
                                  cl::cat(category), cl::CommaSeparated,
                                  cl::desc("Parts to leave out"));
static cl::opt<bool> quick("quick", cl::cat(category),
                           cl::desc("Few images; no frontier, no ablation"));
/// LLVM's libraries have an option of that name for themselves, which makes
/// room for this one.
static cl::opt<unsigned> &threads() {
  static bool isFree = [] {
    if (cl::Option *theirs = cl::getRegisteredOptions().lookup("threads"))
      theirs->removeArgument();
    return true;
  }();
  (void)isFree;
  static cl::opt<unsigned> option("threads", cl::value_desc("n"),
                                  cl::cat(category), cl::init(0),
                                  cl::desc("Default: one per core"));
  return option;
}
static cl::opt<std::string>
    jsonPath("json", cl::value_desc("file"), cl::cat(category),
             cl::desc("Write all numbers; - for standard output"));
static cl::opt<std::string>
    from("from", cl::value_desc("report.json"), cl::cat(category),
         cl::desc("Show what was measured before, in the place of a model"));
static cl::opt<std::string> output("o", cl::value_desc("file"),
                                   cl::cat(category),
                                   cl::desc("Write the report for people"));
static cl::opt<ReportFormat> format(
    "format", cl::cat(category), cl::init(ReportFormat::HTML),
    cl::desc("How; default: html"),
    cl::values(clEnumValN(ReportFormat::HTML, "html",
                          "one page that needs nothing else"),
               clEnumValN(ReportFormat::Markdown, "md",
                          "Markdown, with pictures in a folder beside it")));
static cl::opt<int64_t> heads("heads", cl::value_desc("n"), cl::cat(category),
                              cl::desc("Attention heads, where the checkpoint "
                                       "does not tell"));
static cl::opt<bool> quiet("quiet", cl::cat(category),
                           cl::desc("No progress, no notes"));

static ProgressLine progressLine(llvm::errs(), "deit-report");

/// "model,calib,data".
static Expected<AnalysisInput> parseAgainst(StringRef text) {
  SmallVector<StringRef> parts;
  text.split(parts, ',');
  if (parts.size() != 3 || llvm::is_contained(parts, ""))
    return makeError("--against " + quoted(text) +
                     ": expected three files, MODEL,CALIB,DATA, found " +
                     Twine(llvm::count_if(
                         parts, [](StringRef each) { return !each.empty(); })));
  return AnalysisInput{parts[0].str(), parts[1].str(), parts[2].str()};
}

static Error parseSkipped(llvm::StringSet<> &result) {
  if (quick)
    for (StringRef part : {"ablation", "frontier"})
      result.insert(part);
  for (StringRef part : skip) {
    if (!llvm::is_contained(kAnalysisParts, part))
      return makeError("--skip " + quoted(part) + ": expected one of " +
                       llvm::join(ArrayRef(kAnalysisParts), ", "));
    result.insert(part);
  }
  return Error::success();
}

/// What was typed, for the report.
static std::string commandLine(int argc, char **argv) {
  std::string text = llvm::sys::path::filename(argv[0]).str();
  for (int i = 1; i < argc; ++i)
    text += std::string(" ") + argv[i];
  return llvm::json::fixUTF8(text);
}

static void setSinks(AnalysisOptions &options) {
  if (quiet)
    return;
  options.import.note = options.note = [](StringRef note) {
    progressLine.clear();
    llvm::errs() << "deit-report: note: " << note << '\n';
  };
}

static Expected<AnalysisOptions> makeOptions(int argc, char **argv) {
  constexpr unsigned kQuickImages = 8;
  AnalysisOptions options;
  options.input = {input, calibration, testData};
  options.samples = samples;
  options.limit = limit;
  options.sensitivityImages = sensitivityImages;
  options.groupImages = groupImages;
  if (quick && !sensitivityImages.getNumOccurrences())
    options.sensitivityImages = kQuickImages;
  if (quick && !groupImages.getNumOccurrences())
    options.groupImages = 4 * kQuickImages;
  options.threads = threads();
  options.command = commandLine(argc, argv);
  if (heads.getNumOccurrences())
    options.import.heads = heads;
  static int anchor;
  options.toolFolder = llvm::sys::path::parent_path(
                           llvm::sys::fs::getMainExecutable(argv[0], &anchor))
                           .str();
  for (StringRef text : against) {
    Expected<AnalysisInput> parsed = parseAgainst(text);
    if (!parsed)
      return parsed.takeError();
    options.against.push_back(std::move(*parsed));
  }
  if (Error error = parseSkipped(options.skip))
    return std::move(error);
  setSinks(options);
  return options;
}

/// Fails where no file `path` can be made: better now than after measuring.
static Error checkWritable(StringRef path) {
  if (path.empty() || path == "-")
    return Error::success();
  if (llvm::sys::fs::is_directory(path))
    return makeError(path + " is a folder; name a file");
  StringRef folder = llvm::sys::path::parent_path(path);
  std::error_code code = llvm::sys::fs::access(
      folder.empty() ? "." : folder, llvm::sys::fs::AccessMode::Write);
  return code ? makeError(path + " cannot be written: " + code.message() +
                          "; name a file in a folder that is there")
              : Error::success();
}

static Error checkOptions() {
  if (jsonPath.empty() && output.empty())
    return makeError("no output; name a file with -o, or with --json");
  for (StringRef path : {StringRef(jsonPath), StringRef(output)})
    if (Error error = checkWritable(path))
      return error;
  if (!from.empty() && !input.empty())
    return makeError("--from shows what was measured before; leave out the "
                     "model, or --from");
  if (!from.empty())
    return Error::success();
  if (input.empty())
    return makeError("no input; name a checkpoint or a float IR file");
  if (calibration.empty())
    return makeError("rounding needs images to be calibrated with: pass "
                     "--calib FILE, a CIFAR binary file of training images");
  if (testData.empty())
    return makeError("there is nothing to measure on: pass --data FILE, a "
                     "CIFAR binary file of test images");
  if (samples == 0 || sensitivityImages == 0 || groupImages == 0)
    return makeError("--samples, --sensitivity-images and --group-images must "
                     "be at least 1");
  return Error::success();
}

static Expected<llvm::json::Value> readReport() {
  auto text = readFile(from);
  if (!text)
    return text.takeError();
  auto report = llvm::json::parse((*text)->getBuffer());
  if (!report)
    return makeError(from +
                     ": is no JSON: " + llvm::toString(report.takeError()) +
                     "; --from takes what --json has written");
  return report;
}

static Expected<llvm::json::Value> measure(int argc, char **argv) {
  Expected<AnalysisOptions> options = makeOptions(argc, argv);
  if (!options)
    return options.takeError();
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  std::optional<ScopedProgressSink> sink;
  if (!quiet && llvm::sys::Process::StandardErrIsDisplayed())
    sink.emplace([](StringRef text) { progressLine.show(text); });
  return analyzeModel(context, *options);
}

static Error run(int argc, char **argv) {
  if (Error error = checkOptions())
    return error;
  Expected<llvm::json::Value> report =
      from.empty() ? measure(argc, argv) : readReport();
  if (!report)
    return report.takeError();
  if (!jsonPath.empty())
    if (Error error = writeFile(jsonPath, [&](llvm::raw_ostream &os) {
          printJson(os, *report);
          return Error::success();
        }))
      return error;
  if (output.empty())
    return Error::success();
  Error error = renderReport(*report, format, output);
  return error && !from.empty() ? prefixError(from + ": ", std::move(error))
                                : std::move(error);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  threads();
  cl::HideUnrelatedOptions(category);
  cl::SetVersionPrinter(
      [](llvm::raw_ostream &os) { os << "deit-report " DEIT_VERSION "\n"; });
  cl::ParseCommandLineOptions(argc, argv, overview);
  return reportError(llvm::errs(), "deit-report", run(argc, argv));
}
