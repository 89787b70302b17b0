// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// draw-shapes: writes labelled pictures of shapes in CIFAR-100's format.

#include "Picture.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace deit::examples;

namespace {

constexpr char kHelp[] =
    R"(draw-shapes: draws labelled pictures to train, calibrate and test with

USAGE
  draw-shapes --seed S --count N -o FILE.bin
  draw-shapes --labels -o FILE.txt

The pictures show 100 classes: ten shapes (disc, ring, square, triangle, cross,
star, crescent, heart, bar, arrow), each plain or striped, each in five colours
(red, yellow, green, blue, violet), at a random place, size and angle, over a
random background, behind noise. Picture i is of class i % 100, so every file
of a multiple of 100 pictures is balanced.

The file has CIFAR-100's binary layout, 3074 bytes a picture: coarse label (the
shape, 0-9), fine label (the class, 0-99), then 32 x 32 bytes each of red,
green and blue, rows from the top.

The same seed gives the same bytes on every machine, and a shorter file is the
beginning of a longer one. Different seeds give unrelated pictures: use one to
train with, another to calibrate with, a third to test with.

OPTIONS
  --seed S      0 to 2^64 - 1 (default 1)
  --count N     pictures to draw, 1 to 10000000 (default 1000)
  --labels      write the names of the classes, one a line, instead of pictures
  -o FILE       where to write; an existing file is replaced when all is drawn
  --help        this text

EXAMPLE
  draw-shapes --seed 7 --count 500 -o calibration.bin
)";

struct Options {
  uint64_t seed = 1;
  uint64_t count = 1000;
  bool labels = false;
  std::string output;
};

[[noreturn]] void fail(const std::string &message) {
  std::fprintf(stderr, "draw-shapes: error: %s\n", message.c_str());
  std::exit(1);
}

uint64_t parseNumber(const std::string &option, const char *text,
                     uint64_t least, uint64_t most) {
  char *end = nullptr;
  errno = 0;
  uint64_t value = std::strtoull(text, &end, 10);
  bool digits = *text >= '0' && *text <= '9' && *end == '\0';
  if (!digits || errno == ERANGE || value < least || value > most)
    fail(option + " expects a whole number from " + std::to_string(least) +
         " to " + std::to_string(most) + ", found '" + text + "'");
  return value;
}

Options parse(int argc, char **argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string name = argv[i];
    if (name == "--help" || name == "-h") {
      std::fputs(kHelp, stdout);
      std::exit(0);
    }
    if (name == "--labels") {
      options.labels = true;
      continue;
    }
    if (name != "--seed" && name != "--count" && name != "-o")
      fail("unknown argument '" + name + "'; see draw-shapes --help");
    if (++i == argc)
      fail(name + " expects a value; see draw-shapes --help");
    if (name == "--seed")
      options.seed = parseNumber(name, argv[i], 0, UINT64_MAX);
    else if (name == "--count")
      options.count = parseNumber(name, argv[i], 1, 10000000);
    else
      options.output = argv[i];
  }
  if (options.output.empty())
    fail("no output file; name one with -o, or see draw-shapes --help");
  return options;
}

bool writeLabels(FILE *file) {
  for (int label = 0; label < kClassCount; ++label)
    if (std::fprintf(file, "%s\n", className(label).c_str()) < 0)
      return false;
  return true;
}

bool writePictures(FILE *file, const Options &options) {
  for (uint64_t i = 0; i < options.count; ++i) {
    int label = static_cast<int>(i % kClassCount);
    Picture picture = drawPicture(label, options.seed, i);
    uint8_t labels[2] = {static_cast<uint8_t>(label / kAppearanceCount),
                         static_cast<uint8_t>(label)};
    if (std::fwrite(labels, 1, 2, file) != 2 ||
        std::fwrite(picture.data(), 1, picture.size(), file) != picture.size())
      return false;
  }
  return true;
}

/// Writes beside the output and renames, so that no partial file is ever seen.
void write(const Options &options) {
  std::string partial = options.output + ".partial";
  FILE *file = std::fopen(partial.c_str(), "wb");
  if (!file)
    fail("cannot write '" + partial + "': " + std::strerror(errno));
  bool written =
      options.labels ? writeLabels(file) : writePictures(file, options);
  written = std::fclose(file) == 0 && written;
  if (written && std::rename(partial.c_str(), options.output.c_str()) == 0)
    return;
  std::string reason = std::strerror(errno);
  std::remove(partial.c_str());
  fail("cannot write '" + options.output + "': " + reason);
}

} // namespace

int main(int argc, char **argv) {
  write(parse(argc, argv));
  return 0;
}
