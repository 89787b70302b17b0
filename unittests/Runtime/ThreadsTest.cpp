// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pool runs every item exactly once, whatever the numbers.

#include "deit_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace {

struct PoolDeleter {
  void operator()(deit_pool *pool) const { deit_pool_destroy(pool); }
};
using Pool = std::unique_ptr<deit_pool, PoolDeleter>;

/// Counts how often each item ran, and ranges outside of all items.
struct Counts {
  explicit Counts(int64_t items) : items(items), hits(items) {}
  static void run(void *work, int64_t begin, int64_t end) {
    auto *counts = static_cast<Counts *>(work);
    if (begin < 0 || end > counts->items || begin >= end)
      ++counts->strays;
    else
      for (int64_t i = begin; i < end; ++i)
        counts->hits[i].fetch_add(1, std::memory_order_relaxed);
  }
  bool allAre(int expected) const {
    for (const auto &hit : hits)
      if (hit != expected)
        return false;
    return strays == 0;
  }
  int64_t items;
  std::vector<std::atomic<int>> hits;
  std::atomic<int> strays{0};
};

TEST(Threads, EveryItemOnce) {
  for (unsigned threads : {1u, 2u, 3u, 4u, 7u, 16u}) {
    Pool pool(deit_pool_create(threads));
    ASSERT_TRUE(pool);
    for (int64_t items = 0; items < 70; ++items) {
      Counts counts(items);
      deit_pool_run(pool.get(), items, Counts::run, &counts);
      EXPECT_TRUE(counts.allAre(1)) << threads << " threads, " << items;
    }
    Counts many(100003);
    deit_pool_run(pool.get(), many.items, Counts::run, &many);
    EXPECT_TRUE(many.allAre(1)) << threads << " threads";
  }
}

TEST(Threads, MostThreads) {
  Pool pool(deit_pool_create(256));
  ASSERT_TRUE(pool);
  Counts counts(1000);
  deit_pool_run(pool.get(), counts.items, Counts::run, &counts);
  EXPECT_TRUE(counts.allAre(1));
}

// Back to back, workers find the next job before they have left the last one.
TEST(Threads, ManyJobsInARow) {
  for (unsigned threads : {2u, 5u}) {
    Pool pool(deit_pool_create(threads));
    ASSERT_TRUE(pool);
    Counts first(13), second(37);
    for (int i = 0; i < 20000; ++i) {
      deit_pool_run(pool.get(), first.items, Counts::run, &first);
      deit_pool_run(pool.get(), second.items, Counts::run, &second);
    }
    EXPECT_TRUE(first.allAre(20000));
    EXPECT_TRUE(second.allAre(20000));
  }
}

// What one job wrote, with plain stores, the next one reads on other threads.
TEST(Threads, JobsSeeTheirPredecessors) {
  struct Work {
    std::vector<int> from, to;
  } work = {std::vector<int>(1000, 0), std::vector<int>(1000)};
  Pool pool(deit_pool_create(4));
  ASSERT_TRUE(pool);
  auto rotate = [](void *argument, int64_t begin, int64_t end) {
    auto *work = static_cast<Work *>(argument);
    for (int64_t i = begin; i < end; ++i)
      work->to[i] = work->from[(i + 511) % 1000] + 1;
  };
  for (int job = 0; job < 500; ++job) {
    deit_pool_run(pool.get(), 1000, rotate, &work);
    work.from.swap(work.to);
  }
  EXPECT_EQ(work.from, std::vector<int>(1000, 500));
}

TEST(Threads, WakesUpAfterSleep) {
  Pool pool(deit_pool_create(3));
  ASSERT_TRUE(pool);
  Counts counts(64);
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    deit_pool_run(pool.get(), counts.items, Counts::run, &counts);
  }
  EXPECT_TRUE(counts.allAre(20));
}

// Slow items make the caller wait in its sleep.
TEST(Threads, CallerSleepsToo) {
  auto doze = [](void *work, int64_t begin, int64_t end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1) * (end - begin));
    *static_cast<std::atomic<int64_t> *>(work) += end - begin;
  };
  Pool pool(deit_pool_create(4));
  ASSERT_TRUE(pool);
  std::atomic<int64_t> done{0};
  for (int64_t items = 1; items <= 20; ++items) {
    done = 0;
    deit_pool_run(pool.get(), items, doze, &done);
    EXPECT_EQ(done, items);
  }
}

TEST(Threads, WorkersTakePart) {
  auto note = [](void *work, int64_t begin, int64_t end) {
    auto *ids = static_cast<std::vector<std::thread::id> *>(work);
    for (int64_t i = begin; i < end; ++i)
      (*ids)[i] = std::this_thread::get_id();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  };
  Pool pool(deit_pool_create(2));
  ASSERT_TRUE(pool);
  std::vector<std::thread::id> ids(8);
  deit_pool_run(pool.get(), 8, note, &ids);
  EXPECT_NE(std::count(ids.begin(), ids.end(), std::this_thread::get_id()), 8);
}

TEST(Threads, CreateAndDestroy) {
  for (int i = 0; i < 200; ++i)
    Pool(deit_pool_create(1 + i % 5));
  deit_pool_destroy(nullptr);
}

} // namespace
