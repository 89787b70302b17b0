// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Opens containers; trusts no byte of them before it is checked.

#include "deit_container.h"

#include <pthread.h>
#include <string.h>

enum { HEADER_BYTES = 24, RECORD_BYTES = 12, CHECKSUM_END = 20 };
enum { VERSION_BYTE = 7 }; // of the magic
_Static_assert(sizeof(deit_container_header) == HEADER_BYTES, "no padding");
_Static_assert(sizeof(deit_container_record) == RECORD_BYTES, "no padding");
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
  return element == DEIT_ELEMENT_S32 ? 4 : element == DEIT_ELEMENT_S16 ? 2 : 1;
}

// Copied, because the container may lie at any address.
static deit_container_record get_record(const void *data, uint32_t index) {
  deit_container_record record;
  memcpy(&record,
         (const char *)data + HEADER_BYTES + (size_t)index * RECORD_BYTES,
         RECORD_BYTES);
  return record;
}

/// Where the payload of entry `index` ends.
static uint64_t payload_end(const deit_container_header *header, uint32_t index,
                            const void *data) {
  return index + 1 < header->entry_count ? get_record(data, index + 1).offset
                                         : header->bytes;
}

static int entry_is_valid(const deit_container_header *header, const void *data,
                          uint32_t index, uint64_t begin) {
  deit_container_record record = get_record(data, index);
  uint64_t end = payload_end(header, index, data);
  uint64_t size = element_bytes(record.columns_and_element % 4);
  uint64_t columns = record.columns_and_element / 4;
  uint64_t count = record.rows * columns; // fits: it is 32 by 30 bits
  return count <= UINT32_MAX / size && record.offset == begin && end >= begin &&
         end <= header->bytes && end - begin <= count * size;
}

const deit_container_header *deit_container_open(const void *data,
                                                 size_t bytes) {
  deit_container_header header;
  if (!data || bytes < HEADER_BYTES)
    return NULL;
  memcpy(&header, data, HEADER_BYTES);
  if (header.magic != DEIT_CONTAINER_MAGIC || header.bytes != bytes ||
      bytes > UINT32_MAX ||
      header.entry_count > (bytes - HEADER_BYTES) / RECORD_BYTES)
    return NULL;
  const uint8_t *checked = (const uint8_t *)data + CHECKSUM_END;
  if (deit_crc32(0, checked, bytes - CHECKSUM_END) != header.checksum)
    return NULL;
  uint64_t at = HEADER_BYTES + (uint64_t)header.entry_count * RECORD_BYTES;
  for (uint32_t index = 0; index < header.entry_count; ++index) {
    if (!entry_is_valid(&header, data, index, at))
      return NULL;
    at = payload_end(&header, index, data);
  }
  return at == bytes ? data : NULL;
}

int deit_container_is_foreign(const void *data, size_t bytes) {
  const uint64_t magic = DEIT_CONTAINER_MAGIC;
  return data && bytes >= HEADER_BYTES &&
         memcmp(data, &magic, VERSION_BYTE) == 0 &&
         memcmp(data, &magic, sizeof magic) != 0;
}

deit_container_entry deit_container_get(const deit_container_header *header,
                                        uint32_t index) {
  deit_container_header own;
  memcpy(&own, header, HEADER_BYTES);
  deit_container_record record = get_record(header, index);
  deit_container_entry entry;
  entry.element = record.columns_and_element % 4;
  entry.rows = record.rows;
  entry.columns = record.columns_and_element / 4;
  entry.offset = record.offset;
  entry.stored_bytes =
      (uint32_t)(payload_end(&own, index, header) - record.offset);
  entry.bytes =
      (uint32_t)(entry.rows * entry.columns * element_bytes(entry.element));
  return entry;
}
