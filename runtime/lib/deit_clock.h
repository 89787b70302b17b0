// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The clock all durations are measured with.

#ifndef DEIT_CLOCK_H
#define DEIT_CLOCK_H

#include <stdint.h>
#include <time.h>

/// Nanoseconds since some fixed moment; never runs backwards.
static inline int64_t deit_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#endif // DEIT_CLOCK_H
