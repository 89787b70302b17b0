// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the archive reader over libzip.

#include "importer/Archive.h"

#include "deit/Support/FileIO.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"

#include <zip.h>

using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace deit::importer {

/// No honest entry shrinks by more; deflate itself ends at 1032.
constexpr uint64_t maxRatio = 1024;

/// What `error` says of an archive that cannot be opened; finishes it.
static Error unreadable(zip_error_t &error) {
  std::string message = zip_error_strerror(&error);
  zip_error_fini(&error);
  return makeError("is no readable zip archive, perhaps cut off: " + message);
}

Expected<std::unique_ptr<Archive>> Archive::open(StringRef path) {
  std::unique_ptr<Archive> archive(new Archive);
  if (std::error_code code =
          llvm::sys::fs::file_size(path, archive->archiveSize))
    return makeError("cannot be read: " + code.message());
  int code = 0;
  archive->handle = zip_open(path.str().c_str(), ZIP_RDONLY, &code);
  if (!archive->handle) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    return unreadable(error);
  }
  if (Error error = archive->addEntries())
    return std::move(error);
  return archive;
}

Expected<std::unique_ptr<Archive>> Archive::openBytes(std::string bytes) {
  std::unique_ptr<Archive> archive(new Archive);
  archive->contents = std::move(bytes);
  archive->archiveSize = archive->contents.size();
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t *source = zip_source_buffer_create(
      archive->contents.data(), archive->archiveSize, /*freep=*/0, &error);
  if (source)
    archive->handle = zip_open_from_source(source, ZIP_RDONLY, &error);
  if (!archive->handle) {
    if (source)
      zip_source_free(source);
    return unreadable(error);
  }
  zip_error_fini(&error);
  if (Error failure = archive->addEntries())
    return std::move(failure);
  return archive;
}

Error Archive::addEntries() {
  zip_int64_t count = zip_get_num_entries(handle, 0);
  for (zip_int64_t i = 0; i < count; ++i)
    if (Error error = addEntry(i))
      return error;
  return Error::success();
}

Archive::~Archive() {
  if (handle)
    zip_discard(handle);
}

Error Archive::addEntry(uint64_t index) {
  zip_stat_t stat;
  zip_stat_init(&stat);
  constexpr zip_uint64_t needed =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
  if (zip_stat_index(handle, index, ZIP_FL_ENC_RAW, &stat) != 0 ||
      (stat.valid & needed) != needed)
    return makeError("archive entry " + Twine(index) +
                     " is unreadable: " + zip_strerror(handle));
  std::string name = stat.name;
  if (stat.comp_size > archiveSize)
    return makeError("archive entry " + quoted(name) + " claims " +
                     Twine(stat.comp_size) + " bytes in a file of " +
                     Twine(archiveSize));
  uint64_t limit = stat.comp_method == ZIP_CM_STORE ? stat.comp_size
                                                    : stat.comp_size * maxRatio;
  if (stat.size > limit)
    return makeError("archive entry " + quoted(name) + " claims to expand " +
                     Twine(stat.comp_size) + " bytes to " + Twine(stat.size) +
                     ", which is not believable");
  if (!sizes.try_emplace(name, Entry{index, stat.size}).second)
    return makeError("archive entry " + quoted(name) + " occurs twice");
  entryNames.push_back(std::move(name));
  return Error::success();
}

Expected<uint64_t> Archive::size(StringRef name) const {
  auto found = sizes.find(name);
  if (found == sizes.end())
    return makeError("the archive has no entry " + quoted(name));
  return found->second.size;
}

Expected<std::string> Archive::read(StringRef name) const {
  auto found = sizes.find(name);
  if (found == sizes.end())
    return makeError("the archive has no entry " + quoted(name));
  zip_file_t *file = zip_fopen_index(handle, found->second.index, 0);
  if (!file)
    return makeError("archive entry " + quoted(name) +
                     " cannot be read: " + zip_strerror(handle));
  llvm::scope_exit close([&] { zip_fclose(file); });
  // Grow with what arrives, so that a wrong size costs no memory.
  constexpr uint64_t step = uint64_t(16) << 20;
  std::string bytes;
  while (bytes.size() < found->second.size) {
    size_t have = bytes.size();
    bytes.resize(have + std::min(step, found->second.size - have));
    zip_int64_t got = zip_fread(file, bytes.data() + have, bytes.size() - have);
    if (got <= 0)
      return makeError(
          "archive entry " + quoted(name) + " is damaged: " +
          (got < 0 ? zip_file_strerror(file) : "it ends too early"));
    bytes.resize(have + got);
  }
  // The checksum is compared when the end has been seen.
  char beyond;
  zip_int64_t rest = zip_fread(file, &beyond, 1);
  if (rest != 0)
    return makeError(
        "archive entry " + quoted(name) + " is damaged: " +
        (rest < 0 ? zip_file_strerror(file) : "it is longer than it claims"));
  return bytes;
}

} // namespace deit::importer
