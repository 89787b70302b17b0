// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs a compiled model with an inaccessible page before and behind all of its
// memory: one byte too far, read or written, is a crash.
//
// usage: guard-pages start|end IMAGES.bin LOGITS
//
// Every buffer begins at the start of a page or ends at the end of one. Images
// of a CIFAR-10 file are run by each of the model's targets that this CPU has,
// on one thread and on three, and have to give LOGITS, which deit-eval wrote.
// To be linked with --wrap=aligned_alloc and --wrap=free, which put the
// runtime's own buffers between such pages as well.

#define _GNU_SOURCE // MAP_ANONYMOUS

#include "deit_cifar.h"
#include "deit_error.h"
#include "deit_model.h"
#include "deit_program.h"
#include "deit_resize.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/// What the runtime promises to have behind a buffer, to be read at most.
enum { SLACK = 256 };
enum { MAX_BLOCKS = 64 };
/// The first that a model takes: packed weights, arena, images.
enum { MODEL_BLOCKS = 3 };

/// Memory between two pages that cannot be touched.
typedef struct {
  uint8_t *data, *mapping;
  size_t bytes, mapped;
  bool is_model; ///< one of those that kernels work on
} block;

static bool at_end; // of the page, in place of its start
static block blocks[MAX_BLOCKS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned block_count, allocations;

static void fail(const char *what, const char *why) {
  fprintf(stderr, "guard-pages: error: %s: %s\n", what, why);
  exit(1);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static block guard(size_t bytes) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t inside = (bytes + page - 1) / page * page;
  block made = {.bytes = bytes, .mapped = inside + 2 * page};
  made.mapping =
      mmap(NULL, made.mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (made.mapping == MAP_FAILED ||
      mprotect(made.mapping + page, inside, PROT_READ | PROT_WRITE) != 0)
    fail("mmap", "no memory");
  made.data = made.mapping + page + (at_end ? inside - bytes : 0);
  memset(made.data, 0xa5, bytes);
  return made;
}

static void release(const block *guarded) {
  munmap(guarded->mapping, guarded->mapped);
}

/// Reading one byte beyond the end, or before the start, ends a process.
static void check_guard(void) {
  block guarded = guard(100);
  const volatile uint8_t *beyond = guarded.data + (at_end ? 100 : -1);
  int status = 0;
  pid_t child = fork();
  if (child == 0)
    _exit(*beyond * 0);
  if (child < 0 || waitpid(child, &status, 0) != child)
    fail("fork", "no process");
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
    fail("mprotect", "pages can be read all the same");
  release(&guarded);
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes);
void __wrap_free(void *memory);
void __real_free(void *memory);

/// A page's alignment is enough, and where the size is a multiple of the
/// alignment, as it has to be, so is the distance to the page's end.
void *__wrap_aligned_alloc(size_t alignment, size_t bytes) {
  if (bytes % alignment != 0)
    fail("aligned_alloc", "the size is no multiple of the alignment");
  block made = guard(bytes);
  pthread_mutex_lock(&lock);
  if (block_count == MAX_BLOCKS)
    fail("aligned_alloc", "too many blocks");
  made.is_model = allocations++ < MODEL_BLOCKS;
  blocks[block_count++] = made;
  pthread_mutex_unlock(&lock);
  return made.data;
}

void __wrap_free(void *memory) {
  pthread_mutex_lock(&lock);
  for (unsigned i = 0; i < block_count; ++i)
    if (blocks[i].data == memory) {
      release(&blocks[i]);
      blocks[i] = blocks[--block_count];
      pthread_mutex_unlock(&lock);
      return;
    }
  pthread_mutex_unlock(&lock);
  __real_free(memory);
}

/// What lies behind the buffers that kernels work on may be read, not written.
static void check_slack(void) {
  unsigned checked = 0;
  for (unsigned i = 0; i < block_count; ++i) {
    const block *each = &blocks[i];
    if (!each->is_model)
      continue;
    ++checked;
    for (size_t at = each->bytes - SLACK; at < each->bytes; ++at)
      if (each->data[at] != 0)
        fail("deit_run", "a buffer was written beyond its end");
  }
  if (checked != MODEL_BLOCKS)
    fail("deit_load", "other buffers than packed weights, arena and images");
}

//===----------------------------------------------------------------------===//
// Images
//===----------------------------------------------------------------------===//

/// Images of the model's size and the logits that they are to give.
typedef struct {
  uint8_t *pixels;
  char *logits;
  size_t count, image_bytes, logit_bytes;
} images;

static void read_logits(images *all, const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0)
    fail(path, "cannot be read");
  size_t bytes = (size_t)ftell(file);
  rewind(file);
  all->count = bytes / all->logit_bytes;
  all->logits = malloc(bytes);
  if (all->count == 0 || all->count * all->logit_bytes != bytes)
    fail(path, "holds no logits of this model");
  if (fread(all->logits, 1, bytes, file) != bytes)
    fail(path, "cannot be read");
  fclose(file);
}

static void read_pixels(images *all, const char *path) {
  const deit_info *info = deit_describe();
  uint8_t small[DEIT_CIFAR_IMAGE_BYTES];
  deit_resizer *resizer =
      deit_resizer_create(DEIT_FILTER_BICUBIC, DEIT_CIFAR_SIDE, DEIT_CIFAR_SIDE,
                          info->image_width, info->image_height);
  deit_cifar cifar;
  deit_error error;
  uint32_t label;
  all->pixels = malloc(all->count * all->image_bytes);
  if (!deit_cifar_open(&cifar, path, 10, info->classes, &error))
    fail(path, error.text);
  for (size_t i = 0; i < all->count; ++i) {
    if (!deit_cifar_read(&cifar, small, &label, &error))
      fail(path, error.text);
    deit_resize(resizer, small, all->pixels + i * all->image_bytes);
  }
  deit_cifar_close(&cifar);
  deit_resizer_free(resizer);
}

static images read_images(const char *path, const char *logits) {
  const deit_info *info = deit_describe();
  images all = {.image_bytes =
                    (size_t)info->image_height * info->image_width * 3,
                .logit_bytes = info->classes * sizeof(int32_t)};
  read_logits(&all, logits);
  read_pixels(&all, path);
  return all;
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

/// The program's own weights between guard pages, where they may lie anywhere.
static deit_model *load(void) {
  const deit_program_t *program = deit_chosen_program();
  block container = guard((size_t)program->container_bytes);
  memcpy(container.data, program->container, container.bytes);
  deit_model *model = NULL;
  allocations = 0;
  deit_status status = deit_load(container.data, container.bytes, &model);
  if (status != DEIT_OK)
    fail("deit_load", deit_status_text(status));
  release(&container); // it is not referenced after the call
  return model;
}

/// Runs what is left of a batch at the end with images of the batch before.
static void run_images(deit_model *model, const images *all) {
  size_t batch = deit_describe()->batch;
  block pixels = guard(batch * all->image_bytes);
  block logits = guard(batch * all->logit_bytes);
  for (size_t done = 0; done < all->count; done += batch) {
    size_t now = all->count - done < batch ? all->count - done : batch;
    memcpy(pixels.data, all->pixels + done * all->image_bytes,
           now * all->image_bytes);
    deit_status status = deit_run(model, pixels.data, (int32_t *)logits.data);
    if (status != DEIT_OK)
      fail("deit_run", deit_status_text(status));
    if (memcmp(logits.data, all->logits + done * all->logit_bytes,
               now * all->logit_bytes) != 0)
      fail("deit_run", "other logits than expected");
  }
  release(&pixels);
  release(&logits);
}

static void run_target(const char *target, const images *all,
                       unsigned threads) {
  deit_model *model = load();
  if (deit_set_threads(model, threads) != DEIT_OK)
    fail(target, "no threads");
  run_images(model, all);
  check_slack();
  deit_free(model);
  if (block_count != 0)
    fail("deit_free", "memory is left");
  printf("%s, %u images, %u threads, guarded at the %s\n", target,
         (unsigned)all->count, threads, at_end ? "end" : "start");
}

int main(int argc, char **argv) {
  if (argc != 4 || (strcmp(argv[1], "start") != 0 && strcmp(argv[1], "end")))
    fail("arguments", "usage: guard-pages start|end IMAGES.bin LOGITS");
  at_end = argv[1][0] == 'e';
  check_guard();
  images all = read_images(argv[2], argv[3]);
  char *list = strdup(deit_describe()->targets), *rest = list;
  for (char *target; (target = strsep(&rest, ", "));) {
    if (!*target)
      continue;
    if (deit_choose_target(target) == DEIT_OK) {
      run_target(target, &all, 1);
      run_target(target, &all, 3);
    } else {
      printf("%s is not run: this CPU lacks %s\n", target,
             deit_missing_features());
    }
  }
  free(list);
  free(all.pixels);
  free(all.logits);
  return 0;
}
