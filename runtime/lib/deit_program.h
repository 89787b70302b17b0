// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which of a library's programs runs on this CPU.

#ifndef DEIT_PROGRAM_H
#define DEIT_PROGRAM_H

#include "deit_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The program `deit_choose_target` chose; at first the fastest whose features
/// this CPU has, or the one that asks for the least if there is none.
const deit_program_t *deit_chosen_program(void);

#ifdef __cplusplus
}
#endif

#endif // DEIT_PROGRAM_H
