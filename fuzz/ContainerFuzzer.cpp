// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fuzz target: containers, from the header to weights laid out for a CPU.

#include "Fuzz.h"
#include "deit_container.h"
#include "deit_expand.h"
#include "deit_pack.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

using namespace deit;

/// What one run may take: a container may say that a few bytes are gigabytes,
/// and a program takes it at its word only where it expects as much.
static constexpr size_t kMost = 1 << 16;

/// Bytes of their own, so that a sanitizer sees the end.
using Buffer = std::unique_ptr<uint8_t, void (*)(void *)>;
static Buffer allocate(size_t bytes) {
  bytes = bytes ? (bytes + 63) / 64 * 64 : 64;
  return {static_cast<uint8_t *>(aligned_alloc(64, bytes)), free};
}

/// Magic number, length and checksum.
static void repair(std::string &bytes) {
  deit_container_header header;
  if (bytes.size() < sizeof header)
    return;
  memcpy(&header, bytes.data(), sizeof header);
  header.magic = DEIT_CONTAINER_MAGIC;
  header.bytes = bytes.size();
  header.checksum = deit_crc32(0, bytes.data() + 20, bytes.size() - 20);
  memcpy(bytes.data(), &header, 20);
}

static void expand(const deit_container_header *container, uint32_t index) {
  deit_container_entry entry = deit_container_get(container, index);
  size_t workspace = deit_expand_workspace(&entry);
  if (entry.bytes > kMost || workspace > kMost)
    return;
  // Not rounded up: what is expanded ends here.
  std::vector<uint8_t> elements(entry.bytes);
  deit_expand(container, &entry, elements.data(), allocate(workspace).get());
}

/// Packs like those of a compiled model: weights of 8 bits with the bias that
/// follows, everything else as rows.
static std::vector<deit_pack> plan(const deit_container_header *container,
                                   uint32_t count, int64_t &bytes) {
  std::vector<deit_pack> packs;
  for (uint32_t i = 0; i < count; ++i) {
    deit_container_entry entry = deit_container_get(container, i);
    deit_pack pack = {};
    pack.source = i;
    pack.destination = bytes;
    pack.stride = (int64_t(entry.columns) * 4 + 63) / 64 * 64;
    int64_t size = pack.stride * entry.rows;
    if (entry.element == DEIT_ELEMENT_S8 && i + 1 < count) {
      pack.kind = DEIT_PACK_GEMM;
      pack.bias = ++i;
      pack.block = 16, pack.group = 4, pack.width = 1 << packs.size() % 2;
      pack.padded_n = (int64_t(entry.rows) + 15) / 16 * 16;
      pack.padded_k = (int64_t(entry.columns) + 3) / 4 * 4;
      pack.activation_offset = 128;
      pack.bias_destination =
          bytes + pack.padded_n * pack.padded_k * pack.width;
      size = pack.padded_n * (pack.padded_k * pack.width + 4);
    }
    if (size > int64_t(kMost))
      break;
    bytes += size;
    packs.push_back(pack);
  }
  return packs;
}

static void pack(const deit_container_header *container, uint32_t count) {
  deit_program_t program = {};
  std::vector<deit_pack> packs = plan(container, count, program.packed_bytes);
  program.entry_count = count;
  program.packs = packs.data();
  program.pack_count = packs.size();
  if (program.packed_bytes > int64_t(kMost) ||
      !deit_packs_match(&program, container))
    return;
  std::vector<uint8_t> packed(program.packed_bytes);
  for (const deit_pack &each : packs) {
    Buffer workspace = allocate(deit_pack_workspace(&each, container));
    deit_pack_constant(&each, container, packed.data(), workspace.get());
  }
}

static void run(llvm::StringRef bytes) {
  (void)deit_container_is_foreign(bytes.data(), bytes.size());
  const deit_container_header *container =
      deit_container_open(bytes.data(), bytes.size());
  if (!container)
    return;
  deit_container_header header;
  memcpy(&header, container, sizeof header);
  for (uint32_t i = 0; i < header.entry_count; ++i)
    expand(container, i);
  pack(container, header.entry_count);
}

const fuzz::Target fuzz::target = {run, repair};
