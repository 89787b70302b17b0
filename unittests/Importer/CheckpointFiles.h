// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Makes small pickles and checkpoint files for the importer's tests.

#ifndef DEIT_UNITTESTS_IMPORTER_CHECKPOINTFILES_H
#define DEIT_UNITTESTS_IMPORTER_CHECKPOINTFILES_H

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>
#include <zip.h>

namespace deit::importer::testing {

/// `value` as little-endian bytes.
template <typename T>
std::string littleEndian(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

// Pieces of protocol 2 pickles.
inline std::string integer(int32_t n) { return "J" + littleEndian(n); }
inline std::string text(const std::string &s) {
  return "X" + littleEndian(uint32_t(s.size())) + s;
}
inline std::string global(const std::string &module, const std::string &name) {
  return "c" + module + "\n" + name + "\n";
}
inline std::string tuple(const std::vector<std::string> &items) {
  std::string bytes = "(";
  for (const std::string &item : items)
    bytes += item;
  return bytes + "t";
}
inline std::string integers(const std::vector<int32_t> &numbers) {
  std::vector<std::string> items;
  items.reserve(numbers.size());
  for (int32_t n : numbers)
    items.push_back(integer(n));
  return tuple(items);
}
using Pairs = std::vector<std::pair<std::string, std::string>>;
inline std::string dict(const Pairs &pairs) {
  std::string bytes = "}(";
  for (const auto &[key, value] : pairs)
    bytes += text(key) + value;
  return bytes + "u";
}
inline std::string call(const std::string &callee, const std::string &tuple) {
  return callee + tuple + "R";
}
inline std::string pickle(const std::string &value) {
  return "\x80\x02" + value + ".";
}

/// A tensor on the storage `key` of `storageClass` with `numel` elements.
inline std::string tensor(const std::string &storageClass,
                          const std::string &key, int32_t numel, int32_t offset,
                          const std::vector<int32_t> &shape,
                          const std::vector<int32_t> &strides) {
  std::string id = tuple({text("storage"), global("torch", storageClass),
                          text(key), text("cpu"), integer(numel)}) +
                   "Q";
  return call(global("torch._utils", "_rebuild_tensor_v2"),
              tuple({id, integer(offset), integers(shape), integers(strides),
                     "\x89", dict({})}));
}

/// A module object of the class `name` with these parameters and children.
inline std::string module(const std::string &name, const Pairs &parameters,
                          const Pairs &children, const Pairs &more = {}) {
  Pairs state = {{"_parameters", dict(parameters)},
                 {"_buffers", dict({})},
                 {"_modules", dict(children)}};
  state.insert(state.end(), more.begin(), more.end());
  return global("torch.nn", name) + ")\x81" + dict(state) + "b";
}

/// A file that lives as long as this.
class TemporaryFile {
public:
  explicit TemporaryFile(const std::string &bytes = "") {
    int fd = -1;
    EXPECT_FALSE(
        llvm::sys::fs::createTemporaryFile("deit-test", "bin", fd, path));
    llvm::raw_fd_ostream(fd, /*shouldClose=*/true) << bytes;
  }
  ~TemporaryFile() { EXPECT_FALSE(llvm::sys::fs::remove(path)); }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;

  llvm::StringRef name() const { return path; }

  std::string bytes() const {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    return buffer ? (*buffer)->getBuffer().str() : "";
  }

private:
  llvm::SmallString<128> path;
};

/// Writes a zip archive of these entries over `file`.
inline void writeZip(const TemporaryFile &file, const Pairs &entries,
                     int method = ZIP_CM_STORE) {
  zip_t *archive =
      zip_open(file.name().str().c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  ASSERT_NE(archive, nullptr);
  for (const auto &[name, bytes] : entries) {
    zip_source_t *source =
        zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
    zip_int64_t index =
        zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    ASSERT_GE(index, 0);
    zip_set_file_compression(archive, index, method, 0);
  }
  ASSERT_EQ(zip_close(archive), 0);
}

/// Expects the message MESSAGE to contain PART.
#define EXPECT_SAYS(MESSAGE, PART)                                             \
  EXPECT_PRED2(::deit::importer::testing::says, MESSAGE, PART)

inline bool says(const std::string &message, const std::string &part) {
  return message.find(part) != std::string::npos;
}

/// What `error` says, or "" for success.
inline std::string message(llvm::Error error) {
  return llvm::toString(std::move(error));
}

} // namespace deit::importer::testing

#endif // DEIT_UNITTESTS_IMPORTER_CHECKPOINTFILES_H
