// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the compiler codes, the runtime decodes; and nothing else harms it.

#include "EntropyCoder.h"
#include "Distributions.h"
#include "deit_expand.h"
#include "gtest/gtest.h"
#include <cmath>
#include <memory>
#include <numeric>
#include <random>

using namespace deit;

namespace {

using Bytes = std::vector<uint8_t>;

struct Entry {
  Bytes raw;
  size_t size, rows, columns;
};

constexpr uint8_t kCanary = 0xc5;
constexpr size_t kCanaries = 16;

bool untouched(const uint8_t *canaries) {
  return std::all_of(canaries, canaries + kCanaries,
                     [](uint8_t byte) { return byte == kCanary; });
}

/// Expands `stored`, copied to memory that ends where it ends, and checks that
/// nothing is written behind the elements and the workspace.
bool expand(const Entry &entry, const std::string &stored, Bytes &to) {
  auto copy = std::make_unique<char[]>(stored.size());
  std::copy(stored.begin(), stored.end(), copy.get());
  deit_container_entry described = {};
  described.rows = entry.rows;
  described.columns = entry.columns;
  described.stored_bytes = stored.size();
  described.bytes = entry.raw.size();
  Bytes workspace(deit_expand_workspace(&described) + kCanaries, kCanary);
  to.assign(entry.raw.size() + kCanaries, kCanary);
  bool result =
      deit_expand(reinterpret_cast<const deit_container_header *>(copy.get()),
                  &described, to.data(), workspace.data());
  EXPECT_TRUE(untouched(to.data() + entry.raw.size()));
  EXPECT_TRUE(untouched(workspace.data() + workspace.size() - kCanaries));
  to.resize(entry.raw.size());
  return result;
}

std::string encode(const Entry &entry) {
  return encodeEntry(entry.raw, entry.size, entry.rows, entry.columns);
}

/// Encodes, decodes, compares; the stored size.
size_t checkRoundTrip(const Entry &entry) {
  std::string stored = encode(entry);
  EXPECT_LE(stored.size(), entry.raw.size());
  Bytes decoded;
  EXPECT_TRUE(expand(entry, stored, decoded));
  EXPECT_EQ(decoded, entry.raw);
  return stored.size();
}

template <typename T>
Entry makeEntry(size_t rows, size_t columns, const std::vector<T> &values) {
  auto *bytes = reinterpret_cast<const uint8_t *>(values.data());
  return {Bytes(bytes, bytes + values.size() * sizeof(T)), sizeof(T), rows,
          columns};
}

/// Rounded normal deviates; row i and column j are wider by 2^(i mod `rowStep`)
/// and 2^(j mod `columnStep`).
Entry normalCodes(size_t rows, size_t columns, double deviation,
                  int rowSpread = 1, int columnSpread = 1) {
  std::mt19937 random(rows * 7 + columns);
  std::normal_distribution<double> normal;
  std::vector<int8_t> codes;
  for (size_t row = 0; row < rows; ++row)
    for (size_t column = 0; column < columns; ++column) {
      double width = std::ldexp(deviation, int(row % rowSpread) +
                                               int(column % columnSpread));
      codes.push_back(std::lround(
          std::min(std::max(normal(random) * width, -127.0), 127.0)));
    }
  return makeEntry(rows, columns, codes);
}

/// Bits to code `codes` with the best fixed code for all of them.
double entropyBits(const Entry &entry) {
  std::array<double, 256> counts = {};
  for (uint8_t code : entry.raw)
    ++counts[code];
  double bits = 0;
  for (double count : counts)
    if (count > 0)
      bits -= count * std::log2(count / entry.raw.size());
  return bits;
}

TEST(EntropyCoder, WeightsOfAnyWidth) {
  for (double deviation : {0.0, 0.01, 0.3, 0.7, 1.5, 4.0, 20.0, 60.0, 500.0})
    for (size_t columns : {1, 3, 64, 200})
      for (size_t rows : {1, 2, 5, 97})
        checkRoundTrip(normalCodes(rows, columns, deviation));
}

/// One width for all: nothing beats the entropy, and we come near it.
TEST(EntropyCoder, NearTheEntropy) {
  for (double deviation : {0.6, 1.0, 2.0, 4.0, 30.0}) {
    Entry entry = normalCodes(192, 192, deviation);
    double bits = entropyBits(entry);
    double stored = 8.0 * checkRoundTrip(entry);
    EXPECT_LT(stored, bits * 1.01) << deviation;
    EXPECT_GT(stored, bits * 0.99) << deviation;
  }
}

/// Rows and columns of different widths cost less than one code for all.
TEST(EntropyCoder, ClassesOfRowsAndColumns) {
  Entry byRow = normalCodes(192, 192, 1.0, 5);
  EXPECT_LT(8.0 * checkRoundTrip(byRow), 0.95 * entropyBits(byRow));
  Entry byColumn = normalCodes(192, 192, 1.0, 1, 5);
  EXPECT_LT(8.0 * checkRoundTrip(byColumn), 0.95 * entropyBits(byColumn));
  Entry byBoth = normalCodes(192, 192, 1.0, 4, 4);
  EXPECT_LT(8.0 * checkRoundTrip(byBoth), 0.90 * entropyBits(byBoth));
}

/// Columns with steps of their own cost no more than what is coded of them.
TEST(EntropyCoder, MultiplesOfColumns) {
  Entry plain = normalCodes(192, 192, 2.0);
  Entry multiplied = plain;
  for (size_t i = 0; i < multiplied.raw.size(); ++i)
    multiplied.raw[i] *= 1 + i % 192 * 7 % 12;
  EXPECT_LT(checkRoundTrip(multiplied), checkRoundTrip(plain) + 192);
  EXPECT_LT(8.0 * checkRoundTrip(multiplied), 0.8 * entropyBits(multiplied));
}

/// Divisors that are no multiples: of zeros, and of the code without a partner.
TEST(EntropyCoder, ColumnsOfOneCode) {
  for (int code : {0, -128, 127, -127}) {
    Entry entry = normalCodes(97, 200, 2.0);
    for (size_t i = 0; i < entry.raw.size(); i += 200)
      entry.raw[i] = uint8_t(code);
    for (size_t i = 1; i < entry.raw.size(); i += 200)
      entry.raw[i] = uint8_t(i % 400 == 1 ? code : 0);
    checkRoundTrip(entry);
  }
}

TEST(EntropyCoder, EveryByte) {
  Bytes all(256);
  std::iota(all.begin(), all.end(), 0);
  checkRoundTrip({all, 1, 1, 256});
  checkRoundTrip({all, 1, 16, 16});
  checkRoundTrip({all, 2, 1, 128});
  checkRoundTrip({all, 4, 8, 8});
  for (int constant : {-128, -1, 0, 1, 127})
    EXPECT_LT(
        checkRoundTrip(makeEntry(64, 100, std::vector<int8_t>(6400, constant))),
        64u);
}

TEST(EntropyCoder, NoiseStaysRaw) {
  std::mt19937 random(3);
  std::vector<uint32_t> noise(5000);
  for (uint32_t &value : noise)
    value = random();
  EXPECT_EQ(checkRoundTrip(makeEntry(1, 5000, noise)), 20000u);
  checkRoundTrip({{}, 1, 0, 5});
}

TEST(EntropyCoder, WideIntegers) {
  std::mt19937 random(4);
  std::normal_distribution<double> normal;
  for (double deviation : {3.0, 2e3, 1e6, 4e8}) {
    std::vector<int32_t> values = {INT32_MIN, INT32_MAX, 0, -1};
    while (values.size() < 768)
      values.push_back(std::llround(std::min(
          std::max(normal(random) * deviation, -2147483648.0), 2147483647.0)));
    size_t stored = checkRoundTrip(makeEntry(1, 768, values));
    // log2 sqrt(2 pi e) = 2.05 bits more than the deviation's.
    EXPECT_LT(stored, 768 * (std::log2(deviation) + 3.6) / 8 + 40) << deviation;
  }
  std::vector<int16_t> extremes = {-32768, 32767, 0, -1, 128, 127, -129, -128};
  for (int i = 0; i < 4; ++i)
    extremes.insert(extremes.end(), extremes.begin(), extremes.end());
  checkRoundTrip(makeEntry(1, extremes.size(), extremes));
}

/// Rows that resemble the ones before are told as differences.
TEST(EntropyCoder, Differences) {
  std::mt19937 random(5);
  std::vector<int16_t> values;
  for (int row = 0; row < 100; ++row)
    for (int column = 0; column < 50; ++column)
      values.push_back(row == 0 ? int(random() % 60000) - 30000
                                : values[(row - 1) * 50 + column] +
                                      int(random() % 5) - 2);
  EXPECT_LT(checkRoundTrip(makeEntry(100, 50, values)), 2000u);
  std::vector<uint8_t> table(256);
  for (int i = 0; i < 256; ++i)
    table[i] = i * i / 256;
  EXPECT_LT(checkRoundTrip(makeEntry(1, 256, table)), 120u);
}

TEST(EntropyCoder, SameCodesGiveTheSameBytes) {
  Entry entry = normalCodes(300, 100, 3.0, 3, 2);
  EXPECT_EQ(encode(entry), encode(entry));
}

std::vector<Entry> victims() {
  std::vector<int32_t> bias(192);
  std::iota(bias.begin(), bias.end(), -70000);
  for (size_t i = 0; i < bias.size(); ++i)
    bias[i] += 77 * (i * i % 991);
  return {normalCodes(30, 20, 2.0), normalCodes(96, 64, 1.0, 4, 3),
          normalCodes(64, 96, 25.0), makeEntry(1, 192, bias)};
}

/// Damage that the checksum does not see does no harm: it is found, or gives
/// other elements, the same ones every time.
TEST(EntropyCoder, SurvivesDamage) {
  std::mt19937 random(6);
  Bytes decoded, again;
  for (const Entry &entry : victims()) {
    std::string sound = encode(entry);
    ASSERT_LT(sound.size(), entry.raw.size());
    int refused = 0;
    for (int i = 0; i < 2000; ++i) {
      std::string damaged = sound;
      // The head and the states are the most interesting.
      size_t range =
          i % 2 ? damaged.size() : std::min<size_t>(40, sound.size());
      for (int flips = 1 + i % 3; flips > 0; --flips)
        damaged[random() % range] ^= 1 << random() % 8;
      bool accepted = expand(entry, damaged, decoded);
      EXPECT_EQ(expand(entry, damaged, again), accepted);
      if (accepted)
        EXPECT_EQ(decoded, again);
      refused += !accepted;
    }
    EXPECT_GT(refused, 1000);
  }
}

TEST(EntropyCoder, SurvivesNoise) {
  std::mt19937 random(7);
  Bytes decoded;
  for (const Entry &entry : victims())
    for (int i = 0; i < 2000; ++i) {
      std::string noise(random() % entry.raw.size(), '\0');
      for (char &byte : noise)
        byte = random();
      EXPECT_FALSE(expand(entry, noise, decoded));
    }
}

TEST(EntropyCoder, EveryTruncation) {
  Bytes decoded;
  for (const Entry &entry : victims()) {
    std::string sound = encode(entry);
    for (size_t length = 0; length < sound.size(); ++length)
      EXPECT_FALSE(expand(entry, sound.substr(0, length), decoded)) << length;
    if (sound.size() + 1 < entry.raw.size())
      EXPECT_FALSE(expand(entry, sound + '\0', decoded));
  }
}

/// Any knots give frequencies that the coder can use.
TEST(EntropyCoder, FrequenciesOfAnyDistribution) {
  std::mt19937 random(8);
  for (int i = 0; i < 3000; ++i) {
    deit_distribution distribution;
    distribution.reach = random() % 129;
    for (uint8_t &knot : distribution.knots)
      knot = i % 3 == 0 ? random() % 2 * 255 : random();
    deit_frequencies frequencies;
    deit_make_frequencies(&distribution, &frequencies);
    uint32_t sum = 0;
    for (int code = -128; code < 128; ++code) {
      uint32_t frequency = frequencies.frequency[code + 128];
      bool possible = std::abs(code) <= distribution.reach;
      EXPECT_EQ(frequency > 0, possible);
      if (possible)
        EXPECT_EQ(frequencies.begin[code + 128], sum);
      sum += frequency;
    }
    EXPECT_EQ(sum, 1u << DEIT_PROBABILITY_BITS);
  }
}

/// The flat one is flat: planes that are not worth a code take 8 bits a byte.
TEST(EntropyCoder, FlatFrequencies) {
  deit_distribution flat = deit_flat_distribution;
  flat.reach = 128;
  deit_frequencies frequencies;
  deit_make_frequencies(&flat, &frequencies);
  for (int i = 0; i < 256; ++i)
    EXPECT_EQ(frequencies.frequency[i], 1 << (DEIT_PROBABILITY_BITS - 8));
}

/// The fit comes within a thousandth of a normal distribution's entropy.
TEST(EntropyCoder, FitsNormalDistributions) {
  for (double deviation : {0.4, 1.0, 3.0, 10.0, 25.0}) {
    Histogram histogram = {};
    double total = 0, entropy = 0;
    for (int code = -127; code < 128; ++code) {
      double density = std::exp(-0.5 * std::pow(code / deviation, 2));
      histogram[code + 128] = std::lround(1e6 * density);
      total += histogram[code + 128];
    }
    for (uint32_t count : histogram)
      if (count)
        entropy -= count * std::log2(count / total);
    double bits = codedBits(histogram, fitDistribution(histogram));
    EXPECT_LT(bits, entropy * 1.002) << deviation;
    EXPECT_GE(bits, entropy) << deviation;
  }
}

} // namespace
