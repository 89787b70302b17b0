// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fuzz target: PNG and JPEG files, to pixels of the size that a model wants.

#include "Fuzz.h"
#include "deit_picture.h"
#include "deit_resize.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/Endian.h"

#include <vector>

using namespace deit;
using namespace llvm::support::endian;

/// Bytes of a file: so many can be 16 million pixels, which is slow enough.
static constexpr size_t kMost = 2 << 10;

namespace {
/// A chunk of PNG: length, kind, content, checksum of the last two (PNG 5.3).
enum : size_t { kSignature = 8, kKind = 4, kContent = 8, kChecksum = 4 };
} // namespace

/// Checksums of the chunks, up to one that leads out of the file.
static void repair(std::string &bytes) {
  if (!llvm::StringRef(bytes).starts_with("\x89PNG"))
    return;
  size_t at = kSignature;
  while (at + kContent + kChecksum <= bytes.size()) {
    size_t length = read32be(bytes.data() + at);
    if (length > bytes.size() - at - kContent - kChecksum)
      return;
    llvm::StringRef body(bytes.data() + at + kKind, kKind + length);
    size_t end = at + kContent + length;
    write32be(bytes.data() + end,
              llvm::crc32(llvm::arrayRefFromStringRef<uint8_t>(body)));
    at = end + kChecksum;
  }
}

static void resize(const deit_picture &picture, deit_filter filter) {
  enum : uint32_t { kWidth = 24, kHeight = 16, kChannels = 3 };
  deit_resizer *resizer = deit_resizer_create(filter, picture.width,
                                              picture.height, kWidth, kHeight);
  if (!resizer)
    return;
  std::vector<uint8_t> pixels(size_t(kWidth) * kHeight * kChannels);
  deit_resize(resizer, picture.pixels, pixels.data());
  deit_resizer_free(resizer);
}

static void run(llvm::StringRef bytes) {
  if (bytes.size() > kMost)
    return;
  deit_picture picture;
  deit_error error = {};
  if (!deit_picture_decode(&picture, "picture", bytes.data(), bytes.size(),
                           &error)) {
    fuzz::check(error.text[0], "an error with a message");
    return fuzz::check(!picture.pixels, "no pixels of a picture refused");
  }
  for (deit_filter filter : {DEIT_FILTER_BILINEAR, DEIT_FILTER_BICUBIC})
    resize(picture, filter);
  deit_picture_free(&picture);
}

const fuzz::Target fuzz::target = {run, repair};
