// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Temporary folders and files for the runtime's tests.

#ifndef DEIT_UNITTESTS_RUNTIME_TESTFILES_H
#define DEIT_UNITTESTS_RUNTIME_TESTFILES_H

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace deit::test {

using Bytes = std::vector<uint8_t>;

/// A folder of its own for one test, removed with everything in it.
class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "deit-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;

  std::string file(const std::string &name) const { return path / name; }

  std::string write(const std::string &name, const Bytes &bytes) const {
    std::ofstream stream(file(name), std::ios::binary);
    stream.write(reinterpret_cast<const char *>(bytes.data()),
                 static_cast<std::streamsize>(bytes.size()));
    return file(name);
  }

  /// How many files there are, half-written ones included.
  size_t count() const {
    return std::distance(std::filesystem::directory_iterator(path), {});
  }

private:
  std::filesystem::path path;
};

inline std::string readText(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// One CIFAR record: labels, then `pixel` everywhere in red, `pixel` + 1 in
/// green and `pixel` + 2 in blue.
inline void appendRecord(Bytes &bytes, const Bytes &labels, uint8_t pixel) {
  bytes.insert(bytes.end(), labels.begin(), labels.end());
  for (int channel = 0; channel < 3; ++channel)
    bytes.insert(bytes.end(), 1024, static_cast<uint8_t>(pixel + channel));
}

} // namespace deit::test

#endif // DEIT_UNITTESTS_RUNTIME_TESTFILES_H
