// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The file of statistics. All numbers are little-endian:
//
//   "DEITSTAT", u32 version, u32 CRC-32 of the rest, u64 its length, and
//   u64 fingerprint, u32 images, u32 fisherImages, u32 activations; of each
//     path, operation            each a u32 length and its bytes
//     mean, variance, kurtosis   f64
//     u32 channels               and of each 4 f32
//     low, high                  f64
//     u32 bins                   and of each its count, as ULEB128
//     u8 fisher                  1: and of each bin its weight, as f64
//
// Most bins hold little, so their counts take a byte or two.

#include "deit/Calibration/Statistics.h"
#include "deit/Support/FileIO.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/DataExtractor.h"
#include "llvm/Support/EndianStream.h"
#include "llvm/Support/LEB128.h"
#include <cmath>

using namespace deit;

static constexpr StringLiteral kMagic = "DEITSTAT";
static constexpr uint32_t kVersion = 1;
static constexpr size_t kHeaderBytes = 24;
static constexpr StringLiteral kRemedy =
    "; make it again with deit-collect-statistics";

static ArrayRef<uint8_t> bytesOf(StringRef text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

namespace {

class Writer {
public:
  explicit Writer(raw_ostream &os)
      : os(os), writer(os, llvm::endianness::little) {}

  void write(const ModelStatistics &statistics);

private:
  void write(const ActivationStatistics &activation);
  void write(const Histogram &histogram);
  void write(StringRef text) {
    writer.write<uint32_t>(text.size());
    os << text;
  }

  raw_ostream &os;
  llvm::support::endian::Writer writer;
};

} // namespace

void Writer::write(const Histogram &histogram) {
  writer.write(histogram.range().low);
  writer.write(histogram.range().high);
  writer.write<uint32_t>(histogram.counts().size());
  for (double count : histogram.counts())
    llvm::encodeULEB128(static_cast<uint64_t>(count), os);
}

void Writer::write(const ActivationStatistics &activation) {
  write(activation.path);
  write(activation.operation);
  writer.write(activation.mean);
  writer.write(activation.variance);
  writer.write(activation.kurtosis);
  writer.write<uint32_t>(activation.channels.size());
  for (const ChannelStatistics &each : activation.channels)
    for (float value : {each.minimum, each.maximum, each.mean, each.variance})
      writer.write(value);
  write(activation.histogram);
  writer.write<uint8_t>(activation.fisher.has_value());
  if (activation.fisher)
    for (double weight : activation.fisher->counts())
      writer.write(weight);
}

void Writer::write(const ModelStatistics &statistics) {
  writer.write(statistics.fingerprint);
  writer.write(statistics.images);
  writer.write(statistics.fisherImages);
  writer.write<uint32_t>(statistics.activations.size());
  for (const ActivationStatistics &activation : statistics.activations)
    write(activation);
}

Error deit::writeStatistics(const ModelStatistics &statistics, StringRef path) {
  std::string payload;
  llvm::raw_string_ostream os(payload);
  Writer(os).write(statistics);
  return writeFile(path, [&](raw_ostream &file) {
    llvm::support::endian::Writer header(file, llvm::endianness::little);
    file << kMagic;
    header.write(kVersion);
    header.write<uint32_t>(llvm::crc32(bytesOf(payload)));
    header.write<uint64_t>(payload.size());
    file << payload;
    return Error::success();
  });
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {

/// Reads what the header vouches for. A number that leads beyond the end makes
/// the rest zeros and `finish` fail.
class Reader {
public:
  explicit Reader(StringRef payload)
      : data(payload, /*IsLittleEndian=*/true, /*AddressSize=*/8), cursor(0) {}

  void read(ModelStatistics &statistics);
  Error finish();

private:
  void read(ActivationStatistics &activation);
  void readHistograms(ActivationStatistics &activation);
  double readDouble() { return llvm::bit_cast<double>(data.getU64(cursor)); }
  float readFloat() { return llvm::bit_cast<float>(data.getU32(cursor)); }
  std::string readText() {
    return data.getBytes(cursor, data.getU32(cursor)).str();
  }
  /// How many things of `bytes` bytes or more come next.
  uint32_t readCount(uint64_t bytes);

  llvm::DataExtractor data;
  llvm::DataExtractor::Cursor cursor;
  bool isSound = true;
};

} // namespace

uint32_t Reader::readCount(uint64_t bytes) {
  uint32_t count = data.getU32(cursor);
  if (count <= (data.size() - cursor.tell()) / bytes)
    return count;
  isSound = false;
  return 0;
}

void Reader::readHistograms(ActivationStatistics &activation) {
  double low = readDouble(), high = readDouble();
  std::vector<double> counts(readCount(1));
  for (double &count : counts)
    count = static_cast<double>(data.getULEB128(cursor));
  std::vector<double> weights(data.getU8(cursor) ? counts.size() : 0);
  for (double &weight : weights)
    weight = readDouble();
  auto isWeight = [](double weight) {
    return weight >= 0 && weight < HUGE_VAL;
  };
  if (counts.empty() || !(low <= high) || !std::isfinite(high - low) ||
      !llvm::all_of(weights, isWeight)) {
    isSound = false;
    return;
  }
  activation.histogram = Histogram({low, high}, std::move(counts));
  if (!weights.empty())
    activation.fisher = Histogram({low, high}, std::move(weights));
}

void Reader::read(ActivationStatistics &activation) {
  activation.path = readText();
  activation.operation = readText();
  activation.mean = readDouble();
  activation.variance = readDouble();
  activation.kurtosis = readDouble();
  activation.channels.resize(readCount(sizeof(ChannelStatistics)));
  for (ChannelStatistics &each : activation.channels)
    for (float *value :
         {&each.minimum, &each.maximum, &each.mean, &each.variance})
      *value = readFloat();
  readHistograms(activation);
}

void Reader::read(ModelStatistics &statistics) {
  statistics.fingerprint = data.getU64(cursor);
  statistics.images = data.getU32(cursor);
  statistics.fisherImages = data.getU32(cursor);
  uint32_t count = readCount(1);
  for (uint32_t i = 0; i < count && cursor && isSound; ++i)
    read(statistics.activations.emplace_back());
}

Error Reader::finish() {
  bool isWhole = isSound && cursor.tell() == data.size();
  if (Error error = cursor.takeError())
    return error;
  return isWhole ? Error::success() : makeError("numbers do not fit together");
}

/// The payload of `bytes`, after a look at the header.
static Expected<StringRef> checkHeader(StringRef bytes) {
  if (!bytes.starts_with(
          kMagic.substr(0, std::min(bytes.size(), kMagic.size()))) ||
      bytes.empty())
    return makeError("is no file of statistics");
  if (bytes.size() < kHeaderBytes)
    return makeError("is cut short");
  llvm::DataExtractor header(bytes, true, 8);
  uint64_t offset = kMagic.size();
  if (uint32_t version = header.getU32(&offset); version != kVersion)
    return makeError("is of version " + Twine(version) + ", expected " +
                     Twine(kVersion));
  uint32_t checksum = header.getU32(&offset);
  uint64_t length = header.getU64(&offset);
  StringRef payload = bytes.drop_front(kHeaderBytes);
  if (payload.size() < length)
    return makeError("is cut short: " + Twine(payload.size()) + " of " +
                     Twine(length) + " bytes");
  if (payload.size() > length || llvm::crc32(bytesOf(payload)) != checksum)
    return makeError("is damaged: its checksum is another");
  return payload;
}

Expected<ModelStatistics> deit::readStatistics(StringRef path) {
  Expected<std::unique_ptr<llvm::MemoryBuffer>> file = readFile(path);
  if (!file)
    return file.takeError();
  auto fail = [&](Error error) {
    return makeError(path + " " + llvm::toString(std::move(error)) + kRemedy);
  };
  Expected<StringRef> payload = checkHeader((*file)->getBuffer());
  if (!payload)
    return fail(payload.takeError());
  ModelStatistics statistics;
  Reader reader(*payload);
  reader.read(statistics);
  if (Error error = reader.finish())
    return fail(prefixError("is damaged: ", std::move(error)));
  return statistics;
}
