// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Packing against its definition, index by index, and the shapes it refuses.

#include "TestContainer.h"
#include "deit_pack.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <random>

using namespace deit::test;

namespace {

using Bytes = std::vector<uint8_t>;

template <typename T>
std::vector<T> randomValues(size_t count, int low, int high) {
  static std::mt19937 random(1);
  std::uniform_int_distribution<int> values(low, high);
  std::vector<T> result(count);
  for (T &value : result)
    value = static_cast<T>(values(random));
  return result;
}

deit_pack gemmPack(int64_t n, int64_t k, int64_t block, int64_t group,
                   int64_t width, int64_t offset) {
  deit_pack pack = {};
  pack.kind = DEIT_PACK_GEMM;
  pack.source = 0;
  pack.bias = 1;
  pack.block = block;
  pack.group = group;
  pack.width = width;
  pack.padded_n = (n + block - 1) / block * block;
  pack.padded_k = (k + group - 1) / group * group;
  pack.activation_offset = offset;
  pack.destination = 64;
  pack.bias_destination = 64 + pack.padded_n * pack.padded_k * width;
  return pack;
}

Bytes gemmContainer(int64_t n, int64_t k) {
  return makeContainer(
      {makeEntry(DEIT_ELEMENT_S8, n, k, randomValues<int8_t>(n * k, -127, 127)),
       makeEntry(DEIT_ELEMENT_S32, 1, n,
                 randomValues<int32_t>(n, -1000000, 1000000))});
}

deit_program_t program(const std::vector<deit_pack> &packs, int64_t entries,
                       int64_t packedBytes) {
  deit_program_t program = {};
  program.entry_count = entries;
  program.packed_bytes = packedBytes;
  program.packs = packs.data();
  program.pack_count = packs.size();
  return program;
}

const deit_container_header *open(const Bytes &bytes) {
  return deit_container_open(bytes.data(), bytes.size());
}

/// Packs with a workspace of the size asked for, and not a byte more.
void packConstant(const deit_pack &pack, const Bytes &container,
                  uint8_t *packed) {
  const deit_container_header *header = open(container);
  ASSERT_TRUE(header);
  size_t bytes = deit_pack_workspace(&pack, header);
  std::unique_ptr<uint8_t, void (*)(void *)> workspace(
      static_cast<uint8_t *>(std::aligned_alloc(64, (bytes + 63) / 64 * 64)),
      std::free);
  EXPECT_TRUE(deit_pack_constant(&pack, header, packed, workspace.get()));
}

/// The definition in deit_abi.h, one element at a time.
Bytes packNaively(const deit_pack &pack, int64_t n, int64_t k,
                  const int8_t *codes, const int32_t *bias) {
  Bytes packed(pack.bias_destination + pack.padded_n * 4);
  for (int64_t row = 0; row < pack.padded_n; ++row) {
    int32_t total = row < n ? bias[row] : 0;
    for (int64_t i = 0; i < k && row < n; ++i) {
      int32_t code = codes[row * k + i];
      total -= pack.activation_offset * code;
      int64_t index = row / pack.block * (pack.padded_k / pack.group);
      index = (index + i / pack.group) * pack.block + row % pack.block;
      index = index * pack.group + i % pack.group;
      std::memcpy(&packed[pack.destination + index * pack.width], &code,
                  pack.width);
    }
    std::memcpy(&packed[pack.bias_destination + row * 4], &total, 4);
  }
  return packed;
}

void checkGemm(int64_t n, int64_t k, int64_t block, int64_t group,
               int64_t width, int64_t offset) {
  Bytes container = gemmContainer(n, k);
  deit_pack pack = gemmPack(n, k, block, group, width, offset);
  const deit_container_header *header = open(container);
  ASSERT_TRUE(header);
  std::vector<deit_pack> packs = {pack};
  Bytes packed(pack.bias_destination + pack.padded_n * 4);
  deit_program_t owner = program(packs, 2, packed.size());
  ASSERT_TRUE(deit_packs_match(&owner, header));
  packConstant(pack, container, packed.data());
  std::vector<int32_t> bias(n);
  std::memcpy(bias.data(),
              container.data() + deit_container_get(header, 1).offset, n * 4);
  auto *codes = reinterpret_cast<const int8_t *>(
      container.data() + deit_container_get(header, 0).offset);
  EXPECT_EQ(packed, packNaively(pack, n, k, codes, bias.data()))
      << n << " x " << k << ", block " << block << ", group " << group
      << ", width " << width;
}

TEST(Pack, Gemm) {
  struct {
    int64_t block, group, width;
  } layouts[] = {{64, 4, 1}, {16, 2, 2}, {4, 2, 1}, {32, 8, 1},
                 {12, 3, 2}, {1, 1, 4},  {5, 4, 4}};
  for (auto layout : layouts)
    for (int64_t n : {1, 5, 64, 100, 193})
      for (int64_t k : {1, 3, 48, 257, 600})
        checkGemm(n, k, layout.block, layout.group, layout.width,
                  (n + k) % 3 == 0 ? 0 : 128);
}

TEST(Pack, GemmWithLongerK) {
  Bytes container = gemmContainer(6, 10);
  deit_pack pack = gemmPack(6, 64, 8, 4, 1, 0); // K padded to 64
  std::vector<deit_pack> packs = {pack};
  Bytes packed(pack.bias_destination + 32);
  deit_program_t owner = program(packs, 2, packed.size());
  ASSERT_TRUE(deit_packs_match(&owner, open(container)));
  packConstant(pack, container, packed.data());
  for (size_t i = 64 + 3 * 32; i < 64 + 16 * 32; ++i)
    EXPECT_EQ(packed[i], 0);
}

deit_pack rowsPack(int64_t destination, int64_t stride, int64_t flip) {
  deit_pack pack = {};
  pack.kind = DEIT_PACK_ROWS;
  pack.destination = destination;
  pack.stride = stride;
  pack.flip = flip;
  return pack;
}

TEST(Pack, Rows) {
  Bytes container = makeContainer(
      {makeEntry<int16_t>(DEIT_ELEMENT_S16, 2, 3, {1, 2, 3, -1, -2, -3})});
  deit_pack pack = rowsPack(4, 8, 0);
  Bytes packed(20, 0xee);
  packConstant(pack, container, packed.data());
  EXPECT_EQ(packed, (Bytes{0xee, 0xee, 0xee, 0xee, 1,    0,    2,    0, 3, 0, 0,
                           0,    0xff, 0xff, 0xfe, 0xff, 0xfd, 0xff, 0, 0}));
}

TEST(Pack, FlippedRows) {
  Bytes container = makeContainer(
      {makeEntry<int8_t>(DEIT_ELEMENT_S8, 2, 2, {-128, -1, 0, 127})});
  deit_pack pack = rowsPack(0, 3, 128);
  Bytes packed(6, 0xee);
  packConstant(pack, container, packed.data());
  EXPECT_EQ(packed, (Bytes{0, 127, 0, 128, 255, 0})); // padding is not flipped
}

bool gemmMatches(int64_t n, int64_t k, const deit_pack &pack,
                 int64_t packedBytes = 1 << 20) {
  Bytes container = gemmContainer(n, k);
  std::vector<deit_pack> packs = {pack};
  deit_program_t owner = program(packs, 2, packedBytes);
  return deit_packs_match(&owner, open(container));
}

TEST(Pack, AnotherModelsGemm) {
  deit_pack pack = gemmPack(100, 384, 32, 4, 1, 0);
  EXPECT_TRUE(gemmMatches(100, 384, pack));
  EXPECT_FALSE(gemmMatches(100, 388, pack)); // wider
  EXPECT_FALSE(gemmMatches(129, 384, pack)); // more rows
  EXPECT_FALSE(gemmMatches(100, 192, pack)); // narrower
  EXPECT_FALSE(gemmMatches(50, 384, pack));  // fewer rows
  EXPECT_FALSE(
      gemmMatches(100, 384, pack, pack.bias_destination + 128 * 4 - 1));
  EXPECT_TRUE(gemmMatches(100, 384, pack, pack.bias_destination + 128 * 4));
}

TEST(Pack, HostileTables) {
  deit_pack sound = gemmPack(8, 8, 8, 4, 1, 0);
  auto matches = [&](void (*change)(deit_pack &)) {
    deit_pack pack = sound;
    change(pack);
    return gemmMatches(8, 8, pack);
  };
  EXPECT_TRUE(matches([](deit_pack &) {}));
  EXPECT_FALSE(matches([](deit_pack &pack) { pack.kind = 2; }));
  EXPECT_FALSE(matches([](deit_pack &pack) { pack.source = -1; }));
  EXPECT_FALSE(matches([](deit_pack &pack) { pack.source = 2; }));
  EXPECT_FALSE(matches([](deit_pack &pack) { pack.source = 1; })); // s32
  EXPECT_FALSE(matches([](deit_pack &pack) { pack.bias = 0; }));   // s8
  EXPECT_FALSE(matches([](deit_pack &pack) { pack.bias = 5; }));
  EXPECT_FALSE(matches([](deit_pack &pack) { pack.destination = -8; }));
  EXPECT_FALSE(matches([](deit_pack &pack) { pack.destination = 1 << 20; }));
  EXPECT_FALSE(
      matches([](deit_pack &pack) { pack.destination = INT64_MAX - 3; }));
  EXPECT_FALSE(matches([](deit_pack &pack) { pack.width = 3; }));
  EXPECT_FALSE(matches([](deit_pack &pack) { pack.group = 0; }));
  EXPECT_FALSE(matches([](deit_pack &pack) { pack.block = 0; }));
}

TEST(Pack, AnotherModelsRows) {
  Bytes container = makeContainer(
      {makeEntry<int8_t>(DEIT_ELEMENT_S8, 3, 5, std::vector<int8_t>(15)),
       makeEntry<int8_t>(DEIT_ELEMENT_S8, 1, 8, std::vector<int8_t>(8))});
  auto matches = [&](deit_pack first, deit_pack second, int64_t entries = 2) {
    second.source = 1;
    std::vector<deit_pack> packs = {first, second};
    deit_program_t owner = program(packs, entries, 64);
    return deit_packs_match(&owner, open(container));
  };
  EXPECT_TRUE(matches(rowsPack(0, 8, 0), rowsPack(24, 8, 0)));
  EXPECT_TRUE(matches(rowsPack(40, 8, 0), rowsPack(0, 8, 0)));
  EXPECT_FALSE(matches(rowsPack(0, 8, 0), rowsPack(24, 8, 0), 3));
  EXPECT_FALSE(matches(rowsPack(0, 4, 0), rowsPack(24, 8, 0))); // row > stride
  EXPECT_FALSE(matches(rowsPack(0, -8, 0), rowsPack(24, 8, 0)));
  EXPECT_FALSE(matches(rowsPack(0, 8, 0), rowsPack(23, 8, 0))); // overlap
  EXPECT_FALSE(matches(rowsPack(41, 8, 0), rowsPack(0, 8, 0))); // behind end
  EXPECT_FALSE(matches(rowsPack(0, INT64_MAX / 2, 0), rowsPack(24, 8, 0)));
}

} // namespace
