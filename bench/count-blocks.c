// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A plugin for qemu's user mode that counts how often each block of guest code
// runs. At the end it writes a line for each: address, instructions, runs, to
// the file given as out=FILE. The guest has to run on one thread.
//
// Distributions ship qemu without qemu-plugin.h, so what is used of it is
// declared here (version 1 of the interface, qemu 4.2 and later).

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_info_t;
struct qemu_plugin_tb;
typedef uint64_t qemu_plugin_id_t;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_tb_trans_cb(
    qemu_plugin_id_t id,
    void (*callback)(qemu_plugin_id_t id, struct qemu_plugin_tb *block));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block,
                                              enum qemu_plugin_op operation,
                                              void *counter, uint64_t amount);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id,
                                    void (*callback)(qemu_plugin_id_t id,
                                                     void *data),
                                    void *data);
void qemu_plugin_outs(const char *text);

extern int qemu_plugin_version;
int qemu_plugin_version = 1;

typedef struct block_count {
  uint64_t address, instructions, runs;
  struct block_count *next;
} block_count;

static block_count *blocks;
static const char *output;

static void count_block(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  (void)id;
  block_count *count = calloc(1, sizeof *count);
  if (!count) {
    qemu_plugin_outs("count-blocks: there is not enough memory\n");
    abort();
  }
  count->address = qemu_plugin_tb_vaddr(block);
  count->instructions = qemu_plugin_tb_n_insns(block);
  count->next = blocks;
  blocks = count;
  qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64,
                                           &count->runs, 1);
}

static void write_counts(qemu_plugin_id_t id, void *data) {
  (void)id, (void)data;
  FILE *file = fopen(output, "w");
  if (!file) {
    qemu_plugin_outs("count-blocks: the output cannot be written\n");
    return;
  }
  for (const block_count *count = blocks; count; count = count->next)
    fprintf(file, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", count->address,
            count->instructions, count->runs);
  fclose(file);
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info,
                        int argc, char **argv);
int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info,
                        int argc, char **argv) {
  (void)info;
  for (int i = 0; i < argc; ++i)
    if (!strncmp(argv[i], "out=", 4))
      output = strdup(argv[i] + 4);
  if (!output) {
    qemu_plugin_outs("count-blocks: say where to write, out=FILE\n");
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, count_block);
  qemu_plugin_register_atexit_cb(id, write_counts, NULL);
  return 0;
}
