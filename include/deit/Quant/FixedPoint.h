// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Real multipliers as the fixed-point ones of fxp.requantize.

#ifndef DEIT_QUANT_FIXEDPOINT_H
#define DEIT_QUANT_FIXEDPOINT_H
#endif // DEIT_QUANT_FIXEDPOINT_H
