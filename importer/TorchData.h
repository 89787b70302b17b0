// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What PyTorch's own constructions in a pickle stand for: storages, tensors.

#ifndef DEIT_IMPORTER_TORCHDATA_H
#define DEIT_IMPORTER_TORCHDATA_H

#include "importer/Datum.h"
#include "importer/Tensor.h"

#include <functional>

namespace deit::importer {

/// A storage that a pickle refers to: ('storage', class, key, device, size).
struct StorageId {
  llvm::StringRef key;
  /// Other for storages without a type, which are U8 in size.
  DType dtype = DType::Other;
  uint64_t sizeInBytes = 0;
};

/// The storage that `id`, a PersistentId, names.
llvm::Expected<StorageId> decodeStorageId(const Datum &id);

/// Finds the bytes of a storage and checks its size against the file's.
using StorageFinder =
    std::function<llvm::Expected<std::shared_ptr<Storage>>(const StorageId &)>;

/// Whether `datum` is a tensor or parameter, as PyTorch pickles them.
bool isTensor(const Datum &datum);

/// The tensor that `datum` stands for.
llvm::Expected<Tensor> decodeTensor(const Datum &datum,
                                    const StorageFinder &findStorage);

} // namespace deit::importer

#endif // DEIT_IMPORTER_TORCHDATA_H
