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
)" << deit_evaluate_help;
}

static bool wantsHelp(llvm::ArrayRef<char *> arguments) {
  return llvm::any_of(arguments, [](StringRef argument) {
    return argument == "--help" || argument == "-h";
  });
}

/// Reads what the runtime's options leave over.
static Expected<ModelOptions> parseRest(llvm::ArrayRef<char *> rest) {
  ModelOptions options;
  while (!rest.empty()) {
    StringRef argument = rest.front();
    rest = rest.drop_front();
    if (argument == "--container" && !rest.empty()) {
      options.container = rest.front();
      rest = rest.drop_front();
    } else if (argument.consume_front("--container=") && !argument.empty()) {
      options.container = argument.str();
    } else if (argument.empty() || argument == "--container") {
      return makeError("--container needs a value; --help lists the options");
    } else if (argument.starts_with("-") && argument != "-") {
      return makeError("unknown argument '" + argument +
                       "'; --help lists the options");
    } else if (!options.path.empty()) {
      return makeError("one MODEL at a time, found '" + Twine(options.path) +
                       "' and '" + argument + "'");
    } else {
      options.path = argument.str();
    }
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
