// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The container: every constant of an integer model in one checksummed,
// target-independent blob. Little-endian throughout.

#ifndef DEIT_CONTAINER_H
#define DEIT_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// "DeiTfxp2" read as a little-endian 64-bit integer.
#define DEIT_CONTAINER_MAGIC UINT64_C(0x3270786654696544)

/// The layout is: header, `entry_count` records, payloads, nothing between
/// them. `checksum` is the CRC-32 (IEEE 802.3, as zlib's crc32) of every byte
/// that follows the checksum field, up to `bytes`.
typedef struct {
  uint64_t magic;
  uint64_t bytes; ///< the whole container, this header included
  uint32_t checksum;
  uint32_t entry_count;
} deit_container_header;

/// How an entry's elements are stored.
typedef enum {
  DEIT_ELEMENT_U8 = 0,
  DEIT_ELEMENT_S8 = 1,
  DEIT_ELEMENT_S16 = 2,
  DEIT_ELEMENT_S32 = 3,
} deit_element;

/// What the container says of an entry. A payload ends where the next begins,
/// the last one with the container.
typedef struct {
  uint32_t offset; ///< of the payload from the container's start
  uint32_t rows;
  uint32_t columns_and_element; ///< columns * 4 + a deit_element
} deit_container_record;

/// One constant: a matrix of `rows` x `columns`, row after row. A vector has
/// one row. Constants are found by their position, which the compiled program
/// knows; names would only cost bytes.
typedef struct {
  uint32_t element; ///< a deit_element
  uint32_t rows;
  uint32_t columns;
  uint32_t stored_bytes; ///< of the payload in the container
  uint32_t offset;       ///< of the payload from the container's start
  uint32_t bytes;        ///< of the elements, once expanded
} deit_container_entry;

/// The header, if `bytes` hold a whole, undamaged container; null otherwise.
/// Checks magic, length, checksum, and that every entry lies inside and is no
/// longer than its elements. Whether coded payloads can be decoded, only
/// decoding tells.
const deit_container_header *deit_container_open(const void *data,
                                                 size_t bytes);

/// Whether `data` begins as a container of another version does.
int deit_container_is_foreign(const void *data, size_t bytes);

/// Entry `index`, which is below `entry_count`.
deit_container_entry deit_container_get(const deit_container_header *header,
                                        uint32_t index);

/// CRC-32 of `bytes` bytes, continued from `crc` (0 at the start).
uint32_t deit_crc32(uint32_t crc, const void *data, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif // DEIT_CONTAINER_H
