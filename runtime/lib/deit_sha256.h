// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// SHA-256 (FIPS 180-4), in one go or piece by piece.

#ifndef DEIT_SHA256_H
#define DEIT_SHA256_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  uint32_t state[8];
  uint64_t bytes; ///< so far
  uint8_t block[64];
} deit_sha256;

void deit_sha256_begin(deit_sha256 *hash);
void deit_sha256_add(deit_sha256 *hash, const void *data, size_t bytes);

/// Writes the digest as 64 lower-case hexadecimal digits and a zero.
void deit_sha256_end(deit_sha256 *hash, char digest[65]);

#ifdef __cplusplus
}
#endif

#endif // DEIT_SHA256_H
