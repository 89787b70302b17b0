// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The encoder of runtime/lib/expand.c: what that takes, this puts, in the same
// order. Interleaved range asymmetric numeral systems (Duda, 2013; Giesen,
// "Interleaved entropy coders", 2014).

#include "EntropyCoder.h"
#include "PlanePlan.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"

using namespace deit;

namespace {

/// Collects what the decoder will take. The coder itself works backwards, so
/// nothing is coded before all is known.
class Writer {
public:
  explicit Writer(size_t elements)
      : stateCount(elements < DEIT_INTERLEAVED_FROM ? 1 : DEIT_MAX_STATES) {}

  void putBits(uint32_t value, unsigned bits);
  /// A code that `frequencies` holds, by code + 128.
  void put(uint8_t code, const deit_frequencies &frequencies) {
    put(code, frequencies, 0);
  }
  /// Run `codes`; the states take turns.
  void putRun(ArrayRef<uint8_t> codes, const deit_frequencies &frequencies);
  std::string finish() const;

private:
  struct Step {
    uint16_t begin, frequency;
    uint16_t state;
  };
  unsigned stateCount;
  std::vector<Step> steps;

  void put(uint8_t code, const deit_frequencies &frequencies, unsigned state) {
    steps.push_back({frequencies.begin[code], frequencies.frequency[code],
                     uint16_t(state)});
  }
};

} // namespace

void Writer::putBits(uint32_t value, unsigned bits) {
  unsigned unit = DEIT_PROBABILITY_BITS - bits;
  steps.push_back({uint16_t(value << unit), uint16_t(1u << unit), 0});
}

void Writer::putRun(ArrayRef<uint8_t> codes,
                    const deit_frequencies &frequencies) {
  for (auto [i, code] : llvm::enumerate(codes))
    put(code, frequencies, i % stateCount);
}

std::string Writer::finish() const {
  uint32_t states[DEIT_MAX_STATES];
  std::fill(std::begin(states), std::end(states), DEIT_FIRST_STATE);
  std::vector<uint16_t> words;
  for (const Step &step : llvm::reverse(steps)) {
    uint32_t &state = states[step.state];
    // The decoder must find itself below 2^16 exactly where this was above.
    if (state >= uint64_t(step.frequency) << (32 - DEIT_PROBABILITY_BITS)) {
      words.push_back(state);
      state >>= 16;
    }
    state = (state / step.frequency << DEIT_PROBABILITY_BITS) +
            state % step.frequency + step.begin;
  }
  std::string bytes(stateCount * 4 + words.size() * 2, '\0');
  for (unsigned i = 0; i < stateCount; ++i)
    llvm::support::endian::write32le(&bytes[i * 4], states[i]);
  for (auto [i, word] : llvm::enumerate(llvm::reverse(words)))
    llvm::support::endian::write16le(&bytes[stateCount * 4 + i * 2], word);
  return bytes;
}

static deit_frequencies frequenciesOf(const deit_distribution &distribution) {
  deit_frequencies frequencies;
  deit_make_frequencies(&distribution, &frequencies);
  return frequencies;
}

static void putDistribution(Writer &to, const deit_distribution &before,
                            const deit_distribution &distribution) {
  static const deit_frequencies differences =
      frequenciesOf(deit_knot_differences);
  to.put(distribution.reach - before.reach + 128, differences);
  for (unsigned i = 0; i < deit_knot_count(distribution.reach); ++i)
    to.put(distribution.knots[i] -
               deit_predict_knot(&before, &distribution, i) + 128,
           differences);
}

static void putClasses(Writer &to, const Classes &classes) {
  if (classes.count == 1)
    return;
  putDistribution(to, deit_flat_distribution, classes.distribution);
  std::vector<uint8_t> codes;
  codes.reserve(classes.of.size());
  for (uint8_t of : classes.of)
    codes.push_back(of - classes.count / 2 + 128);
  to.putRun(codes, frequenciesOf(classes.distribution));
}

static void putMultiples(Writer &to, const Multiples &multiples) {
  to.putBits(!multiples.of.empty(), 1);
  if (multiples.of.empty())
    return;
  putDistribution(to, deit_flat_distribution, multiples.distribution);
  std::vector<uint8_t> codes;
  codes.reserve(multiples.of.size());
  for (uint8_t of : multiples.of)
    codes.push_back(of + 128);
  to.putRun(codes, frequenciesOf(multiples.distribution));
}

/// A plane whose codes are all as likely.
static PlanePlan plainPlan(size_t rows, size_t columns) {
  PlanePlan plan;
  plan.rows.of.assign(rows, 0);
  plan.columns.of.assign(columns, 0);
  plan.distributions = {deit_flat_distribution};
  plan.distributions[0]->reach = 128;
  plan.bits = 8.0 * rows * columns;
  return plan;
}

static void putHead(Writer &to, const PlanePlan &plan) {
  to.putBits(plan.center, 8);
  to.putBits(plan.rows.count - 1, 4);
  to.putBits(plan.columns.count - 1, 4);
  putClasses(to, plan.rows);
  putClasses(to, plan.columns);
  putMultiples(to, plan.multiples);
  deit_distribution before = deit_flat_distribution;
  for (const auto &distribution : plan.distributions)
    if (distribution) {
      putDistribution(to, before, *distribution);
      before = *distribution;
    }
}

/// The columns of each class.
static std::vector<std::vector<uint32_t>> sortColumns(const Classes &classes) {
  std::vector<std::vector<uint32_t>> columns(classes.count);
  for (auto [column, of] : llvm::enumerate(classes.of))
    columns[of].push_back(column);
  return columns;
}

static void putPlane(Writer &to, ArrayRef<uint8_t> codes, size_t rows,
                     size_t columns) {
  PlanePlan plan = planPlane(codes, rows, columns);
  PlanePlan plain = plainPlan(rows, columns);
  bool isPlain = plain.bits < plan.bits;
  to.putBits(isPlain, 1);
  if (isPlain)
    plan = std::move(plain);
  else
    putHead(to, plan);
  auto columnsOf = sortColumns(plan.columns);
  std::vector<uint8_t> run;
  for (auto [table, distribution] : llvm::enumerate(plan.distributions)) {
    if (!distribution)
      continue;
    deit_frequencies frequencies = frequenciesOf(*distribution);
    for (size_t row = 0; row < rows; ++row) {
      size_t of = table - plan.rows.of[row];
      if (of >= columnsOf.size()) // or it is negative
        continue;
      run.clear();
      for (uint32_t column : columnsOf[of]) {
        int8_t code = codes[row * columns + column] - plan.center;
        if (!plan.multiples.of.empty())
          code /= plan.multiples.of[column];
        run.push_back(code + 128);
      }
      to.putRun(run, frequencies);
    }
  }
}

/// Digits to base 256 from -128 to 127, `size` an element, the last being the
/// most significant.
static std::vector<std::vector<uint8_t>> splitDigits(ArrayRef<uint32_t> values,
                                                     size_t size) {
  std::vector<std::vector<uint8_t>> planes(size);
  for (uint32_t value : values)
    for (std::vector<uint8_t> &plane : planes) {
      plane.push_back(value);
      value = (value - int8_t(value)) >> 8;
    }
  return planes;
}

static std::vector<uint32_t> readValues(ArrayRef<uint8_t> raw, size_t size) {
  std::vector<uint32_t> values(raw.size() / size);
  for (auto [i, value] : llvm::enumerate(values))
    memcpy(&value, &raw[i * size], size);
  return values;
}

/// The largest shift that all `values`, `size` bytes each, allow.
static unsigned commonShift(ArrayRef<uint32_t> values, size_t size) {
  uint32_t any = 0;
  for (uint32_t value : values)
    any |= value;
  return any ? llvm::countr_zero(any) : 8 * size - 1;
}

/// Shifts `values`, numbers of `size` bytes with a sign or without, down: both
/// come back when they are shifted up.
static void shiftDown(MutableArrayRef<uint32_t> values, size_t size,
                      unsigned shift) {
  unsigned unused = 32 - 8 * size;
  for (uint32_t &value : values)
    value = int32_t(value << unused) >> (unused + shift);
}

static std::vector<uint32_t> subtractBefore(ArrayRef<uint32_t> values,
                                            size_t distance) {
  std::vector<uint32_t> differences(values);
  for (size_t i = distance; i < values.size(); ++i)
    differences[i] = values[i] - values[i - distance];
  return differences;
}

static std::string encodeValues(ArrayRef<uint32_t> values, size_t size,
                                size_t rows, size_t columns, bool differences,
                                unsigned shift) {
  Writer to(values.size());
  to.putBits(differences, 1);
  to.putBits(shift, 5);
  std::vector<std::vector<uint8_t>> planes = splitDigits(values, size);
  for (const std::vector<uint8_t> &plane : llvm::reverse(planes))
    putPlane(to, plane, rows, columns);
  return to.finish();
}

std::string deit::encodeEntry(ArrayRef<uint8_t> raw, size_t size, size_t rows,
                              size_t columns) {
  std::string best(raw.begin(), raw.end());
  if (raw.empty())
    return best;
  auto offer = [&](std::string coded) {
    if (coded.size() < best.size())
      best = std::move(coded);
  };
  std::vector<uint32_t> values = readValues(raw, size);
  unsigned shift = commonShift(values, size);
  shiftDown(values, size, shift);
  offer(encodeValues(values, size, rows, columns, false, shift));
  // Weights are noise: differences would only be larger.
  if (size == 1 && rows > 1)
    return best;
  offer(encodeValues(subtractBefore(values, rows > 1 ? columns : 1), size, rows,
                     columns, true, shift));
  return best;
}
