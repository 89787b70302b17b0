// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds containers for the runtime's tests.

#ifndef DEIT_UNITTESTS_RUNTIME_TESTCONTAINER_H
#define DEIT_UNITTESTS_RUNTIME_TESTCONTAINER_H

#include "deit_container.h"

#include <cstring>
#include <vector>

namespace deit::test {

struct TestEntry {
  uint32_t element, rows, columns;
  std::vector<uint8_t> payload;
};

template <typename T>
TestEntry makeEntry(uint32_t element, uint32_t rows, uint32_t columns,
                    const std::vector<T> &values) {
  auto *bytes = reinterpret_cast<const uint8_t *>(values.data());
  std::vector<uint8_t> payload(bytes, bytes + values.size() * sizeof(T));
  return {element, rows, columns, payload};
}

/// Makes the checksum right again after bytes were changed.
inline void sealContainer(std::vector<uint8_t> &bytes) {
  uint32_t crc = deit_crc32(0, bytes.data() + 20, bytes.size() - 20);
  std::memcpy(bytes.data() + 16, &crc, 4);
}

/// A container of `entries`, whose payloads may be coded.
inline std::vector<uint8_t>
makeContainer(const std::vector<TestEntry> &entries) {
  deit_container_header header = {DEIT_CONTAINER_MAGIC, 0, 0,
                                  static_cast<uint32_t>(entries.size())};
  std::vector<uint8_t> bytes(sizeof header +
                             entries.size() * sizeof(deit_container_record));
  for (size_t i = 0; i < entries.size(); ++i) {
    const TestEntry &from = entries[i];
    deit_container_record record = {static_cast<uint32_t>(bytes.size()),
                                    from.rows, from.columns * 4 + from.element};
    std::memcpy(bytes.data() + sizeof header + i * sizeof record, &record,
                sizeof record);
    bytes.insert(bytes.end(), from.payload.begin(), from.payload.end());
  }
  header.bytes = bytes.size();
  std::memcpy(bytes.data(), &header, sizeof header);
  sealContainer(bytes);
  return bytes;
}

} // namespace deit::test

#endif // DEIT_UNITTESTS_RUNTIME_TESTCONTAINER_H
