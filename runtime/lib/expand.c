// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expands entropy-coded entries. Whatever the stored bytes are, this neither
// reads nor writes beyond its buffers, and ends: every element takes one step.

#include "deit_expand.h"

#include <string.h>

enum {
  SLOTS = 1 << DEIT_PROBABILITY_BITS,
  WORD_BITS = 16,
  MAX_TABLES = 2 * DEIT_MAX_CLASSES - 1,
  CLASS_BITS = 4,
  CENTER_BITS = 8,
  SHIFT_BITS = 5,
};

static const uint8_t knot_positions[DEIT_MAX_KNOTS] = {
    0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 40, 48, 64, 80, 96, 112, 128};

const deit_distribution deit_flat_distribution = {
    0,
    {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
     255, 255, 255}};

// 255 - 32 log2(1 + code / 6): many are small, none is impossible.
const deit_distribution deit_knot_differences = {
    128,
    {255, 248, 242, 236, 231, 223, 216, 204, 195, 181, 170, 161, 154, 142, 132,
     125, 118, 112}};

unsigned deit_knot_count(unsigned reach) {
  unsigned count = 0;
  if (reach == 0)
    return 0;
  while (knot_positions[count] < reach)
    ++count;
  return count + 1;
}

unsigned deit_knot_position(unsigned reach, unsigned knot) {
  return knot_positions[knot] < reach ? knot_positions[knot] : reach;
}

/// 2^(logarithm / 256), at most 2^16, in Q16.
static uint64_t power(uint32_t logarithm) {
  uint64_t f = logarithm & 255;
  // 1 + f (0.695502 + f (0.226067 + f 0.078024)), off by 1e-4 at most
  uint64_t p = (f * 5113) >> 8;
  p = (f * (14816 + p)) >> 8;
  p = (f * (45580 + p)) >> 8;
  return (65536 + p) << (logarithm >> 8);
}

/// The weights of codes 0 to reach.
static void interpolate(const deit_distribution *from, uint64_t weights[129]) {
  unsigned count = deit_knot_count(from->reach);
  weights[0] = power(16u * from->knots[0]);
  for (unsigned knot = 1; knot < count; ++knot) {
    unsigned begin = deit_knot_position(from->reach, knot - 1);
    unsigned end = deit_knot_position(from->reach, knot);
    for (unsigned code = begin + 1; code <= end; ++code)
      weights[code] = power((from->knots[knot - 1] * (end - code) +
                             from->knots[knot] * (code - begin)) *
                            16u / (end - begin));
  }
}

void deit_make_frequencies(const deit_distribution *distribution,
                           deit_frequencies *frequencies) {
  uint64_t weights[129] = {0}, total = 0, sum = 0;
  // Who decodes a distribution has refused one of more.
  int reach = distribution->reach < 128 ? distribution->reach : 128;
  int last = reach < 127 ? reach : 127;
  interpolate(distribution, weights);
  for (int code = -reach; code <= last; ++code)
    total += weights[code < 0 ? -code : code];
  memset(frequencies, 0, sizeof *frequencies);
  // Each code has one slot for certain and a share of what is left.
  uint64_t shared = (uint64_t)(SLOTS - (last + reach + 1));
  unsigned begin = 0;
  for (int code = -reach; code <= last; ++code) {
    sum += weights[code < 0 ? -code : code];
    unsigned end =
        (unsigned)(sum * shared / total) + (unsigned)(code + reach) + 1;
    frequencies->begin[code + 128] = (uint16_t)begin;
    frequencies->frequency[code + 128] = (uint16_t)(end - begin);
    begin = end;
  }
}

uint8_t deit_predict_knot(const deit_distribution *before,
                          const deit_distribution *now, unsigned knot) {
  if (knot == 0)
    return before->knots[0];
  return (uint8_t)(before->knots[knot] + now->knots[knot - 1] -
                   before->knots[knot - 1]);
}

/// Finds the code of a slot.
typedef struct {
  uint8_t codes[SLOTS]; ///< code + 128
  deit_frequencies frequencies;
} slot_table;

static void fill_slots(slot_table *table, const deit_distribution *from) {
  deit_make_frequencies(from, &table->frequencies);
  for (int index = 0; index < 256; ++index)
    memset(table->codes + table->frequencies.begin[index], index,
           table->frequencies.frequency[index]);
}

typedef struct {
  const uint8_t *next, *end;
  unsigned state_count;
  uint32_t states[DEIT_MAX_STATES];
  bool failed;
} decoder;

static uint32_t load16(const uint8_t *from) {
  return from[0] | (uint32_t)from[1] << 8;
}

static bool start(decoder *from, const uint8_t *stored, size_t bytes,
                  uint64_t elements) {
  from->state_count = elements < DEIT_INTERLEAVED_FROM ? 1 : DEIT_MAX_STATES;
  if (bytes < from->state_count * 4)
    return false;
  for (unsigned i = 0; i < from->state_count; ++i)
    from->states[i] = load16(stored + 4 * i) | load16(stored + 4 * i + 2)
                                                   << WORD_BITS;
  from->next = stored + from->state_count * 4;
  from->end = stored + bytes;
  from->failed = false;
  return true;
}

/// Nothing is left over and every state is back where the encoder began.
static bool ended_well(const decoder *from) {
  for (unsigned i = 0; i < from->state_count; ++i)
    if (from->states[i] != DEIT_FIRST_STATE)
      return false;
  return !from->failed && from->next == from->end;
}

/// Brings a state that has become small back above 2^16.
static uint32_t refill(decoder *from, uint32_t state) {
  if (state >= DEIT_FIRST_STATE)
    return state;
  if (from->end - from->next < 2) {
    from->failed = true;
    return state;
  }
  uint32_t word = load16(from->next);
  from->next += 2;
  return state << WORD_BITS | word;
}

static uint8_t take(decoder *from, unsigned which, const slot_table *table) {
  uint32_t slot = from->states[which] & (SLOTS - 1);
  uint8_t code = table->codes[slot];
  uint32_t state = from->states[which] >> DEIT_PROBABILITY_BITS;
  state = table->frequencies.frequency[code] * state + slot -
          table->frequencies.begin[code];
  from->states[which] = refill(from, state);
  return code;
}

static uint32_t take_bits(decoder *from, unsigned bits) {
  uint32_t unit = DEIT_PROBABILITY_BITS - bits;
  uint32_t slot = from->states[0] & (SLOTS - 1);
  uint32_t state = (from->states[0] >> DEIT_PROBABILITY_BITS) << unit;
  from->states[0] = refill(from, state + (slot & ((1u << unit) - 1)));
  return slot >> unit;
}

/// As many rounds over all states as no check of the end is needed for.
static size_t take_rounds(decoder *from, const slot_table *table, uint8_t *to,
                          size_t count) {
  const uint8_t *next = from->next;
  uint32_t states[DEIT_MAX_STATES];
  memcpy(states, from->states, sizeof states);
  size_t done = 0;
  while (count - done >= DEIT_MAX_STATES &&
         from->end - next >= 2 * DEIT_MAX_STATES) {
    for (int i = 0; i < DEIT_MAX_STATES; ++i) {
      uint32_t slot = states[i] & (SLOTS - 1);
      uint8_t code = table->codes[slot];
      uint32_t state = table->frequencies.frequency[code] *
                           (states[i] >> DEIT_PROBABILITY_BITS) +
                       slot - table->frequencies.begin[code];
      // Both outcomes are made: which it is cannot be foreseen.
      uint32_t refilled = state << WORD_BITS | load16(next);
      bool small = state < DEIT_FIRST_STATE;
      states[i] = small ? refilled : state;
      next += small ? 2 : 0;
      to[done + i] = code;
    }
    done += DEIT_MAX_STATES;
  }
  memcpy(from->states, states, sizeof states);
  from->next = next;
  return done;
}

/// A run of codes + 128; the states take turns, beginning with the first.
static void take_run(decoder *from, const slot_table *table, uint8_t *to,
                     size_t count) {
  size_t done = 0;
  if (from->state_count == DEIT_MAX_STATES)
    done = take_rounds(from, table, to, count);
  for (; done < count; ++done)
    to[done] = take(from, (unsigned)(done % from->state_count), table);
}

/// The codes of a plane: what distribution each has, and where it lies.
typedef struct {
  slot_table table;
  uint32_t row_count, column_count;
  unsigned row_classes, column_classes;
  uint8_t center;
  deit_distribution distributions[MAX_TABLES];
  uint32_t class_begin[DEIT_MAX_CLASSES + 1];
  uint32_t *order;    ///< columns by class
  uint8_t *rows;      ///< classes
  uint8_t *multiples; ///< of columns
  uint8_t *line;      ///< as long as a row or the classes of columns
} plane;

static void take_distribution(decoder *from, const slot_table *differences,
                              const deit_distribution *before,
                              deit_distribution *to) {
  *to = deit_flat_distribution;
  to->reach = (uint8_t)(before->reach + take(from, 0, differences) - 128);
  if (to->reach > 128) {
    from->failed = true;
    to->reach = 0;
  }
  unsigned count = deit_knot_count(to->reach), knot = 0;
  for (; knot < count; ++knot)
    to->knots[knot] = (uint8_t)(deit_predict_knot(before, to, knot) +
                                take(from, 0, differences) - 128);
  for (; count > 0 && knot < DEIT_MAX_KNOTS; ++knot)
    to->knots[knot] = to->knots[count - 1];
}

/// Classes from 0 to `classes` - 1, `count` of them.
static void take_classes(decoder *from, plane *to, uint8_t *classes_of,
                         uint32_t count, unsigned classes) {
  if (classes == 1) {
    memset(classes_of, 0, count);
    return;
  }
  deit_distribution distribution;
  fill_slots(&to->table, &deit_knot_differences);
  take_distribution(from, &to->table, &deit_flat_distribution, &distribution);
  fill_slots(&to->table, &distribution);
  take_run(from, &to->table, classes_of, count);
  for (uint32_t i = 0; i < count; ++i) {
    classes_of[i] = (uint8_t)(classes_of[i] - 128 + classes / 2);
    if (classes_of[i] >= classes) {
      from->failed = true;
      classes_of[i] = 0;
    }
  }
}

/// The multiples of columns, which are in 1 to 127.
static void take_multiples(decoder *from, plane *to) {
  memset(to->multiples, 1, to->column_count);
  if (!take_bits(from, 1))
    return;
  deit_distribution distribution;
  fill_slots(&to->table, &deit_knot_differences);
  take_distribution(from, &to->table, &deit_flat_distribution, &distribution);
  fill_slots(&to->table, &distribution);
  take_run(from, &to->table, to->multiples, to->column_count);
  for (uint32_t i = 0; i < to->column_count; ++i)
    to->multiples[i] -= 128; // damaged ones multiply by anything, modulo 256
}

static void order_columns(plane *of) {
  uint32_t at = 0;
  for (unsigned class = 0; class < of->column_classes; ++class) {
    of->class_begin[class] = at;
    for (uint32_t column = 0; column < of->column_count; ++column)
      if (of->line[column] == class)
        of->order[at++] = column;
  }
  of->class_begin[of->column_classes] = at;
}

static void mark_used(const plane *of, bool used[MAX_TABLES]) {
  memset(used, 0, MAX_TABLES * sizeof *used);
  for (uint32_t row = 0; row < of->row_count; ++row)
    for (unsigned class = 0; class < of->column_classes; ++class)
      if (of->class_begin[class] < of->class_begin[class + 1])
        used[of->rows[row] + class] = true;
}

static void take_head(decoder *from, plane *to, bool used[MAX_TABLES]) {
  to->center = (uint8_t)take_bits(from, CENTER_BITS);
  to->row_classes = take_bits(from, CLASS_BITS) + 1;
  to->column_classes = take_bits(from, CLASS_BITS) + 1;
  take_classes(from, to, to->rows, to->row_count, to->row_classes);
  take_classes(from, to, to->line, to->column_count, to->column_classes);
  order_columns(to);
  take_multiples(from, to);
  mark_used(to, used);
  const deit_distribution *before = &deit_flat_distribution;
  fill_slots(&to->table, &deit_knot_differences);
  for (unsigned i = 0; i < to->row_classes + to->column_classes - 1; ++i)
    if (used[i]) {
      take_distribution(from, &to->table, before, &to->distributions[i]);
      before = &to->distributions[i];
    }
}

/// The codes that have distribution `table`, `pitch` bytes apart.
static void take_table(decoder *from, plane *of, unsigned table, uint8_t *to,
                       size_t pitch) {
  fill_slots(&of->table, &of->distributions[table]);
  for (uint32_t row = 0; row < of->row_count; ++row) {
    if (of->rows[row] > table || table - of->rows[row] >= of->column_classes)
      continue;
    unsigned class = table - of->rows[row];
    const uint32_t *order = of->order + of->class_begin[class];
    uint32_t count = of->class_begin[class + 1] - of->class_begin[class];
    take_run(from, &of->table, of->line, count);
    uint8_t *row_to = to + (size_t)row * of->column_count * pitch;
    for (uint32_t i = 0; i < count; ++i)
      row_to[order[i] * pitch] =
          (uint8_t)((of->line[i] - 128) * of->multiples[order[i]] + of->center);
  }
}

/// A plane whose codes are all as likely.
static void take_plain(decoder *from, plane *of, uint8_t *to, size_t pitch) {
  deit_distribution flat = deit_flat_distribution;
  flat.reach = 128;
  of->distributions[0] = flat;
  of->row_classes = of->column_classes = 1;
  of->center = 0;
  memset(of->rows, 0, of->row_count);
  memset(of->line, 0, of->column_count);
  memset(of->multiples, 1, of->column_count);
  order_columns(of);
  take_table(from, of, 0, to, pitch);
}

static void take_plane(decoder *from, plane *of, uint8_t *to, size_t pitch) {
  bool used[MAX_TABLES];
  if (take_bits(from, 1)) {
    take_plain(from, of, to, pitch);
    return;
  }
  take_head(from, of, used);
  for (unsigned i = 0; i < of->row_classes + of->column_classes - 1; ++i)
    if (used[i] && !from->failed)
      take_table(from, of, i, to, pitch);
}

static void add_carries16(uint8_t *elements, size_t count) {
  for (size_t i = 0; i < count; ++i, elements += 2)
    elements[1] = (uint8_t)(elements[1] - (elements[0] >> 7));
}

static void add_carries32(uint8_t *elements, size_t count) {
  for (size_t i = 0; i < count; ++i, elements += 4) {
    uint32_t value = 0;
    for (int byte = 0; byte < 4; ++byte)
      value += (uint32_t)(int8_t)elements[byte] << 8 * byte;
    memcpy(elements, &value, 4);
  }
}

/// Adds to each element the one `distance` before it.
static void add_up(uint8_t *elements, size_t size, size_t count,
                   size_t distance) {
  for (size_t i = distance; i < count; ++i) {
    uint32_t value = 0, before = 0;
    memcpy(&value, elements + i * size, size);
    memcpy(&before, elements + (i - distance) * size, size);
    value += before;
    memcpy(elements + i * size, &value, size);
  }
}

static void shift_up(uint8_t *elements, size_t size, size_t count,
                     unsigned shift) {
  for (size_t i = 0; i < count; ++i, elements += size) {
    uint32_t value = 0;
    memcpy(&value, elements, size);
    value <<= shift;
    memcpy(elements, &value, size);
  }
}

static size_t round_up(size_t bytes) { return (bytes + 7) / 8 * 8; }

size_t deit_expand_workspace(const deit_container_entry *entry) {
  return round_up(sizeof(plane)) + (size_t)entry->columns * 6 + entry->rows;
}

static bool expand_coded(const deit_container_entry *entry,
                         const uint8_t *stored, uint8_t *to, void *workspace) {
  size_t count = (size_t)entry->rows * entry->columns;
  size_t size = entry->bytes / count;
  plane *of = workspace;
  of->row_count = entry->rows;
  of->column_count = entry->columns;
  of->order = (uint32_t *)((uint8_t *)workspace + round_up(sizeof *of));
  of->line = (uint8_t *)(of->order + entry->columns);
  of->multiples = of->line + entry->columns;
  of->rows = of->multiples + entry->columns;
  decoder from;
  if (!start(&from, stored, entry->stored_bytes, count))
    return false;
  bool differences = take_bits(&from, 1);
  unsigned shift = take_bits(&from, SHIFT_BITS);
  for (size_t byte = size; byte-- > 0 && !from.failed;)
    take_plane(&from, of, to + byte, size);
  if (!ended_well(&from))
    return false;
  if (size == 2)
    add_carries16(to, count);
  if (size == 4)
    add_carries32(to, count);
  if (differences)
    add_up(to, size, count, entry->rows > 1 ? entry->columns : 1);
  if (shift)
    shift_up(to, size, count, shift);
  return true;
}

bool deit_expand(const deit_container_header *container,
                 const deit_container_entry *entry, uint8_t *to,
                 void *workspace) {
  const uint8_t *stored = (const uint8_t *)container + entry->offset;
  if (entry->stored_bytes == entry->bytes) {
    memcpy(to, stored, entry->bytes);
    return true;
  }
  return expand_coded(entry, stored, to, workspace);
}
