// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses distributions for the entropy coder, and reckons what they cost.

#ifndef DEIT_LIB_CODEGEN_DISTRIBUTIONS_H
#define DEIT_LIB_CODEGEN_DISTRIBUTIONS_H

#include "deit_expand.h"
#include <array>
#include <cstdint>

namespace deit {

/// How often each code occurs, by code + 128.
using Histogram = std::array<uint32_t, 256>;

/// The distribution that codes the most like `histogram`, which is not empty,
/// with the fewest bits, or nearly.
deit_distribution fitDistribution(const Histogram &histogram);

/// Bits that each code takes, by code + 128; infinite for impossible ones.
std::array<float, 256> codeLengths(const deit_distribution &distribution);

/// Bits to code all that `histogram` counts.
double codedBits(const Histogram &histogram,
                 const deit_distribution &distribution);

/// Bits to tell `distribution` to who knows `before`.
double distributionBits(const deit_distribution &before,
                        const deit_distribution &distribution);

} // namespace deit

#endif // DEIT_LIB_CODEGEN_DISTRIBUTIONS_H
