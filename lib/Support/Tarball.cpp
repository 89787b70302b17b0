// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Archives of files: POSIX.1-1988 ustar in gzip (RFC 1952).

#include "deit/Support/Tarball.h"
#include "deit/Support/FileIO.h"
#include "llvm/Support/Format.h"
#include <cstring>
#include <zlib.h>

using namespace deit;
using llvm::Expected;
using llvm::StringRef;

namespace {
/// A member's header: numbers in octal digits, as the standard lays them out.
struct UstarHeader {
  char name[100], mode[8], owner[8], group[8], size[12], time[12], checksum[8],
      kind, link[100], magic[6], version[2], ownerName[32], groupName[32],
      deviceMajor[8], deviceMinor[8], prefix[155], padding[12];
};
static_assert(sizeof(UstarHeader) == 512, "a block of the format");
} // namespace

/// All files are of the morning of 2000-01-01: make asks for some order only.
static constexpr uint64_t kTime = 946684800;

template <size_t N>
static void setOctal(char (&field)[N], uint64_t value) {
  snprintf(field, N, "%0*llo", int(N - 1), (unsigned long long)value);
}

template <size_t N>
static void setText(char (&field)[N], StringRef text) {
  memcpy(field, text.data(), std::min(N, text.size()));
}

static UstarHeader makeHeader(const TarMember &member) {
  UstarHeader header = {};
  setText(header.name, member.path);
  setOctal(header.mode, member.isExecutable ? 0755 : 0644);
  setOctal(header.owner, 0);
  setOctal(header.group, 0);
  setOctal(header.size, member.contents.size());
  setOctal(header.time, kTime);
  header.kind = '0'; // a file
  setText(header.magic, "ustar");
  setText(header.version, "00");
  setText(header.ownerName, "root");
  setText(header.groupName, "root");
  // The checksum is taken with spaces in its own place.
  memset(header.checksum, ' ', sizeof header.checksum);
  unsigned sum = 0;
  for (size_t i = 0; i < sizeof header; ++i)
    sum += reinterpret_cast<const uint8_t *>(&header)[i];
  snprintf(header.checksum, sizeof header.checksum, "%06o", sum);
  return header;
}

static std::string makeTar(llvm::ArrayRef<TarMember> members) {
  constexpr size_t block = sizeof(UstarHeader);
  std::string tar;
  for (const TarMember &member : members) {
    UstarHeader header = makeHeader(member);
    tar.append(reinterpret_cast<const char *>(&header), block);
    tar += member.contents;
    tar.append((block - tar.size() % block) % block, '\0');
  }
  tar.append(2 * block, '\0');
  return tar;
}

Expected<std::string> deit::makeTarball(llvm::ArrayRef<TarMember> members) {
  for (const TarMember &member : members)
    if (member.path.size() >= sizeof UstarHeader::name)
      return makeError("archive: the name " + quoted(member.path) +
                       " is longer than 99 bytes");
  std::string tar = makeTar(members);
  z_stream stream = {};
  constexpr int gzip = 16; // added to the window's bits, asks for its header
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + gzip,
                   MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
    return makeError("archive: there is not enough memory to compress it");
  std::string packed(deflateBound(&stream, tar.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef *>(tar.data());
  stream.avail_in = tar.size();
  stream.next_out = reinterpret_cast<Bytef *>(packed.data());
  stream.avail_out = packed.size();
  int status = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END)
    return makeError("archive: zlib failed to compress it");
  return packed;
}
