// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Makes the checksums of archives right again.

#include "Fuzz.h"

#include "llvm/Support/CRC.h"
#include "llvm/Support/Endian.h"

using namespace llvm::support::endian;
using llvm::StringRef;

namespace {
/// Offsets in the records of a zip archive (APPNOTE.TXT 4.3.7 and 4.3.12).
enum : size_t {
  kLocalBytes = 30,
  kLocalChecksum = 14,
  kLocalName = 26,
  kLocalExtra = 28,
  kCentralBytes = 46,
  kCentralMethod = 10,
  kCentralChecksum = 16,
  kCentralSize = 24,
  kCentralOffset = 42,
};
} // namespace

/// Where the entry of the central record at `central` has its bytes; empty
/// where it leads out of the archive or they are compressed.
static StringRef storedBytes(StringRef bytes, size_t central) {
  size_t local = read32le(bytes.data() + central + kCentralOffset);
  size_t size = read32le(bytes.data() + central + kCentralSize);
  if (read16le(bytes.data() + central + kCentralMethod) != 0 ||
      local > bytes.size() || bytes.size() - local < kLocalBytes)
    return {};
  size_t begin = local + kLocalBytes +
                 read16le(bytes.data() + local + kLocalName) +
                 read16le(bytes.data() + local + kLocalExtra);
  if (begin > bytes.size() || bytes.size() - begin < size)
    return {};
  return bytes.substr(begin, size);
}

static void repairEntry(std::string &bytes, size_t central, int depth);

static void repairAll(std::string &bytes, int depth) {
  static constexpr StringRef kSignature("PK\1\2", 4);
  size_t at = StringRef(bytes).find(kSignature);
  while (at != StringRef::npos && bytes.size() - at >= kCentralBytes) {
    repairEntry(bytes, at, depth);
    at = StringRef(bytes).find(kSignature, at + 1);
  }
}

static void repairEntry(std::string &bytes, size_t central, int depth) {
  StringRef stored = storedBytes(bytes, central);
  if (stored.empty())
    return;
  size_t begin = stored.data() - bytes.data();
  if (depth < 2 && stored.starts_with(StringRef("PK\3\4", 4))) {
    std::string inner = stored.str();
    repairAll(inner, depth + 1);
    bytes.replace(begin, inner.size(), inner);
  }
  auto *data = reinterpret_cast<const uint8_t *>(bytes.data());
  uint32_t checksum = llvm::crc32({data + begin, stored.size()});
  size_t local = read32le(bytes.data() + central + kCentralOffset);
  write32le(bytes.data() + local + kLocalChecksum, checksum);
  write32le(bytes.data() + central + kCentralChecksum, checksum);
}

void deit::fuzz::repairArchive(std::string &bytes) { repairAll(bytes, 0); }
