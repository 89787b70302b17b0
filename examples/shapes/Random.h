// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Random numbers that are the same on every platform.

#ifndef DEIT_EXAMPLES_SHAPES_RANDOM_H
#define DEIT_EXAMPLES_SHAPES_RANDOM_H

#include <cstdint>

namespace deit::examples {

/// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
/// Generators", OOPSLA 2014). The distributions of the standard library differ
/// from one library to the next; these do not.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  /// The stream of picture `index` under `seed`: it does not depend on how
  /// many pictures are drawn, so a shorter file is a prefix of a longer one.
  Random(uint64_t seed, uint64_t index)
      : state(Random(seed).next() ^ Random(~index).next()) {}

  /// All 64 bits.
  uint64_t next() {
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  /// An integer of [low, high], both included; `high - low` is below 2^31.
  int between(int low, int high) {
    uint64_t range = static_cast<uint64_t>(high - low) + 1;
    return low + static_cast<int>(((next() >> 32) * range) >> 32);
  }

  /// A bell-shaped integer of [-4 * step, 4 * step], deviation near
  /// 1.15 * step + 0.6: the sum of four uniform ones.
  int bell(int step) {
    int sum = 0;
    for (int i = 0; i < 4; ++i)
      sum += between(-step, step);
    return sum;
  }

private:
  uint64_t state;
};

} // namespace deit::examples

#endif // DEIT_EXAMPLES_SHAPES_RANDOM_H
