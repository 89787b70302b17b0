// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions that libFuzzer and Replay.cpp call, and what targets share.

#include "Fuzz.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

using namespace deit::fuzz;

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  target.run(llvm::StringRef(reinterpret_cast<const char *>(data), size));
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t most, unsigned seed) {
  Random random(seed + 1);
  std::string bytes;
  if (target.mutate && random() % 4 != 0) {
    bytes.assign(reinterpret_cast<char *>(data), size);
    target.mutate(bytes, random);
  } else {
    size = LLVMFuzzerMutate(data, size, most);
    bytes.assign(reinterpret_cast<char *>(data), size);
  }
  // What is not repaired tests the checks themselves.
  if (target.repair && random() % 16 != 0)
    target.repair(bytes);
  size = std::min(bytes.size(), most);
  memcpy(data, bytes.data(), size);
  return size;
}

void deit::fuzz::check(bool holds, const char *what) {
  if (holds)
    return;
  fprintf(stderr, "fuzz: expected %s\n", what);
  abort();
}

void deit::fuzz::expectMessage(llvm::Error error) {
  check(!llvm::toString(std::move(error)).empty(), "an error with a message");
}

std::string deit::fuzz::fileOf(llvm::StringRef bytes) {
  static int file = -1;
  if (file >= 0)
    close(file);
  file = memfd_create("fuzz", 0);
  check(file >= 0 && write(file, bytes.data(), bytes.size()) ==
                         static_cast<ssize_t>(bytes.size()),
        "a file in memory");
  return "/proc/self/fd/" + std::to_string(file);
}

static std::string scratch;

std::string deit::fuzz::scratchPath() {
  if (scratch.empty()) {
    const char *folder = getenv("TMPDIR");
    scratch = std::string(folder ? folder : "/tmp") + "/deit-fuzz-" +
              std::to_string(getpid());
    atexit([] { unlink(scratch.c_str()); });
  }
  return scratch;
}
