// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads a compiled program and runs images through its steps.

#define _GNU_SOURCE // madvise

// These functions are an embedder's library's interface; the rest is hidden.
#pragma GCC visibility push(default)
#include "deit_model.h"
#pragma GCC visibility pop

#include "deit_clock.h"
#include "deit_cpu.h"
#include "deit_pack.h"
#include "deit_program.h"
#include "deit_threads.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ALIGNMENT = 64 };
// Kernels read whole vectors, so they may read this far behind a buffer's end.
enum { SLACK = 256 };
enum { HUGE_PAGE = 2 << 20 };
enum { MAX_THREADS = 256 };
// Each takes memory for the constant it expands.
enum { PACK_THREADS = 4 };
// Divides evenly among a few threads, and takes a millisecond or so.
enum { PEAK_ITEMS = 240 };

struct deit_model {
  const deit_program_t *program;
  uint8_t *packed, *arena, *images;
  size_t image_bytes; ///< of a whole batch
  deit_pool *pool;    ///< null with one thread
  deit_parallel_for parallel_for;
  void *user;
};

/// Zero-filled, aligned, with slack behind. Large blocks ask for large pages:
/// the weights are read through once an image, which would cost a TLB miss
/// every 4 KiB.
static uint8_t *allocate(size_t bytes) {
  if (bytes > SIZE_MAX / 2)
    return NULL;
  size_t alignment = bytes >= 2 * (size_t)HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
  size_t size = (bytes + SLACK + alignment - 1) / alignment * alignment;
  uint8_t *memory = aligned_alloc(alignment, size);
  if (!memory)
    return NULL;
#ifdef MADV_HUGEPAGE
  if (alignment == HUGE_PAGE)
    (void)madvise(memory, size, MADV_HUGEPAGE); // a hint; may be refused
#endif
  memset(memory, 0, size);
  return memory;
}

static bool allocate_buffers(deit_model *model) {
  const deit_program_t *program = model->program;
  model->image_bytes = (size_t)program->batch * (size_t)program->image_height *
                       (size_t)program->image_width * 3;
  model->packed = allocate((size_t)program->packed_bytes);
  model->arena = allocate((size_t)program->arena_bytes);
  model->images = allocate(model->image_bytes);
  return model->packed && model->arena && model->images;
}

/// Gives the memory of read pages back: those of the library's own container
/// come from its file again if they are ever needed.
static void drop_pages(const deit_program_t *program, const void *begin,
                       size_t bytes) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  uintptr_t own = (uintptr_t)program->container, from = (uintptr_t)begin;
  if (own == 0 || from < own ||
      from + bytes > own + (size_t)program->container_bytes)
    return; // the caller's
  uintptr_t first = (from + page - 1) / page * page;
  uintptr_t last = (from + bytes) / page * page;
  if (first < last)
    (void)madvise((void *)first, last - first, MADV_DONTNEED);
}

/// The packs of a model that is being loaded, as a `deit_range`'s work.
typedef struct {
  const deit_program_t *program;
  const deit_container_header *container;
  uint8_t *packed;
  uint8_t *workspaces[PACK_THREADS];
  atomic_flag taken[PACK_THREADS]; ///< workspaces
  atomic_bool damaged;
} pack_work;

/// A workspace for the calling thread alone. There are as many as threads.
static unsigned take_workspace(pack_work *work) {
  unsigned i = 0;
  while (atomic_flag_test_and_set(&work->taken[i]))
    i = (i + 1) % PACK_THREADS;
  return i;
}

static void pack_one(pack_work *work, const deit_pack *pack,
                     uint8_t *workspace) {
  if (!deit_pack_constant(pack, work->container, work->packed, workspace))
    atomic_store(&work->damaged, true);
  deit_container_entry entry =
      deit_container_get(work->container, (uint32_t)pack->source);
  drop_pages(work->program, (const uint8_t *)work->container + entry.offset,
             entry.stored_bytes);
}

static void pack_range(void *work, int64_t begin, int64_t end) {
  pack_work *part = work;
  unsigned mine = take_workspace(part);
  for (int64_t i = begin; i < end && !atomic_load(&part->damaged); ++i)
    pack_one(part, &part->program->packs[i], part->workspaces[mine]);
  atomic_flag_clear(&part->taken[mine]);
}

/// One workspace a thread, each for the largest constant; the others stay
/// taken.
static bool allocate_workspaces(pack_work *work, unsigned threads) {
  size_t most = 0;
  for (int64_t i = 0; i < work->program->pack_count; ++i) {
    size_t bytes =
        deit_pack_workspace(&work->program->packs[i], work->container);
    most = bytes > most ? bytes : most;
  }
  size_t size = (most + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
  bool ready = true;
  for (unsigned i = 0; i < PACK_THREADS; ++i) {
    bool is_needed = i < threads;
    work->workspaces[i] = is_needed ? aligned_alloc(ALIGNMENT, size) : NULL;
    ready = ready && (!is_needed || work->workspaces[i]);
    atomic_flag_clear(&work->taken[i]);
    if (!is_needed)
      (void)atomic_flag_test_and_set(&work->taken[i]);
  }
  return ready;
}

static void free_workspaces(pack_work *work) {
  for (unsigned i = 0; i < PACK_THREADS; ++i)
    free(work->workspaces[i]);
}

/// Every constant has a place of its own, so they are packed side by side, on
/// threads that end with it.
static deit_status pack_constants(deit_model *model,
                                  const deit_container_header *container) {
  pack_work work = {model->program,     container, model->packed, {0},
                    {ATOMIC_FLAG_INIT}, false};
  unsigned cores = deit_core_count();
  unsigned threads = cores < PACK_THREADS ? cores : PACK_THREADS;
  if (!allocate_workspaces(&work, threads)) {
    free_workspaces(&work);
    return DEIT_ERROR_MEMORY;
  }
  deit_pool *pool = threads > 1 ? deit_pool_create(threads) : NULL;
  if (pool)
    deit_pool_run(pool, model->program->pack_count, pack_range, &work);
  else
    pack_range(&work, 0, model->program->pack_count);
  deit_pool_destroy(pool);
  free_workspaces(&work);
  return atomic_load(&work.damaged) ? DEIT_ERROR_CONTAINER : DEIT_OK;
}

/// Opens a container that has the program's constants.
static deit_status open_container(const deit_program_t *program,
                                  const void *container, size_t bytes,
                                  const deit_container_header **header) {
  if (deit_container_is_foreign(container, bytes))
    return DEIT_ERROR_VERSION;
  *header = deit_container_open(container, bytes);
  return *header && deit_packs_match(program, *header) ? DEIT_OK
                                                       : DEIT_ERROR_CONTAINER;
}

deit_status deit_load(const void *container, size_t bytes, deit_model **model) {
  const deit_program_t *program = deit_chosen_program();
  if (!container) {
    container = program->container;
    bytes = (size_t)program->container_bytes;
  }
  if (!container || !model)
    return DEIT_ERROR_ARGUMENT;
  *model = NULL;
  if (program->abi_version != DEIT_ABI_VERSION)
    return DEIT_ERROR_VERSION;
  if (program->features & ~deit_cpu_features())
    return DEIT_ERROR_CPU;
  const deit_container_header *header;
  deit_status status = open_container(program, container, bytes, &header);
  if (status != DEIT_OK)
    return status;
  drop_pages(program, container, bytes); // the checksum has read them all
  deit_model *loaded = calloc(1, sizeof *loaded);
  if (loaded)
    loaded->program = program;
  if (!loaded || !allocate_buffers(loaded)) {
    deit_free(loaded);
    return DEIT_ERROR_MEMORY;
  }
  status = pack_constants(loaded, header);
  if (status == DEIT_OK)
    *model = loaded;
  else
    deit_free(loaded);
  return status;
}

/// A step and the buffers it works on, as a `deit_range`'s work.
typedef struct {
  const deit_step *step;
  const deit_model *model;
} step_work;

static void run_range(void *work, int64_t begin, int64_t end) {
  const step_work *part = work;
  const deit_model *model = part->model;
  part->step->kernel(model->arena, model->packed, model->images,
                     part->step->parameters, begin, end);
}

static void run_step(const deit_model *model, const deit_step *step) {
  step_work work = {step, model};
  if (step->items <= 1 || (!model->parallel_for && !model->pool))
    run_range(&work, 0, step->items);
  else if (model->parallel_for)
    model->parallel_for(model->user, step->items, run_range, &work);
  else
    deit_pool_run(model->pool, step->items, run_range, &work);
}

static void copy_logits(const deit_model *model, int32_t *logits) {
  const deit_program_t *program = model->program;
  const uint8_t *from = model->arena + program->logits_offset;
  for (int64_t image = 0; image < program->batch; ++image)
    memcpy(logits + image * program->classes,
           from + image * program->logits_stride,
           (size_t)program->classes * sizeof *logits);
}

deit_status deit_run(deit_model *model, const uint8_t *images,
                     int32_t *logits) {
  if (!model || !images || !logits)
    return DEIT_ERROR_ARGUMENT;
  // The caller's images may lie anywhere and end at the end of a page.
  memcpy(model->images, images, model->image_bytes);
  const deit_program_t *program = model->program;
  for (int64_t i = 0; i < program->step_count; ++i)
    run_step(model, &program->steps[i]);
  copy_logits(model, logits);
  return DEIT_OK;
}

int64_t deit_step_count(const deit_model *model) {
  return model ? model->program->step_count : 0;
}

deit_status deit_describe_step(const deit_model *model, int64_t index,
                               deit_step_info *info) {
  if (!info || index < 0 || index >= deit_step_count(model))
    return DEIT_ERROR_ARGUMENT;
  const deit_step *step = &model->program->steps[index];
  *info = (deit_step_info){step->name, step->kind, step->macs};
  return DEIT_OK;
}

deit_status deit_run_measured(deit_model *model, const uint8_t *images,
                              int32_t *logits, int64_t *nanoseconds) {
  if (!model || !images || !logits || !nanoseconds)
    return DEIT_ERROR_ARGUMENT;
  memcpy(model->images, images, model->image_bytes);
  const deit_program_t *program = model->program;
  int64_t start = deit_nanoseconds();
  for (int64_t i = 0; i < program->step_count; ++i) {
    run_step(model, &program->steps[i]);
    int64_t end = deit_nanoseconds();
    nanoseconds[i] = end - start;
    start = end;
  }
  copy_logits(model, logits);
  return DEIT_OK;
}

double deit_measure_peak(deit_model *model) {
  if (!model || !model->program->peak)
    return 0;
  const deit_program_t *program = model->program;
  deit_step step = {program->peak,     NULL, PEAK_ITEMS, "", "peak",
                    program->peak_macs};
  int64_t start = deit_nanoseconds();
  run_step(model, &step);
  double seconds = (double)(deit_nanoseconds() - start) / 1e9;
  return (double)(program->peak_macs * PEAK_ITEMS) / seconds;
}

void deit_free(deit_model *model) {
  if (!model)
    return;
  deit_pool_destroy(model->pool);
  free(model->images);
  free(model->arena);
  free(model->packed);
  free(model);
}

deit_status deit_set_threads(deit_model *model, unsigned threads) {
  if (!model || threads < 1 || threads > MAX_THREADS)
    return DEIT_ERROR_ARGUMENT;
  deit_pool *pool = threads > 1 ? deit_pool_create(threads) : NULL;
  if (threads > 1 && !pool)
    return DEIT_ERROR_THREADS;
  deit_pool_destroy(model->pool);
  model->pool = pool;
  return DEIT_OK;
}

void deit_set_parallel_for(deit_model *model, deit_parallel_for parallel_for,
                           void *user) {
  if (!model)
    return;
  model->parallel_for = parallel_for;
  model->user = user;
}
