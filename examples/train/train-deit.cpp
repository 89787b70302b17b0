// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// train-deit: trains a small DeiT on pictures in CIFAR-100's format.

#include "Checkpoint.h"
#include "Dataset.h"
#include "Model.h"
#include "Training.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

using namespace deit::examples;

namespace {

constexpr char kHelp[] =
    R"(train-deit: trains a small DeiT and writes it as a PyTorch checkpoint

USAGE
  train-deit --train FILE.bin --test FILE.bin -o CHECKPOINT.pth [OPTIONS]

Both files have CIFAR-100's binary format: draw-shapes writes such files. The
pictures are resized from 32 to 64 pixels (bicubic, as PIL does) and normalized
by ImageNet's mean and deviation.

The model is timm's VisionTransformer: 64 x 64 pixels in patches of 8 x 8, 128
features, 2 heads, 3 blocks, 100 classes; about 640,000 parameters. The
checkpoint is its state dictionary, in the format of torch.save.

The test file is measured after each epoch and decides nothing. The same seed
and number of threads (OMP_NUM_THREADS) give the same checkpoint on the same
machine.

OPTIONS
  --train FILE   pictures to learn from
  --test FILE    pictures to measure the model on
  -o FILE        the checkpoint to write, when the training is done
  --epochs N     how often to go through the training pictures (default 4)
  --seed S       of the first weights and the order of pictures (default 1)
  --help         this text

EXAMPLE
  draw-shapes --seed 1 --count 40000 -o train.bin
  draw-shapes --seed 2 --count 1000 -o test.bin
  train-deit --train train.bin --test test.bin --epochs 4 -o model.pth
)";

struct Options {
  std::string train, test, output;
  TrainingOptions training;
  int64_t seed = 1;
};

int64_t parseNumber(const std::string &option, const char *text, int64_t least,
                    int64_t most) {
  char *end = nullptr;
  errno = 0;
  long long value = std::strtoll(text, &end, 10);
  bool digits = *text >= '0' && *text <= '9' && *end == '\0';
  if (!digits || errno == ERANGE || value < least || value > most)
    throw std::runtime_error(option + " expects a whole number from " +
                             std::to_string(least) + " to " +
                             std::to_string(most) + ", found '" + text + "'");
  return value;
}

void set(Options &options, const std::string &name, const char *value) {
  if (name == "--train")
    options.train = value;
  else if (name == "--test")
    options.test = value;
  else if (name == "-o")
    options.output = value;
  else if (name == "--epochs")
    options.training.epochs = parseNumber(name, value, 1, 100000);
  else
    options.seed = parseNumber(name, value, 0, INT64_MAX);
}

Options parse(int argc, char **argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string name = argv[i];
    if (name == "--help" || name == "-h") {
      std::fputs(kHelp, stdout);
      std::exit(0);
    }
    if (name != "--train" && name != "--test" && name != "-o" &&
        name != "--epochs" && name != "--seed")
      throw std::runtime_error("unknown argument '" + name +
                               "'; see train-deit --help");
    if (++i == argc)
      throw std::runtime_error(name + " expects a value; see train-deit "
                                      "--help");
    set(options, name, argv[i]);
  }
  if (options.train.empty() || options.test.empty() || options.output.empty())
    throw std::runtime_error("--train, --test and -o are required; see "
                             "train-deit --help");
  return options;
}

/// Finds out before the training whether the result can be written.
void checkWritable(const std::string &path) {
  std::string probe = path + ".partial";
  FILE *file = std::fopen(probe.c_str(), "wb");
  if (!file)
    throw std::runtime_error("cannot write '" + path +
                             "': " + std::strerror(errno));
  std::fclose(file);
  std::remove(probe.c_str());
}

void run(const Options &options) {
  // Numbers too small to be normal slow some processors down a hundredfold.
  at::globalContext().setFlushDenormal(true);
  torch::manual_seed(options.seed);
  checkWritable(options.output);
  Geometry geometry;
  Dataset trainSet(options.train, geometry.image);
  Dataset testSet(options.test, geometry.image);
  VisionTransformer model(geometry);
  train(model, trainSet, testSet, options.training);
  saveCheckpoint(*model, options.output);
  std::printf("%s: top-1 %.2f %% on the %lld pictures of %s\n",
              options.output.c_str(), accuracy(model, testSet),
              (long long)testSet.size(), options.test.c_str());
}

} // namespace

int main(int argc, char **argv) {
  try {
    run(parse(argc, argv));
  } catch (const c10::Error &error) {
    std::fprintf(stderr, "train-deit: error: %s\n",
                 error.what_without_backtrace());
    return 1;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "train-deit: error: %s\n", error.what());
    return 1;
  }
  return 0;
}
