// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs a fuzz target without libFuzzer: every file of the corpora once, then
// mutations of them, the same ones every time. Takes libFuzzer's -runs=N, and
// files and folders. What ends the process is left in crash-replayed.

#include "Fuzz.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cstring>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t most, unsigned seed);

static deit::fuzz::Random generator(1);

/// Of libFuzzer's mutations the simple ones.
extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most) {
  for (unsigned left = 1 + generator() % 4; left > 0 && size > 0; --left) {
    size_t at = generator() % size;
    switch (generator() % 4) {
    case 0:
      data[at] ^= 1 << generator() % 8;
      break;
    case 1:
      data[at] = generator();
      break;
    case 2:
      size = at + 1; // cut off
      break;
    default: // a piece stands twice
      size_t length = std::min({size - at, most - size, size_t(32)});
      memmove(data + at + length, data + at, size - at);
      size += length;
    }
  }
  return size;
}

using Files = std::vector<std::string>;

static void read(llvm::StringRef path, Files &files) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false);
  deit::fuzz::check(static_cast<bool>(buffer), "a file that can be read");
  files.push_back((*buffer)->getBuffer().str());
}

/// The files below `path`, in one order everywhere.
static void readAll(llvm::StringRef path, Files &files) {
  if (!llvm::sys::fs::is_directory(path))
    return read(path, files);
  std::vector<std::string> paths;
  std::error_code code;
  for (llvm::sys::fs::recursive_directory_iterator each(path, code), end;
       each != end && !code; each.increment(code))
    if (!llvm::sys::fs::is_directory(each->path()))
      paths.push_back(each->path());
  std::sort(paths.begin(), paths.end());
  for (const std::string &each : paths)
    read(each, files);
}

static llvm::StringRef current;

static void keepCurrent(void *) {
  std::error_code code;
  llvm::raw_fd_ostream("crash-replayed", code) << current;
}

static void run(llvm::StringRef bytes) {
  current = bytes;
  // Copied, so that a sanitizer sees any read behind the end.
  std::vector<uint8_t> copy(bytes.bytes_begin(), bytes.bytes_end());
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

static void runMutation(llvm::StringRef bytes, unsigned seed) {
  std::vector<uint8_t> copy(bytes.bytes_begin(), bytes.bytes_end());
  size_t most = copy.size() + 1024;
  copy.resize(most);
  copy.resize(LLVMFuzzerCustomMutator(copy.data(), bytes.size(), most, seed));
  run({reinterpret_cast<const char *>(copy.data()), copy.size()});
}

int main(int argc, char **argv) {
  llvm::sys::AddSignalHandler(keepCurrent, nullptr);
  Files files;
  unsigned runs = 0;
  for (llvm::StringRef argument : llvm::ArrayRef(argv + 1, argc - 1)) {
    if (argument.consume_front("-runs="))
      deit::fuzz::check(!argument.getAsInteger(10, runs), "-runs=N");
    else if (!argument.starts_with("-"))
      readAll(argument, files);
  }
  deit::fuzz::check(!files.empty(), "files or folders as arguments");
  for (const std::string &file : files)
    run(file);
  for (unsigned i = files.size(); i < runs; ++i)
    runMutation(files[i % files.size()], i);
  llvm::outs() << "Done " << std::max<size_t>(runs, files.size())
               << " runs, from " << files.size() << " files\n";
  return 0;
}
