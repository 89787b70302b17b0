// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The thread pool: chunks are claimed from one atomic counter; idle threads
// spin for a moment, because the next step mostly follows at once, then sleep.

#include "deit_clock.h"
#include "deit_cpu.h"
#include "deit_threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

// Several chunks a thread even out what a busy core does late.
enum { CHUNKS_PER_THREAD = 4 };
enum { SPIN_NANOSECONDS = 100 * 1000, PAUSES_PER_LOOK_AT_CLOCK = 16 };

struct deit_pool {
  /// Chunks of the current job that nobody has claimed. Whoever lowers it
  /// from above zero owns a chunk, and the job below cannot change before
  /// that chunk is counted in `done`.
  alignas(64) atomic_llong unclaimed;
  alignas(64) atomic_llong done;
  alignas(64) deit_range range;
  void *work;
  int64_t items, chunk, chunks;

  atomic_int sleepers;      ///< workers asleep, or about to check once more
  atomic_int caller_sleeps; ///< the caller likewise
  atomic_int stop;
  pthread_mutex_t mutex;
  pthread_cond_t work_ready, work_done;
  int64_t spin_nanoseconds;
  unsigned worker_count;
  pthread_t workers[];
};

static void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  // A yield hint costs nothing on most cores; this waits a few cycles.
  __asm__ volatile("isb" ::: "memory");
#endif
}

/// Claims one chunk and runs it; false if there is none left.
static bool run_chunk(deit_pool *pool) {
  long long left = atomic_load(&pool->unclaimed);
  do {
    if (left <= 0)
      return false;
  } while (!atomic_compare_exchange_weak(&pool->unclaimed, &left, left - 1));
  int64_t chunks = pool->chunks;
  int64_t begin = (chunks - left) * pool->chunk;
  int64_t rest = pool->items - begin;
  pool->range(pool->work, begin,
              begin + (rest < pool->chunk ? rest : pool->chunk));
  if (atomic_fetch_add(&pool->done, 1) + 1 == chunks &&
      atomic_load(&pool->caller_sleeps)) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_signal(&pool->work_done);
    pthread_mutex_unlock(&pool->mutex);
  }
  return true;
}

static bool has_work(deit_pool *pool) {
  return atomic_load(&pool->unclaimed) > 0 || atomic_load(&pool->stop);
}

static bool is_done(deit_pool *pool) {
  return atomic_load(&pool->done) == pool->chunks;
}

/// Waits for `ready` a short while without giving the core away.
static bool spin_until(deit_pool *pool, bool (*ready)(deit_pool *)) {
  if (ready(pool))
    return true;
  if (pool->spin_nanoseconds == 0)
    return false;
  int64_t end = deit_nanoseconds() + pool->spin_nanoseconds;
  do {
    for (int i = 0; i < PAUSES_PER_LOOK_AT_CLOCK; ++i) {
      pause_briefly();
      if (ready(pool))
        return true;
    }
  } while (deit_nanoseconds() < end);
  return false;
}

/// Sleeps until `ready`. Whoever makes it so changes its condition first and
/// looks at `flag` second, this does it the other way round: one of the two
/// sees the other.
static void sleep_until(deit_pool *pool, bool (*ready)(deit_pool *),
                        atomic_int *flag, pthread_cond_t *condition) {
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(flag, 1);
  while (!ready(pool))
    pthread_cond_wait(condition, &pool->mutex);
  atomic_fetch_sub(flag, 1);
  pthread_mutex_unlock(&pool->mutex);
}

static void wake_workers(deit_pool *pool) {
  if (atomic_load(&pool->sleepers) == 0)
    return;
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_broadcast(&pool->work_ready);
  pthread_mutex_unlock(&pool->mutex);
}

static void *run_worker(void *argument) {
  deit_pool *pool = argument;
  while (!atomic_load(&pool->stop)) {
    if (run_chunk(pool))
      continue;
    if (!spin_until(pool, has_work))
      sleep_until(pool, has_work, &pool->sleepers, &pool->work_ready);
  }
  return NULL;
}

void deit_pool_run(deit_pool *pool, int64_t items, deit_range range,
                   void *work) {
  if (items <= 0)
    return;
  int64_t most = (int64_t)(pool->worker_count + 1) * CHUNKS_PER_THREAD;
  pool->range = range;
  pool->work = work;
  pool->items = items;
  pool->chunk = items / most + (items % most != 0);
  pool->chunks = items / pool->chunk + (items % pool->chunk != 0);
  atomic_store(&pool->done, 0);
  atomic_store(&pool->unclaimed, pool->chunks);
  wake_workers(pool);
  while (run_chunk(pool))
    ;
  if (!spin_until(pool, is_done))
    sleep_until(pool, is_done, &pool->caller_sleeps, &pool->work_done);
}

static bool start_workers(deit_pool *pool, unsigned count) {
  // Signals are the embedder's business: its own threads shall receive them.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = true;
  while (started && pool->worker_count < count) {
    started = pthread_create(&pool->workers[pool->worker_count], NULL,
                             run_worker, pool) == 0;
    pool->worker_count += started;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return started;
}

deit_pool *deit_pool_create(unsigned threads) {
  size_t bytes = sizeof(deit_pool) + threads * sizeof(pthread_t);
  deit_pool *pool = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (!pool)
    return NULL;
  *pool = (deit_pool){0};
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->work_ready, NULL);
  pthread_cond_init(&pool->work_done, NULL);
  // With fewer cores than threads, a spinning one keeps a working one waiting.
  if (threads <= deit_core_count())
    pool->spin_nanoseconds = SPIN_NANOSECONDS;
  if (start_workers(pool, threads - 1))
    return pool;
  deit_pool_destroy(pool);
  return NULL;
}

void deit_pool_destroy(deit_pool *pool) {
  if (!pool)
    return;
  atomic_store(&pool->stop, 1);
  wake_workers(pool);
  for (unsigned i = 0; i < pool->worker_count; ++i)
    pthread_join(pool->workers[i], NULL);
  pthread_cond_destroy(&pool->work_done);
  pthread_cond_destroy(&pool->work_ready);
  pthread_mutex_destroy(&pool->mutex);
  free(pool);
}
