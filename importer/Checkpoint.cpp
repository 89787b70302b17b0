// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tells the checkpoint formats apart.

#include "importer/Checkpoint.h"

#include "deit/Support/FileIO.h"
#include "importer/Readers.h"

using llvm::Expected;
using llvm::StringRef;

namespace deit::importer {

const Datum *Checkpoint::attribute(StringRef path, StringRef name) const {
  auto found = modules.find(path.str());
  return found == modules.end() ? nullptr : found->second.state->find(name);
}

std::shared_ptr<Storage> storageInFile(std::shared_ptr<llvm::MemoryBuffer> file,
                                       StringRef bytes) {
  auto storage = std::make_shared<Storage>();
  storage->sizeInBytes = bytes.size();
  storage->load = [file = std::move(file), bytes] {
    return Expected<std::shared_ptr<const std::string>>(
        std::make_shared<const std::string>(bytes));
  };
  return storage;
}

static Expected<Checkpoint> dispatch(StringRef path,
                                     std::shared_ptr<llvm::MemoryBuffer> file) {
  StringRef bytes = file->getBuffer();
  if (bytes.empty())
    return makeError("is empty");
  if (bytes.starts_with(StringRef("PK\3\4", 4)))
    return readTorchZip(path);
  // The pickled integer 0x1950a86a20f9469cfc6c, of any protocol.
  StringRef magic("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12);
  if (bytes.take_front(32).contains(magic))
    return readTorchLegacy(std::move(file));
  // The length of a JSON object, then the object.
  if (bytes.size() > 8 && bytes[8] == '{' && bytes[7] == 0)
    return readSafetensors(std::move(file));
  if (bytes.starts_with("\x80"))
    return makeError("is a pickle that torch.save did not write; in Python, "
                     "load it and save it with torch.save");
  return makeError("is no checkpoint: neither torch.save's zip archive nor its "
                   "legacy format nor safetensors");
}

Expected<Checkpoint> readCheckpoint(StringRef path) {
  if (path == "-")
    return makeError("a checkpoint cannot be read from standard input; name "
                     "its file");
  auto file = readFile(path);
  if (!file)
    return file.takeError();
  Expected<Checkpoint> checkpoint = dispatch(path, std::move(*file));
  if (!checkpoint)
    return prefixError(path + ": ", checkpoint.takeError());
  return checkpoint;
}

} // namespace deit::importer
