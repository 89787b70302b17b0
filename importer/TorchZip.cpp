// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads the zip archives that torch.save writes.

#include "deit/Support/FileIO.h"
#include "importer/Archive.h"
#include "importer/PickleMachine.h"
#include "importer/Readers.h"

#include "llvm/ADT/STLExtras.h"

using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace deit::importer {
namespace {

/// An archive, and the storage read last: many tensors may share one.
struct Source {
  std::unique_ptr<Archive> archive;
  std::string prefix;
  std::string pickleBytes;
  Pickle pickle;
  bool isBigEndian = false;
  std::string lastKey;
  std::shared_ptr<const std::string> last;

  Expected<std::shared_ptr<const std::string>> load(const std::string &name) {
    if (last && name == lastKey)
      return last;
    auto bytes = archive->read(name);
    if (!bytes)
      return bytes.takeError();
    last = std::make_shared<const std::string>(std::move(*bytes));
    lastKey = name;
    return last;
  }
};

/// Why an archive without data.pkl, or with more, is not for us.
Error notOurs(const Archive &archive) {
  StringRef kind = "is a zip archive, but none of torch.save: it has no "
                   "data.pkl";
  for (StringRef name : archive.names()) {
    if (name.ends_with("serialized_exported_program.json") ||
        name.ends_with("models/model.json"))
      kind = "is an archive of torch.export, which is not supported";
    if (name.ends_with("/constants.pkl"))
      kind = "is a TorchScript archive, which is not supported";
  }
  return makeError(kind + "; in Python, save the model with torch.save");
}

/// The folder in which data.pkl stands, with its slash.
Expected<std::string> findPrefix(const Archive &archive) {
  std::vector<StringRef> found;
  for (StringRef name : archive.names())
    if (StringRef folder = name; folder.consume_back("data.pkl") &&
                                 folder.count('/') <= 1 &&
                                 (folder.empty() || folder.ends_with("/")))
      found.push_back(folder);
  if (found.size() != 1 || archive.contains(found[0].str() + "constants.pkl"))
    return notOurs(archive);
  return found[0].str();
}

Error readByteOrder(Source &source) {
  std::string name = source.prefix + "byteorder";
  if (!source.archive->contains(name))
    return Error::success(); // Older archives are little-endian.
  auto order = source.archive->read(name);
  if (!order)
    return order.takeError();
  if (*order != "little" && *order != "big")
    return makeError("archive entry " + quoted(name) + " is " + quoted(*order) +
                     ", not 'little' or 'big'");
  source.isBigEndian = *order == "big";
  return Error::success();
}

/// The bytes that a pickle in `archive` may have. torch.save does not compress;
/// who did so later did not get beyond a factor of 16. A value that a pickle
/// makes takes much more memory than the byte that makes it.
uint64_t pickleLimit(const Archive &archive) {
  return std::min<uint64_t>(PickleLimits().maxBytes,
                            4096 + 16 * archive.fileSize());
}

Error readSource(Source &source, std::unique_ptr<Archive> archive) {
  source.archive = std::move(archive);
  auto prefix = findPrefix(*source.archive);
  if (!prefix)
    return prefix.takeError();
  source.prefix = std::move(*prefix);
  if (Error error = readByteOrder(source))
    return error;
  std::string name = source.prefix + "data.pkl";
  auto size = source.archive->size(name);
  if (!size)
    return size.takeError();
  uint64_t limit = pickleLimit(*source.archive);
  if (*size > limit)
    return makeError("archive entry " + quoted(name) + " has " + Twine(*size) +
                     " bytes, " + Twine(limit) + " are the limit");
  auto bytes = source.archive->read(name);
  if (!bytes)
    return bytes.takeError();
  source.pickleBytes = std::move(*bytes);
  auto pickle = readPickle(source.pickleBytes);
  if (!pickle)
    return pickle.takeError();
  source.pickle = std::move(*pickle);
  return checkCalls(source.pickle);
}

} // namespace

Expected<Checkpoint> readTorchZip(StringRef path) {
  auto archive = Archive::open(path);
  if (!archive)
    return archive.takeError();
  return readTorchZip(std::move(*archive));
}

Expected<Checkpoint> readTorchZip(std::unique_ptr<Archive> archive) {
  auto source = std::make_shared<Source>();
  if (Error error = readSource(*source, std::move(archive)))
    return std::move(error);
  auto findStorage =
      [&](const StorageId &id) -> Expected<std::shared_ptr<Storage>> {
    std::string name = source->prefix + "data/" + id.key.str();
    auto size = source->archive->size(name);
    if (!size)
      return size.takeError();
    if (*size != id.sizeInBytes)
      return makeError("archive entry " + quoted(name) + " has " +
                       Twine(*size) + " bytes, its storage " +
                       Twine(id.sizeInBytes));
    auto storage = std::make_shared<Storage>();
    storage->sizeInBytes = *size;
    storage->isBigEndian = source->isBigEndian;
    storage->load = [source, name] { return source->load(name); };
    return storage;
  };
  Checkpoint checkpoint;
  checkpoint.owners.push_back(source);
  if (Error error = collectModel(*source->pickle.root, findStorage, checkpoint))
    return std::move(error);
  return checkpoint;
}

} // namespace deit::importer
