// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fuzz target: files of statistics. What is read can be written, and is the
// same when it is read again.

#include "Fuzz.h"
#include "deit/Calibration/Statistics.h"

#include "llvm/Support/CRC.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace deit;

/// "DEITSTAT", version, checksum, length.
static void repair(std::string &bytes) {
  if (bytes.size() < 24)
    return;
  auto *data = reinterpret_cast<const uint8_t *>(bytes.data());
  uint32_t checksum = llvm::crc32({data + 24, bytes.size() - 24});
  memcpy(bytes.data(), "DEITSTAT\1\0\0\0", 12);
  llvm::support::endian::write32le(bytes.data() + 12, checksum);
  llvm::support::endian::write64le(bytes.data() + 16, bytes.size() - 24);
}

/// What a file of `statistics` holds.
static std::string write(const ModelStatistics &statistics) {
  std::string path = fuzz::scratchPath();
  if (Error error = writeStatistics(statistics, path))
    fuzz::check(false, llvm::toString(std::move(error)).c_str());
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false);
  fuzz::check(static_cast<bool>(buffer), "a file that can be read");
  return (*buffer)->getBuffer().str();
}

static void run(StringRef bytes) {
  Expected<ModelStatistics> first = readStatistics(fuzz::fileOf(bytes));
  if (!first)
    return fuzz::expectMessage(first.takeError());
  std::string written = write(*first);
  Expected<ModelStatistics> second = readStatistics(fuzz::fileOf(written));
  if (!second)
    fuzz::check(false, llvm::toString(second.takeError()).c_str());
  fuzz::check(write(*second) == written, "the same statistics");
}

const fuzz::Target fuzz::target = {run, repair};
