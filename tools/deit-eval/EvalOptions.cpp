// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads the command line of deit-eval.

#include "EvalOptions.h"
#include "deit_evaluate.h"
#include <charconv>

using namespace deit;

std::string deit::evalHelp() {
  return std::string(R"(usage: deit-eval MODEL --data FILE [options]
       deit-eval MODEL --image FILE [--classes FILE]
       deit-eval MODEL --compare REFERENCE --data FILE [--image N]

Measures accuracy, size and speed of a model on the images of a CIFAR file,
classifies a picture, or compares what two levels of one model compute. MODEL is
what deit-compile writes, of any level:
  a shared library   runs as it is, if it was compiled for this machine
  MLIR of fxp        runs in the interpreter, which defines what is right
  MLIR of deit       runs in floating point, with LibTorch; quantized values
                     are rounded as their types say
MLIR is text or bytecode, '-' reads it from standard input.

Examples:
  deit-eval model.so --data test.bin
  deit-eval model.so --data test.bin --threads 1 --json result.json
  deit-eval model.so --image cat.png
  deit-eval model.fxp.mlirbc --data test.bin --limit 100 --logits model.i32
  deit-eval model.fxp.mlirbc --compare model.mlirbc --data test.bin --image 7

Measuring:
)") + deit_evaluate_help +
         R"(  --container FILE  weights to use in place of those a library carries
  --target NAME     run a library's kernels for this CPU; by default the
                    fastest it has for the one deit-eval runs on
  --batch N         images MLIR is run on at once, 1 to 1024, a multiple of the
                    network's own batch; latency is of one image all the same

Comparing (docs/Debugging.md tells how to read it):
  --compare FILE    print module by module how far MODEL's values are from
                    those of this reference, both MLIR of deit or fxp: the
                    ratio of signal to noise, the largest error, the cosine.
                    --json FILE has them, too
  --image N         the image of --data to compare on, counted from 0; by
                    default 0

More: docs/Tools.md
)";
}

/// A whole number and nothing else.
template <typename Integer>
static std::optional<Integer> parseInteger(const std::string &text) {
  Integer value = 0;
  const char *end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end)
    return std::nullopt;
  return value;
}

static Failure setContainer(const std::string &value, EvalOptions &options) {
  options.model.container = value;
  return std::nullopt;
}

static Failure setTarget(const std::string &value, EvalOptions &options) {
  options.model.target = value;
  return std::nullopt;
}

static Failure setBatch(const std::string &value, EvalOptions &options) {
  options.model.batch = parseInteger<unsigned>(value).value_or(0);
  if (options.model.batch == 0 || options.model.batch > 1024)
    return "--batch takes a whole number from 1 to 1024, not '" + value + "'";
  return std::nullopt;
}

static Failure setReference(const std::string &value, EvalOptions &options) {
  options.reference = value;
  return std::nullopt;
}

static Failure setImage(const std::string &value, EvalOptions &options) {
  options.image = parseInteger<int64_t>(value);
  if (!options.image || *options.image < 0)
    return "--image takes a whole number from 0 on, not '" + value + "'";
  return std::nullopt;
}

static Failure setModel(const std::string &argument, EvalOptions &options) {
  if (argument.empty() || (argument[0] == '-' && argument != "-"))
    return "unknown argument '" + argument + "'; --help lists the options";
  if (!options.model.path.empty())
    return "one MODEL at a time, found '" + options.model.path + "' and '" +
           argument + "'";
  options.model.path = argument;
  return std::nullopt;
}

namespace {
/// An option that takes a value.
struct ValueOption {
  std::string name;
  Failure (*set)(const std::string &value, EvalOptions &options);
};
} // namespace

static const ValueOption valueOptions[] = {{"--container", setContainer},
                                           {"--target", setTarget},
                                           {"--batch", setBatch},
                                           {"--compare", setReference}};

/// Reads the argument at `position`, "--name=value" or, with the one behind it,
/// "--name value", and steps over what it has read.
static Failure parseOne(const std::vector<std::string> &arguments,
                        size_t &position, EvalOptions &options) {
  const std::string &argument = arguments[position++];
  for (const ValueOption &option : valueOptions) {
    size_t length = option.name.size();
    if (argument.compare(0, length, option.name) != 0 ||
        (argument.size() > length && argument[length] != '='))
      continue;
    std::string value;
    if (argument.size() > length)
      value = argument.substr(length + 1);
    else if (position < arguments.size())
      value = arguments[position++];
    if (value.empty())
      return option.name + " needs a value; --help lists the options";
    return option.set(value, options);
  }
  return setModel(argument, options);
}

Failure deit::parseEvalOptions(const std::vector<std::string> &arguments,
                               const char *image, EvalOptions &options) {
  for (size_t position = 0; position < arguments.size();)
    if (Failure failure = parseOne(arguments, position, options))
      return failure;
  if (options.model.path.empty())
    return "no MODEL given; --help tells what it can be";
  if (image && !options.reference.empty())
    return setImage(image, options);
  return std::nullopt;
}
