// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A tensor of a checkpoint: a strided view on bytes that are read when asked.

#ifndef DEIT_IMPORTER_TENSOR_H
#define DEIT_IMPORTER_TENSOR_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace deit::importer {

enum class DType { F32, F64, F16, BF16, I64, I32, I16, I8, U8, Bool, Other };

/// "float32", as PyTorch spells it.
llvm::StringRef dtypeName(DType type);

/// Bytes of one element; 1 for Other, whose elements cannot be read.
unsigned dtypeSize(DType type);

/// Bytes of a checkpoint that tensors are views on.
struct Storage {
  /// Known, and checked against the file, before anything is loaded.
  uint64_t sizeInBytes = 0;
  bool isBigEndian = false;
  /// Reads the `sizeInBytes` bytes.
  std::function<llvm::Expected<std::shared_ptr<const std::string>>()> load;
};

/// A strided view on a storage. Offset and strides count elements.
class Tensor {
public:
  /// A tensor whose every element lies within `storage`; otherwise an error.
  static llvm::Expected<Tensor> create(DType type,
                                       llvm::ArrayRef<int64_t> shape,
                                       llvm::ArrayRef<int64_t> strides,
                                       int64_t offset,
                                       std::shared_ptr<Storage> storage);

  /// The same, row-major from `offset` on.
  static llvm::Expected<Tensor> create(DType type,
                                       llvm::ArrayRef<int64_t> shape,
                                       int64_t offset,
                                       std::shared_ptr<Storage> storage);

  DType dtype() const { return type; }
  llvm::ArrayRef<int64_t> shape() const { return dims; }
  int64_t numElements() const { return count; }

  /// The elements in row-major order. Narrower and wider floats are converted,
  /// rounding to nearest; other types are an error.
  llvm::Expected<std::vector<float>> readFloats() const;

  /// The elements of a tensor of integers in row-major order, as floats, which
  /// hold integers of up to 24 bits exactly; other types are an error.
  llvm::Expected<std::vector<float>> readIntegers() const;

private:
  Tensor() = default;
  llvm::Expected<std::vector<float>> readElements() const;

  DType type = DType::F32;
  llvm::SmallVector<int64_t, 4> dims;
  llvm::SmallVector<int64_t, 4> strides;
  int64_t offset = 0;
  int64_t count = 0;
  std::shared_ptr<Storage> storage;
};

/// "[192, 3, 16, 16]".
std::string shapeString(llvm::ArrayRef<int64_t> shape);

} // namespace deit::importer

#endif // DEIT_IMPORTER_TENSOR_H
