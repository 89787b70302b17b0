// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-eval: accuracy, size and speed of a model over a CIFAR file.

#include "Compare.h"
#include "Model.h"
#include "deit/Support/FileIO.h"
#include "llvm/Support/InitLLVM.h"

using namespace deit;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

static void printHelp() {
  llvm::outs()
      << R"(usage: deit-eval MODEL --data FILE [options]
       deit-eval MODEL --compare REFERENCE --data FILE [--image N]

Measures accuracy, size and speed of a model on the images of a CIFAR file, or
compares what two levels of one model compute. MODEL is what deit-compile
writes, of any level:
  a shared library   runs as it is, if it was compiled for this machine
  MLIR of fxp        runs in the interpreter, which defines what is right
  MLIR of deit       runs in floating point, with LibTorch; quantized values
                     are rounded as their types say
MLIR is text or bytecode, '-' reads it from standard input.

Examples:
  deit-eval model.so --data test.bin
  deit-eval model.so --data test.bin --threads 1 --json result.json
  deit-eval model.fxp.mlirbc --data test.bin --limit 100 --logits model.i32
  deit-eval model.fxp.mlirbc --compare model.mlirbc --data test.bin --image 7

Measuring:
)" << deit_evaluate_help
      << R"(  --container FILE  weights to use in place of those a library carries
  --target NAME     run a library's kernels for this CPU; by default the
                    fastest it has for the one deit-eval runs on
  --batch N         images MLIR is run on at once, 1 to 1024, a multiple of the
                    network's own batch; latency is of one image all the same

Comparing (docs/Debugging.md tells how to read it):
  --compare FILE    print module by module how far MODEL's values are from
                    those of this reference, both MLIR of deit or fxp: the
                    ratio of signal to noise, the largest error, the cosine.
                    --json FILE has them, too
  --image N         the image to compare on, counted from 0; by default 0

More: docs/Tools.md
)";
}

static bool wantsHelp(llvm::ArrayRef<char *> arguments) {
  return llvm::any_of(arguments, [](StringRef argument) {
    return argument == "--help" || argument == "-h";
  });
}

/// Takes the value of option `name` out of `rest`, "--name=value" or two
/// arguments; nothing when `rest` begins otherwise.
static Expected<std::optional<StringRef>>
takeValue(StringRef name, llvm::ArrayRef<char *> &rest) {
  StringRef argument = rest.front();
  if (!argument.consume_front(name) ||
      (!argument.empty() && argument.front() != '='))
    return std::nullopt;
  rest = rest.drop_front();
  if (argument.consume_front("=") && !argument.empty())
    return argument;
  if (rest.empty())
    return makeError(name + " needs a value; --help lists the options");
  StringRef value = rest.front();
  rest = rest.drop_front();
  return value;
}

/// Everything but the runtime's options.
struct EvalOptions {
  ModelOptions model;
  std::string reference;        ///< to compare with; empty: measure
  std::optional<int64_t> image; ///< to compare on
};

static Error setContainer(StringRef value, EvalOptions &options) {
  options.model.container = value.str();
  return Error::success();
}

static Error setTarget(StringRef value, EvalOptions &options) {
  options.model.target = value.str();
  return Error::success();
}

static Error setBatch(StringRef value, EvalOptions &options) {
  unsigned &batch = options.model.batch;
  if (value.getAsInteger(10, batch) || batch == 0 || batch > 1024)
    return makeError("--batch takes a whole number from 1 to 1024, not '" +
                     value + "'");
  return Error::success();
}

static Error setReference(StringRef value, EvalOptions &options) {
  options.reference = value.str();
  return Error::success();
}

static Error setImage(StringRef value, EvalOptions &options) {
  int64_t image;
  if (value.getAsInteger(10, image) || image < 0)
    return makeError("--image takes a whole number from 0 on, not '" + value +
                     "'");
  options.image = image;
  return Error::success();
}

static Error setModel(StringRef argument, EvalOptions &options) {
  if (argument.empty() || (argument.starts_with("-") && argument != "-"))
    return makeError("unknown argument '" + argument +
                     "'; --help lists the options");
  if (!options.model.path.empty())
    return makeError("one MODEL at a time, found '" +
                     Twine(options.model.path) + "' and '" + argument + "'");
  options.model.path = argument.str();
  return Error::success();
}

/// An option that takes a value.
struct ValueOption {
  StringRef name;
  Error (*set)(StringRef value, EvalOptions &options);
};
static const ValueOption valueOptions[] = {{"--container", setContainer},
                                           {"--target", setTarget},
                                           {"--batch", setBatch},
                                           {"--compare", setReference},
                                           {"--image", setImage}};

/// Reads one argument, and its value, off the front of `rest`.
static Error parseOne(llvm::ArrayRef<char *> &rest, EvalOptions &options) {
  for (const ValueOption &option : valueOptions) {
    auto value = takeValue(option.name, rest);
    if (!value)
      return value.takeError();
    if (*value)
      return option.set(**value, options);
  }
  StringRef argument = rest.front();
  rest = rest.drop_front();
  return setModel(argument, options);
}

/// Reads what the runtime's options leave over.
static Expected<EvalOptions> parseRest(llvm::ArrayRef<char *> rest) {
  EvalOptions options;
  while (!rest.empty())
    if (Error error = parseOne(rest, options))
      return std::move(error);
  if (options.model.path.empty())
    return makeError("no MODEL given; --help tells what it can be");
  if (options.image && options.reference.empty())
    return makeError("--image goes with --compare; --limit takes the first "
                     "images of the file");
  return options;
}

static Error compare(const EvalOptions &options,
                     const deit_evaluate_options &evaluation) {
  if (evaluation.limit || evaluation.logits ||
      !options.model.container.empty() || !options.model.target.empty() ||
      options.model.batch || evaluation.profile)
    return makeError("--compare runs two modules on one image; leave out "
                     "--limit, --logits, --container, --target, "
                     "--batch and --profile");
  return compareModels(
      {options.model.path, options.reference, options.image.value_or(0)},
      evaluation);
}

static Expected<int> run(int argc, char **argv) {
  deit_evaluate_options evaluation = {};
  llvm::SmallVector<char *> rest(argc + 1);
  rest.resize(deit_evaluate_parse(argc, argv, &evaluation, rest.data()));
  Expected<EvalOptions> options = parseRest(rest);
  if (!options)
    return options.takeError();
  if (!options->reference.empty()) {
    if (Error error = compare(*options, evaluation))
      return std::move(error);
    return 0;
  }
  options->model.threads = evaluation.threads;
  Expected<ModelPtr> model = openModel(options->model);
  if (!model)
    return model.takeError();
  deit_backend backend = (*model)->backend();
  return deit_evaluate("deit-eval", &evaluation, &backend);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  if (wantsHelp(llvm::ArrayRef(argv + 1, argc - 1))) {
    printHelp();
    return 0;
  }
  Expected<int> code = run(argc, argv);
  return code ? *code
              : reportError(llvm::errs(), "deit-eval", code.takeError());
}
