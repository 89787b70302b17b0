// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A pool of threads for loops of independent work items.

#ifndef DEIT_THREADS_H
#define DEIT_THREADS_H

#include "deit_model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct deit_pool deit_pool;

/// Starts `threads` - 1 workers (the caller is the last thread); null if the
/// system refuses one or is out of memory.
deit_pool *deit_pool_create(unsigned threads);

/// Runs `range` on disjoint parts of 0 to `items` and returns when all are
/// done. One caller at a time. Allocates nothing.
void deit_pool_run(deit_pool *pool, int64_t items, deit_range range,
                   void *work);

/// Stops and joins the workers. Null is allowed.
void deit_pool_destroy(deit_pool *pool);

#ifdef __cplusplus
}
#endif

#endif // DEIT_THREADS_H
