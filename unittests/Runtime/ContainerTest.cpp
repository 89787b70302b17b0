// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Containers: what is whole opens, every kind of damage is found.

#include "TestContainer.h"

#include <gtest/gtest.h>

#include <functional>

using namespace deit::test;

namespace {

using Bytes = std::vector<uint8_t>;

Bytes makeSample() {
  return makeContainer(
      {makeEntry<int8_t>(DEIT_ELEMENT_S8, 2, 3, {1, -2, 3, -4, 5, -6}),
       makeEntry<int32_t>(DEIT_ELEMENT_S32, 1, 2, {70000, -70000}),
       makeEntry<int16_t>(DEIT_ELEMENT_S16, 1, 1, {-300}),
       makeEntry<uint8_t>(DEIT_ELEMENT_U8, 0, 5, {})});
}

const deit_container_header *open(const Bytes &bytes) {
  return deit_container_open(bytes.data(), bytes.size());
}

/// Changes the record of entry `index` and makes the checksum right again, as a
/// hostile writer would.
Bytes withRecord(size_t index,
                 const std::function<void(deit_container_record &)> &change) {
  Bytes bytes = makeSample();
  uint8_t *place = bytes.data() + 24 + index * 12;
  deit_container_record record;
  std::memcpy(&record, place, sizeof record);
  change(record);
  std::memcpy(place, &record, sizeof record);
  sealContainer(bytes);
  return bytes;
}

TEST(Container, Crc32KnownAnswers) {
  EXPECT_EQ(deit_crc32(0, "", 0), 0u);
  EXPECT_EQ(deit_crc32(0, "123456789", 9), 0xcbf43926u);
  const char *fox = "The quick brown fox jumps over the lazy dog";
  EXPECT_EQ(deit_crc32(0, fox, 43), 0x414fa339u);
  for (size_t split = 0; split <= 43; ++split)
    EXPECT_EQ(deit_crc32(deit_crc32(0, fox, split), fox + split, 43 - split),
              0x414fa339u);
}

TEST(Container, RoundTrip) {
  Bytes bytes = makeSample();
  const deit_container_header *header = open(bytes);
  ASSERT_EQ(static_cast<const void *>(header), bytes.data());
  deit_container_entry entry = deit_container_get(header, 1);
  EXPECT_EQ(entry.element, uint32_t{DEIT_ELEMENT_S32});
  EXPECT_EQ(entry.rows, 1u);
  EXPECT_EQ(entry.columns, 2u);
  EXPECT_EQ(entry.stored_bytes, 8u);
  EXPECT_EQ(entry.bytes, 8u);
  int32_t values[2];
  std::memcpy(values, bytes.data() + entry.offset, 8);
  EXPECT_EQ(values[0], 70000);
  EXPECT_EQ(values[1], -70000);
}

TEST(Container, AnyAddress) {
  Bytes bytes = makeSample();
  for (size_t shift = 0; shift < 8; ++shift) {
    Bytes moved(shift);
    moved.insert(moved.end(), bytes.begin(), bytes.end());
    EXPECT_TRUE(deit_container_open(moved.data() + shift, bytes.size()));
  }
}

TEST(Container, EmptyContainer) { EXPECT_TRUE(open(makeContainer({}))); }

TEST(Container, NothingAndEveryTruncation) {
  EXPECT_FALSE(deit_container_open(nullptr, 100));
  Bytes bytes = makeSample();
  // Copied, so that a sanitizer sees any read behind the end.
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(open(Bytes(bytes.begin(), bytes.begin() + length)));
  bytes.push_back(0);
  EXPECT_FALSE(open(bytes));
}

TEST(Container, EveryFlippedBit) {
  Bytes bytes = makeSample();
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= 1 << bit % 8;
    EXPECT_FALSE(open(bytes)) << "bit " << bit;
    bytes[bit / 8] ^= 1 << bit % 8;
  }
  EXPECT_TRUE(open(bytes));
}

TEST(Container, EntryCountBeyondTheEnd) {
  for (uint32_t count : {5u, 100u, 0x0aaaaaaau, 0xffffffffu}) {
    Bytes bytes = makeSample();
    std::memcpy(bytes.data() + 20, &count, 4);
    sealContainer(bytes);
    EXPECT_FALSE(open(bytes)) << count;
  }
}

TEST(Container, HostileRecords) {
  using Record = deit_container_record;
  auto opens = [](size_t index, std::function<void(Record &)> change) {
    return open(withRecord(index, change)) != nullptr;
  };
  EXPECT_TRUE(opens(0, [](Record &) {}));
  // More elements than bytes: they may be coded.
  EXPECT_TRUE(opens(0, [](Record &record) { record.rows = 3; }));
  EXPECT_FALSE(opens(0, [](Record &record) { record.rows = 1; }));
  EXPECT_FALSE(opens(1, [](Record &record) {
    record.columns_and_element = 2 * 4 + DEIT_ELEMENT_S16;
  }));
  EXPECT_FALSE(opens(0, [](Record &record) { record.offset = 0; }));
  EXPECT_FALSE(opens(0, [](Record &record) { record.offset -= 1; }));
  EXPECT_FALSE(opens(0, [](Record &record) { record.offset += 1; }));
  EXPECT_FALSE(opens(1, [](Record &record) { record.offset -= 7; }));
  EXPECT_FALSE(opens(2, [](Record &record) { record.offset += 5000; }));
  EXPECT_FALSE(opens(3, [](Record &record) { record.offset = UINT32_MAX; }));
  // Products that look small only if they wrap around.
  EXPECT_FALSE(opens(1, [](Record &record) {
    record.rows = 5;
    record.columns_and_element = 0x3fffffffu * 4 + DEIT_ELEMENT_S32;
  }));
  EXPECT_FALSE(opens(1, [](Record &record) {
    record.rows = UINT32_MAX;
    record.columns_and_element = UINT32_MAX;
  }));
}

TEST(Container, OtherVersionsAreForeign) {
  Bytes bytes = makeSample();
  EXPECT_FALSE(deit_container_is_foreign(bytes.data(), bytes.size()));
  bytes[7] = '1';
  EXPECT_TRUE(deit_container_is_foreign(bytes.data(), bytes.size()));
  EXPECT_FALSE(deit_container_is_foreign(bytes.data(), 20));
  bytes[0] ^= 1; // no container at all
  EXPECT_FALSE(deit_container_is_foreign(bytes.data(), bytes.size()));
  EXPECT_FALSE(deit_container_is_foreign(nullptr, 0));
}

} // namespace
