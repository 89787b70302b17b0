// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The container: every constant of an integer model in one checksummed,
// target-independent blob, entropy-coded. Little-endian throughout.
//
// A payload as long as its elements is the elements. A shorter one is coded,
// with rANS (Duda, "Asymmetric numeral systems", 2013) of 32-bit states that
// are refilled by 16 bits and probabilities of 14 bits. First come the states,
// 4 bytes each: one, or four if there are 4096 elements or more; then the words
// that refill them, in the order in which that is needed. A state starts in the
// encoder, so ends in the decoder, as 2^16.
//
// Everything is taken from one such stream, single codes and bits from the
// first state, runs of codes from the states in turn, each run beginning with
// the first. `n` bits are a code of 2^n that are as likely. In order:
//
//   1 bit      elements are differences: from the row above, or in a vector
//              from the element before
//   5 bits     shift: elements are what follows times 2^shift, modulo their
//              width
//   planes     for each byte of an element, the most significant first: the
//              digits to base 256 from -128 to 127. The element is their sum,
//              modulo its width
//
// A plane:
//
//   1 bit      plain: all 256 codes are as likely. Its codes follow, as those
//              of the single class below; nothing else does
//   8 bits     center: added to every code, modulo 256
//   4 + 4 bits classes of rows R, and of columns C, less 1
//   classes    of each row, if R > 1; then of each column, if C > 1:
//              a distribution, told from the flat one, and a run of
//              class - floor(R or C / 2)
//   1 bit      columns have multiples. If so, a distribution, told from the
//              flat one, and a run of the multiple of each column, from 1 to
//              127: a code is its multiple times what is coded of it
//   distributions 0 to R + C - 2, without those that no code has: each is told
//              from the one before, the first from the flat one
//   codes      distribution after distribution, row after row: a run of the
//              columns, in ascending order, where class of row + class of
//              column is this distribution
//
// A distribution has a reach, 0 to 128, and is the same for code and -code.
// Knots stand at 0 1 2 3 4 6 8 12 16 24 32 40 48 64 80 96 112 128, as far as
// they are below the reach, and at the reach (none where it is 0). A knot is
// the logarithm of a code's weight in 16ths of a power of two; in between it is
// linear. What is taken is the difference of the reach from the one before, and
// of each knot from `deit_predict_knot`, modulo 256, as codes of a fixed
// distribution. How weights become frequencies is `deit_make_frequencies`
// (runtime/lib/expand.c), in integers.

#ifndef DEIT_CONTAINER_H
#define DEIT_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// "DeiTfxp3" read as a little-endian 64-bit integer.
#define DEIT_CONTAINER_MAGIC UINT64_C(0x3370786654696544)

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
