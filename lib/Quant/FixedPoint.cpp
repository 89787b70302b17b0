// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Real multipliers as the fixed-point ones of fxp.requantize.

#include "deit/Quant/FixedPoint.h"
