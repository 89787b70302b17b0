// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Opens containers; trusts no byte of them before it is checked.

#include "deit_container.h"

#include <pthread.h>
#include <string.h>

enum { HEADER_BYTES = 24, ENTRY_BYTES = 24, CHECKSUM_END = 20 };
_Static_assert(sizeof(deit_container_header) == HEADER_BYTES, "no padding");
_Static_assert(sizeof(deit_container_entry) == ENTRY_BYTES, "no padding");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "containers are read in place");

// crc_table[s][b] advances the remainder of byte b over s more zero bytes, so
// that eight bytes take eight independent look-ups.
static uint32_t crc_table[8][256];
static pthread_once_t crc_once = PTHREAD_ONCE_INIT;

static void fill_crc_table(void) {
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1) ^ (UINT32_C(0xedb88320) & (0 - (crc & 1)));
    crc_table[0][byte] = crc;
  }
  for (int shift = 1; shift < 8; ++shift)
    for (int byte = 0; byte < 256; ++byte) {
      uint32_t crc = crc_table[shift - 1][byte];
      crc_table[shift][byte] = (crc >> 8) ^ crc_table[0][crc & 255];
    }
}

uint32_t deit_crc32(uint32_t crc, const void *data, size_t bytes) {
  pthread_once(&crc_once, fill_crc_table);
  const uint8_t *next = data;
  crc = ~crc;
  for (; bytes >= 8; bytes -= 8, next += 8) {
    uint64_t word;
    memcpy(&word, next, 8);
    word ^= crc;
    crc = 0;
    for (int byte = 0; byte < 8; ++byte)
      crc ^= crc_table[7 - byte][(word >> 8 * byte) & 255];
  }
  for (; bytes > 0; --bytes, ++next)
    crc = (crc >> 8) ^ crc_table[0][(crc ^ *next) & 255];
  return ~crc;
}

static uint64_t element_bytes(uint32_t element) {
  switch (element) {
  case DEIT_ELEMENT_U8:
  case DEIT_ELEMENT_S8:
    return 1;
  case DEIT_ELEMENT_S16:
    return 2;
  case DEIT_ELEMENT_S32:
    return 4;
  default:
    return 0;
  }
}

static int entry_is_valid(const deit_container_entry *entry,
                          uint64_t payload_begin, uint64_t payload_end) {
  uint64_t element = element_bytes(entry->element);
  uint64_t count = (uint64_t)entry->rows * entry->columns;
  // The second comparison keeps the product of the third inside 64 bits.
  return element != 0 && count <= UINT32_MAX &&
         count * element == entry->stored_bytes &&
         entry->offset >= payload_begin && entry->offset <= payload_end &&
         entry->stored_bytes <= payload_end - entry->offset;
}

const deit_container_header *deit_container_open(const void *data,
                                                 size_t bytes) {
  deit_container_header header;
  if (!data || bytes < HEADER_BYTES)
    return NULL;
  memcpy(&header, data, HEADER_BYTES);
  if (header.magic != DEIT_CONTAINER_MAGIC || header.bytes != bytes ||
      header.entry_count > (bytes - HEADER_BYTES) / ENTRY_BYTES)
    return NULL;
  const uint8_t *checked = (const uint8_t *)data + CHECKSUM_END;
  if (deit_crc32(0, checked, bytes - CHECKSUM_END) != header.checksum)
    return NULL;
  uint64_t payloads = HEADER_BYTES + (uint64_t)header.entry_count * ENTRY_BYTES;
  for (uint32_t index = 0; index < header.entry_count; ++index) {
    deit_container_entry entry = deit_container_get(data, index);
    if (!entry_is_valid(&entry, payloads, bytes))
      return NULL;
  }
  return data;
}

deit_container_entry deit_container_get(const deit_container_header *header,
                                        uint32_t index) {
  // Copied, because the container may lie at any address.
  deit_container_entry entry;
  memcpy(&entry,
         (const char *)header + HEADER_BYTES + (size_t)index * ENTRY_BYTES,
         ENTRY_BYTES);
  return entry;
}
