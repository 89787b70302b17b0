// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lays out a container's constants as the compiled kernels want them.

#ifndef DEIT_PACK_H
#define DEIT_PACK_H

#include "deit_abi.h"
#include "deit_container.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/// True if the container has the program's entries: the right number, each of
/// a type and shape that its pack can take, none written outside the packed
/// weights or over another. False means another model's container.
bool deit_packs_match(const deit_program_t *program,
                      const deit_container_header *container);

/// Bytes of workspace that packing this constant takes, and expanding it
/// before. The pack has passed `deit_packs_match`.
size_t deit_pack_workspace(const deit_pack *pack,
                           const deit_container_header *container);

/// Writes one constant into `packed`, which is zero-filled and
/// `packed_bytes` long. The pack has passed `deit_packs_match`; `workspace` is
/// aligned to 64 bytes. False if what the container stores is damaged.
bool deit_pack_constant(const deit_pack *pack,
                        const deit_container_header *container, uint8_t *packed,
                        uint8_t *workspace);

#ifdef __cplusplus
}
#endif

#endif // DEIT_PACK_H
