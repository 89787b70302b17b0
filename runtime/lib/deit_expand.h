// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expands entropy-coded entries of a container; deit_container.h has the
// format. The compiler's encoder makes its distributions by these functions,
// so that both sides have the same ones.

#ifndef DEIT_EXPAND_H
#define DEIT_EXPAND_H

#include "deit_container.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  DEIT_PROBABILITY_BITS = 14,
  DEIT_MAX_KNOTS = 18,
  DEIT_MAX_CLASSES = 16, ///< of rows, and as many of columns
  DEIT_MAX_STATES = 4,
  DEIT_INTERLEAVED_FROM = 4096, ///< elements; with fewer there is one state
  DEIT_FIRST_STATE = 1 << 16    ///< of the encoder, so the decoder's last
};

/// How often each code of -reach to reach occurs: the logarithm is linear
/// between knots, which lie closest around 0, and is the same for both signs.
typedef struct {
  uint8_t reach;                 ///< 0 to 128
  uint8_t knots[DEIT_MAX_KNOTS]; ///< 16ths of powers of two; behind the last
                                 ///< knot, its value
} deit_distribution;

/// Frequencies out of 2^DEIT_PROBABILITY_BITS by code + 128.
typedef struct {
  uint16_t begin[256]; ///< the sum of all before
  uint16_t frequency[256];
} deit_frequencies;

/// What the first distribution of a plane is told from.
extern const deit_distribution deit_flat_distribution;

/// Distribution of the differences of knots from their predictions.
extern const deit_distribution deit_knot_differences;

/// Knots of a distribution of `reach`; 0 for reach 0, which has one code.
unsigned deit_knot_count(unsigned reach);

/// The code that knot `knot` stands at.
unsigned deit_knot_position(unsigned reach, unsigned knot);

/// The frequencies of any distribution of reach 128 or less: at least 1 from
/// -reach to reach, 0 elsewhere.
void deit_make_frequencies(const deit_distribution *distribution,
                           deit_frequencies *frequencies);

/// Knot `knot` as expected from the table before and the knot before.
uint8_t deit_predict_knot(const deit_distribution *before,
                          const deit_distribution *now, unsigned knot);

/// Bytes of workspace that expanding `entry` takes.
size_t deit_expand_workspace(const deit_container_entry *entry);

/// Writes the elements of `entry`, which lies in the open `container`, to `to`,
/// `entry->bytes` long. False if they are damaged; `to` is garbage then.
/// `workspace` is aligned to 8 bytes.
bool deit_expand(const deit_container_header *container,
                 const deit_container_entry *entry, uint8_t *to,
                 void *workspace);

#ifdef __cplusplus
}
#endif

#endif // DEIT_EXPAND_H
