// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads zip archives whose contents nobody vouches for.

#ifndef DEIT_IMPORTER_ARCHIVE_H
#define DEIT_IMPORTER_ARCHIVE_H

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

struct zip;

namespace deit::importer {

/// A zip archive, zip64 included. What an entry claims of its size is checked
/// against the file's before memory is asked for; checksums are verified.
class Archive {
public:
  /// Opens the archive in the file `path`. Errors do not name the file.
  static llvm::Expected<std::unique_ptr<Archive>> open(llvm::StringRef path);
  /// The same of an archive in memory, such as an entry of another.
  static llvm::Expected<std::unique_ptr<Archive>> openBytes(std::string bytes);
  ~Archive();
  Archive(const Archive &) = delete;
  Archive &operator=(const Archive &) = delete;

  /// All entries' names, in the archive's order.
  const std::vector<std::string> &names() const { return entryNames; }

  bool contains(llvm::StringRef name) const { return sizes.contains(name); }

  /// The bytes of the archive itself.
  uint64_t fileSize() const { return archiveSize; }

  /// The uncompressed bytes that the entry claims to have.
  llvm::Expected<uint64_t> size(llvm::StringRef name) const;

  /// The entry's bytes. An error names the entry.
  llvm::Expected<std::string> read(llvm::StringRef name) const;

private:
  struct Entry {
    uint64_t index;
    uint64_t size;
  };

  Archive() = default;
  llvm::Error addEntries();
  llvm::Error addEntry(uint64_t index);

  std::string contents; ///< what `handle` reads, unless that is a file

  struct zip *handle = nullptr;
  uint64_t archiveSize = 0;
  std::vector<std::string> entryNames;
  llvm::StringMap<Entry> sizes;
};

} // namespace deit::importer

#endif // DEIT_IMPORTER_ARCHIVE_H
