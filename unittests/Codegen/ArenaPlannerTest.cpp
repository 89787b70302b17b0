// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Buffers that live at one step never overlap, and others share memory.

#include "ArenaPlanner.h"
#include "gtest/gtest.h"
#include <random>

using namespace deit;

namespace {

bool overlaps(const ArenaBuffer &a, const ArenaBuffer &b) {
  bool inTime = a.first <= b.last && b.first <= a.last;
  bool inSpace = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
  return inTime && inSpace;
}

/// The most bytes that are alive at one step: no arena can be smaller.
int64_t lowerBound(ArrayRef<ArenaBuffer> buffers, int64_t steps) {
  int64_t most = 0;
  for (int64_t step = 0; step < steps; ++step) {
    int64_t bytes = 0;
    for (const ArenaBuffer &buffer : buffers)
      if (buffer.first <= step && step <= buffer.last)
        bytes += buffer.bytes;
    most = std::max(most, bytes);
  }
  return most;
}

TEST(ArenaPlanner, NothingTakesOneLine) { EXPECT_EQ(planArena({}), 64); }

TEST(ArenaPlanner, OneBufferIsRoundedUp) {
  SmallVector<ArenaBuffer> buffers = {{65, 0, 3}};
  EXPECT_EQ(planArena(buffers), 128);
  EXPECT_EQ(buffers[0].offset, 0);
}

TEST(ArenaPlanner, OneAfterTheOtherShares) {
  SmallVector<ArenaBuffer> buffers = {{100, 0, 1}, {256, 2, 3}, {64, 4, 4}};
  EXPECT_EQ(planArena(buffers), 256);
  for (const ArenaBuffer &buffer : buffers)
    EXPECT_EQ(buffer.offset, 0);
}

TEST(ArenaPlanner, LastReadAndFirstWriteOfAStepAreApart) {
  // A step reads its operand while it writes its result.
  SmallVector<ArenaBuffer> buffers = {{64, 0, 1}, {64, 1, 2}};
  EXPECT_EQ(planArena(buffers), 128);
  EXPECT_NE(buffers[0].offset, buffers[1].offset);
}

TEST(ArenaPlanner, AGapThatFitsIsFilled) {
  // The small one lives with both large ones, which share; then another small
  // one fits behind them where the first is gone.
  SmallVector<ArenaBuffer> buffers = {
      {512, 0, 1}, {512, 2, 3}, {64, 1, 2}, {64, 3, 3}};
  EXPECT_EQ(planArena(buffers), 576);
  EXPECT_EQ(buffers[2].offset, 512);
  EXPECT_EQ(buffers[3].offset, 512);
}

TEST(ArenaPlanner, RandomLifetimes) {
  std::mt19937 random(0);
  auto below = [&](int64_t limit) {
    return static_cast<int64_t>(random() % limit);
  };
  for (int round = 0; round < 200; ++round) {
    int64_t steps = 1 + below(30);
    SmallVector<ArenaBuffer> buffers;
    for (int64_t i = 1 + below(40); i > 0; --i) {
      int64_t first = below(steps);
      int64_t last = first + below(steps - first);
      buffers.push_back({1 + below(5000), first, last});
    }
    int64_t size = planArena(buffers);
    EXPECT_GE(size, lowerBound(buffers, steps));
    for (size_t i = 0; i < buffers.size(); ++i) {
      EXPECT_EQ(buffers[i].offset % 64, 0);
      EXPECT_LE(buffers[i].offset + buffers[i].bytes, size);
      for (size_t j = 0; j < i; ++j)
        EXPECT_FALSE(overlaps(buffers[i], buffers[j]))
            << "buffers " << i << " and " << j << " of round " << round;
    }
  }
}

} // namespace
