// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-eval: accuracy, size and speed of a model over a CIFAR file.

#include "Model.h"
#include "deit/Support/FileIO.h"
#include "llvm/Support/InitLLVM.h"

using namespace deit;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

static void printHelp() {
  llvm::outs() << R"(usage: deit-eval MODEL --data FILE [options]

Measures accuracy, size and speed of a model on the images of a CIFAR file.
MODEL is what deit-compile writes, of any level:
  a shared library   runs as it is, if it was compiled for this machine
  MLIR of fxp        runs in the interpreter, which defines what is right
  MLIR of deit       runs in floating point, with LibTorch; quantized values
                     are rounded as their types say
MLIR is text or bytecode, '-' reads it from standard input.

  --container FILE  weights to use in place of those a library carries
  --target NAME     run a library's kernels for this CPU; by default the
                    fastest it has for the one deit-eval runs on
  --batch N         images MLIR is run on at once, 1 to 1024, a multiple of the
                    network's own batch; latency is of one image all the same
)" << deit_evaluate_help;
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

/// Reads what the runtime's options leave over.
static Expected<ModelOptions> parseRest(llvm::ArrayRef<char *> rest) {
  ModelOptions options;
  while (!rest.empty()) {
    bool isTaken = false;
    for (auto [name, text] : {std::pair("--container", &options.container),
                              std::pair("--target", &options.target)}) {
      auto value = takeValue(name, rest);
      if (!value)
        return value.takeError();
      if ((isTaken = value->has_value())) {
        *text = (*value)->str();
        break;
      }
    }
    if (isTaken)
      continue;
    auto batch = takeValue("--batch", rest);
    if (!batch)
      return batch.takeError();
    if (*batch) {
      if ((*batch)->getAsInteger(10, options.batch) || options.batch == 0 ||
          options.batch > 1024)
        return makeError("--batch takes a whole number from 1 to 1024, not '" +
                         **batch + "'");
      continue;
    }
    StringRef argument = rest.front();
    rest = rest.drop_front();
    if (argument.empty() || (argument.starts_with("-") && argument != "-"))
      return makeError("unknown argument '" + argument +
                       "'; --help lists the options");
    if (!options.path.empty())
      return makeError("one MODEL at a time, found '" + Twine(options.path) +
                       "' and '" + argument + "'");
    options.path = argument.str();
  }
  if (options.path.empty())
    return makeError("no MODEL given; --help tells what it can be");
  return options;
}

static Expected<int> run(int argc, char **argv) {
  deit_evaluate_options evaluation = {};
  llvm::SmallVector<char *> rest(argc + 1);
  rest.resize(deit_evaluate_parse(argc, argv, &evaluation, rest.data()));
  Expected<ModelOptions> options = parseRest(rest);
  if (!options)
    return options.takeError();
  options->threads = evaluation.threads;
  Expected<ModelPtr> model = openModel(*options);
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
