// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Packs weights for the target, once, at load time.

#include "deit_expand.h"
#include "deit_pack.h"

#include <string.h>

/// Bytes of the packed weights that one pack writes.
typedef struct {
  int64_t begin, end;
} span;

/// A GEMM writes its weights and its bias, rows write one span.
enum { SPANS = 2 };

// Padding of K beyond this is no padding but another model's shape.
enum { MAX_K_PADDING = 128 };

/// [begin, begin + count * size), empty and out of range if that overflows.
static span make_span(int64_t begin, int64_t count, int64_t size) {
  int64_t bytes, end;
  if (__builtin_mul_overflow(count, size, &bytes) ||
      __builtin_add_overflow(begin, bytes, &end))
    return (span){-1, -1};
  return (span){begin, end};
}

static bool find_entry(const deit_container_header *container, int64_t count,
                       int64_t index, deit_container_entry *entry) {
  if (index < 0 || index >= count)
    return false;
  *entry = deit_container_get(container, (uint32_t)index);
  return true;
}

static bool rows_spans(const deit_pack *pack, const deit_container_entry *rows,
                       span spans[SPANS]) {
  if (rows->rows == 0 || rows->columns == 0 || pack->stride < 1 ||
      rows->bytes / rows->rows > (uint64_t)pack->stride)
    return false;
  spans[0] = make_span(pack->destination, rows->rows, pack->stride);
  spans[1] = (span){0, 0};
  return true;
}

static bool gemm_fits(const deit_pack *pack, const deit_container_entry *codes,
                      const deit_container_entry *bias) {
  int64_t n = codes->rows, k = codes->columns;
  return codes->element == DEIT_ELEMENT_S8 &&
         bias->element == DEIT_ELEMENT_S32 && bias->rows == 1 &&
         bias->columns == n && n > 0 && k > 0 && n <= pack->padded_n &&
         pack->padded_n - n < pack->block && k <= pack->padded_k &&
         pack->padded_k - k < MAX_K_PADDING;
}

static bool gemm_spans(const deit_pack *pack, const deit_container_entry *codes,
                       const deit_container_entry *bias, span spans[SPANS]) {
  if (!gemm_fits(pack, codes, bias) || pack->block < 1 || pack->group < 1 ||
      pack->padded_n % pack->block != 0 || pack->padded_k % pack->group != 0 ||
      (pack->width != 1 && pack->width != 2 && pack->width != 4) ||
      pack->padded_k > INT64_MAX / 4)
    return false;
  spans[0] = make_span(pack->destination, pack->padded_n,
                       pack->padded_k * pack->width);
  spans[1] = make_span(pack->bias_destination, pack->padded_n, 4);
  return true;
}

/// The spans a pack writes; false if the container's entries do not fit it.
static bool find_spans(const deit_program_t *program,
                       const deit_container_header *container,
                       const deit_pack *pack, span spans[SPANS]) {
  deit_container_entry source, bias;
  if (!find_entry(container, program->entry_count, pack->source, &source))
    return false;
  if (pack->kind == DEIT_PACK_ROWS)
    return rows_spans(pack, &source, spans);
  return pack->kind == DEIT_PACK_GEMM &&
         find_entry(container, program->entry_count, pack->bias, &bias) &&
         gemm_spans(pack, &source, &bias, spans);
}

static bool spans_overlap(const span *left, const span *right) {
  for (int i = 0; i < SPANS; ++i)
    for (int j = 0; j < SPANS; ++j)
      if (left[i].begin < right[j].end && right[j].begin < left[i].end)
        return true;
  return false;
}

/// Nothing may reach past its own place: larger entries than the compiler
/// reckoned with are another model's.
static bool spans_are_free(const deit_program_t *program,
                           const deit_container_header *container,
                           int64_t index) {
  span mine[SPANS], other[SPANS];
  if (!find_spans(program, container, &program->packs[index], mine))
    return false;
  for (int i = 0; i < SPANS; ++i)
    if (mine[i].begin < 0 || mine[i].end > program->packed_bytes)
      return false;
  for (int64_t before = 0; before < index; ++before)
    if (!find_spans(program, container, &program->packs[before], other) ||
        spans_overlap(mine, other))
      return false;
  return true;
}

bool deit_packs_match(const deit_program_t *program,
                      const deit_container_header *container) {
  deit_container_header header;
  memcpy(&header, container, sizeof header);
  if (header.entry_count != (uint64_t)program->entry_count)
    return false;
  for (int64_t index = 0; index < program->pack_count; ++index)
    if (!spans_are_free(program, container, index))
      return false;
  return true;
}

static void pack_rows(const deit_pack *pack, const deit_container_entry *entry,
                      const uint8_t *source, uint8_t *destination) {
  size_t length = entry->bytes / entry->rows;
  for (uint32_t row = 0; row < entry->rows; ++row) {
    for (size_t byte = 0; byte < length; ++byte)
      destination[byte] = source[byte] ^ (uint8_t)pack->flip;
    memset(destination + length, 0, (size_t)pack->stride - length);
    source += length;
    destination += pack->stride;
  }
}

static void store(uint8_t *to, int8_t code, int64_t width) {
  int32_t value = (int32_t)code;
  memcpy(to, &value, (size_t)width);
}

/// Packs one row of codes: groups stand `pitch` bytes apart. The caller gives
/// constants, so that this becomes one loop for each layout.
static inline __attribute__((always_inline)) void
pack_row(const int8_t *codes, int64_t k, uint8_t *to, int64_t pitch,
         int64_t group, int64_t width) {
  int64_t whole = k / group * group;
  for (int64_t i = 0; i < whole; i += group, to += pitch)
    for (int64_t g = 0; g < group; ++g)
      store(to + g * width, codes[i + g], width);
  for (int64_t i = whole; i < k; ++i)
    store(to + (i - whole) * width, codes[i], width);
}

static void pack_any_row(const int8_t *codes, int64_t k, uint8_t *to,
                         int64_t pitch, int64_t group, int64_t width) {
  if (group == 4 && width == 1)
    pack_row(codes, k, to, pitch, 4, 1);
  else if (group == 2 && width == 1)
    pack_row(codes, k, to, pitch, 2, 1);
  else if (group == 2 && width == 2)
    pack_row(codes, k, to, pitch, 2, 2);
  else
    pack_row(codes, k, to, pitch, group, width);
}

// A row's groups go to different cache lines, but its neighbours in the block
// fill the same ones: a slice of K this long keeps them in the first cache.
enum { SLICE = 256 };

static void pack_block(const deit_pack *pack, const int8_t *codes, int64_t rows,
                       int64_t k, uint8_t *to) {
  int64_t group_bytes = pack->group * pack->width;
  int64_t pitch = pack->block * group_bytes;
  int64_t slice = (SLICE + pack->group - 1) / pack->group * pack->group;
  for (int64_t begin = 0; begin < k; begin += slice) {
    int64_t length = k - begin < slice ? k - begin : slice;
    uint8_t *slice_to = to + begin / pack->group * pitch;
    for (int64_t row = 0; row < rows; ++row)
      pack_any_row(codes + row * k + begin, length,
                   slice_to + row * group_bytes, pitch, pack->group,
                   pack->width);
  }
}

/// Unsigned, so that a damaged model's overflow is defined; a sound one's
/// biases stay inside 32 bits.
static uint32_t sum_codes(const int8_t *codes, int64_t count) {
  int32_t sum = 0;
  for (int64_t i = 0; i < count; ++i)
    sum += codes[i];
  return (uint32_t)sum;
}

static void pack_bias(const deit_pack *pack, const int8_t *codes, int64_t n,
                      int64_t k, const uint8_t *bias, uint8_t *to) {
  for (int64_t row = 0; row < n; ++row) {
    uint32_t value;
    memcpy(&value, bias + row * 4, 4);
    if (pack->activation_offset != 0)
      value -=
          (uint32_t)pack->activation_offset * sum_codes(codes + row * k, k);
    memcpy(to + row * 4, &value, 4);
  }
}

static void pack_gemm(const deit_pack *pack, const deit_container_entry *entry,
                      const int8_t *codes, const uint8_t *bias,
                      uint8_t *packed) {
  int64_t n = entry->rows, k = entry->columns;
  uint8_t *to = packed + pack->destination;
  for (int64_t row = 0; row < n; row += pack->block) {
    int64_t rows = n - row < pack->block ? n - row : pack->block;
    pack_block(pack, codes + row * k, rows, k,
               to + row * pack->padded_k * pack->width);
  }
  pack_bias(pack, codes, n, k, bias, packed + pack->bias_destination);
}

/// Where a pack's entries are expanded to.
typedef struct {
  size_t source, bias, expansion; ///< offsets
  size_t bytes;                   ///< of it all
} workspace_layout;

static size_t round_up(size_t bytes) { return (bytes + 63) / 64 * 64; }

static workspace_layout lay_out(const deit_pack *pack,
                                const deit_container_entry *source,
                                const deit_container_entry *bias) {
  size_t most = deit_expand_workspace(source);
  workspace_layout layout = {0, round_up(source->bytes), 0, 0};
  layout.expansion = layout.bias;
  if (pack->kind == DEIT_PACK_GEMM) {
    size_t of_bias = deit_expand_workspace(bias);
    layout.expansion += round_up(bias->bytes);
    most = most > of_bias ? most : of_bias;
  }
  layout.bytes = layout.expansion + round_up(most);
  return layout;
}

/// The entries of a pack; of rows, the bias is the source again.
static void get_entries(const deit_pack *pack,
                        const deit_container_header *container,
                        deit_container_entry *source,
                        deit_container_entry *bias) {
  bool has_bias = pack->kind == DEIT_PACK_GEMM;
  *source = deit_container_get(container, (uint32_t)pack->source);
  *bias = deit_container_get(container,
                             (uint32_t)(has_bias ? pack->bias : pack->source));
}

size_t deit_pack_workspace(const deit_pack *pack,
                           const deit_container_header *container) {
  deit_container_entry source, bias;
  get_entries(pack, container, &source, &bias);
  return lay_out(pack, &source, &bias).bytes;
}

bool deit_pack_constant(const deit_pack *pack,
                        const deit_container_header *container, uint8_t *packed,
                        uint8_t *workspace) {
  deit_container_entry source, bias;
  get_entries(pack, container, &source, &bias);
  workspace_layout layout = lay_out(pack, &source, &bias);
  uint8_t *elements = workspace + layout.source;
  uint8_t *expansion = workspace + layout.expansion;
  if (!deit_expand(container, &source, elements, expansion))
    return false;
  if (pack->kind == DEIT_PACK_ROWS) {
    pack_rows(pack, &source, elements, packed + pack->destination);
    return true;
  }
  if (!deit_expand(container, &bias, workspace + layout.bias, expansion))
    return false;
  pack_gemm(pack, &source, (const int8_t *)elements, workspace + layout.bias,
            packed);
  return true;
}
