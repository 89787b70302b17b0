// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads the stream that torch.save wrote before version 1.6.

#include "deit/Support/FileIO.h"
#include "importer/PickleMachine.h"
#include "importer/Readers.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Endian.h"

using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace deit::importer {
namespace {

/// The pickles of a stream that matter later, and the bytes they point into.
struct Stream {
  std::shared_ptr<llvm::MemoryBuffer> file;
  StringRef rest;
  Pickle model;
  Pickle keys;
  llvm::StringMap<StringRef> storages;
};

/// Takes one pickle off the stream.
Expected<Pickle> takePickle(Stream &stream) {
  size_t length = 0;
  PickleLimits limits;
  auto pickle =
      readPickle(stream.rest.take_front(limits.maxBytes), limits, &length);
  if (!pickle)
    return pickle.takeError();
  stream.rest = stream.rest.drop_front(length);
  return pickle;
}

/// Magic number, protocol version and system, each a pickle of its own.
Error takeHeader(Stream &stream) {
  for (int i = 0; i < 3; ++i) {
    auto pickle = takePickle(stream);
    if (!pickle)
      return pickle.takeError();
    if (i == 1 && pickle->root->asInt() != 1001)
      return makeError("is of an unknown version of torch's legacy format");
    const Datum *little =
        i == 2 ? pickle->root->find("little_endian") : nullptr;
    if (little && little->asInt() == 0)
      return makeError("was written on a big-endian machine, which torch's "
                       "legacy format does not support");
  }
  return Error::success();
}

/// Bytes of an element by storage key: the stream itself does not tell.
Expected<llvm::StringMap<unsigned>> elementSizes(const Pickle &model) {
  llvm::StringMap<unsigned> sizes;
  for (const Datum &datum : model.data) {
    // Classes of modules are persistent too: ('module', class, source).
    if (!datum.is(DatumKind::PersistentId) || !datum.items[0]->isSequence() ||
        datum.items[0]->items.empty() ||
        datum.items[0]->items[0]->asString() != StringRef("storage"))
      continue;
    auto id = decodeStorageId(datum);
    if (!id)
      return id.takeError();
    if (id->dtype == DType::Other)
      return makeError("storage " + quoted(id->key) +
                       " is of an unsupported type");
    sizes[id->key] = dtypeSize(id->dtype);
  }
  return sizes;
}

/// After the pickles: for every key the element count and the elements.
Error takeStorages(Stream &stream) {
  auto sizes = elementSizes(stream.model);
  if (!sizes)
    return sizes.takeError();
  if (!stream.keys.root->is(DatumKind::List))
    return makeError("has no list of storages");
  for (const Datum *item : stream.keys.root->items) {
    std::optional<StringRef> key = item->asString();
    auto size = sizes->find(key.value_or(""));
    if (!key || size == sizes->end())
      return makeError("lists a storage that no tensor uses");
    if (stream.rest.size() < 8)
      return makeError("is cut off before storage " + quoted(*key));
    uint64_t count = llvm::support::endian::read64le(stream.rest.data());
    stream.rest = stream.rest.drop_front(8);
    if (count > stream.rest.size() / size->second)
      return makeError("is cut off: storage " + quoted(*key) + " needs " +
                       Twine(count) + " elements of " + Twine(size->second) +
                       " bytes, " + Twine(stream.rest.size()) +
                       " bytes are left");
    stream.storages[*key] = stream.rest.take_front(count * size->second);
    stream.rest = stream.rest.drop_front(count * size->second);
  }
  return Error::success();
}

} // namespace

Expected<Checkpoint> readTorchLegacy(std::shared_ptr<llvm::MemoryBuffer> file) {
  auto stream = std::make_shared<Stream>();
  stream->file = file;
  stream->rest = file->getBuffer();
  if (Error error = takeHeader(*stream))
    return std::move(error);
  for (Pickle *pickle : {&stream->model, &stream->keys}) {
    auto taken = takePickle(*stream);
    if (!taken)
      return taken.takeError();
    *pickle = std::move(*taken);
    if (Error error = checkCalls(*pickle))
      return std::move(error);
  }
  if (Error error = takeStorages(*stream))
    return std::move(error);
  auto findStorage =
      [&](const StorageId &id) -> Expected<std::shared_ptr<Storage>> {
    auto found = stream->storages.find(id.key);
    if (found == stream->storages.end() ||
        found->second.size() != id.sizeInBytes)
      return makeError("storage " + quoted(id.key) + " of " +
                       Twine(id.sizeInBytes) + " bytes is not in the file");
    return storageInFile(file, found->second);
  };
  Checkpoint checkpoint;
  checkpoint.owners.push_back(stream);
  if (Error error = collectModel(*stream->model.root, findStorage, checkpoint))
    return std::move(error);
  return checkpoint;
}

} // namespace deit::importer
