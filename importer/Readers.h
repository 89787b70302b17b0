// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The readers of the checkpoint formats; internal to readCheckpoint.

#ifndef DEIT_IMPORTER_READERS_H
#define DEIT_IMPORTER_READERS_H

#include "importer/Archive.h"
#include "importer/Checkpoint.h"
#include "importer/TorchData.h"

#include "llvm/Support/MemoryBuffer.h"

namespace deit::importer {

/// What torch.save writes since 1.6: a zip archive around a pickle. Errors of
/// the readers do not name the file.
llvm::Expected<Checkpoint> readTorchZip(llvm::StringRef path);

/// What torch.save wrote before: five pickles and the storages in one stream.
llvm::Expected<Checkpoint>
readTorchLegacy(std::shared_ptr<llvm::MemoryBuffer> file);

/// A JSON header with names, types, shapes and offsets, then the bytes.
llvm::Expected<Checkpoint>
readSafetensors(std::shared_ptr<llvm::MemoryBuffer> file);

/// What torch.save writes, out of an archive that is open already.
llvm::Expected<Checkpoint> readTorchZip(std::unique_ptr<Archive> archive);

/// A storage that is `bytes` of `file`.
std::shared_ptr<Storage> storageInFile(std::shared_ptr<llvm::MemoryBuffer> file,
                                       llvm::StringRef bytes);

/// Collects the tensors and modules below `root`, the value of a pickle.
llvm::Error collectModel(const Datum &root, const StorageFinder &findStorage,
                         Checkpoint &checkpoint);

} // namespace deit::importer

#endif // DEIT_IMPORTER_READERS_H
