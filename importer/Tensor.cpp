// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements bounds checks and reading of tensors.

#include "importer/Tensor.h"

#include "deit/Support/FileIO.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <cstring>

using llvm::ArrayRef;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace deit::importer {

StringRef dtypeName(DType type) {
  switch (type) {
  case DType::F32:
    return "float32";
  case DType::F64:
    return "float64";
  case DType::F16:
    return "float16";
  case DType::BF16:
    return "bfloat16";
  case DType::I64:
    return "int64";
  case DType::I32:
    return "int32";
  case DType::I16:
    return "int16";
  case DType::I8:
    return "int8";
  case DType::U8:
    return "uint8";
  case DType::Bool:
    return "bool";
  case DType::Other:
    break;
  }
  return "an unsupported type";
}

unsigned dtypeSize(DType type) {
  switch (type) {
  case DType::F64:
  case DType::I64:
    return 8;
  case DType::F32:
  case DType::I32:
    return 4;
  case DType::F16:
  case DType::BF16:
  case DType::I16:
    return 2;
  case DType::I8:
  case DType::U8:
  case DType::Bool:
  case DType::Other:
    return 1;
  }
  return 1;
}

std::string shapeString(ArrayRef<int64_t> shape) {
  std::string result = "[";
  llvm::raw_string_ostream os(result);
  llvm::interleaveComma(shape, os);
  os << ']';
  return result;
}

/// The index one past a view's last element, or nullopt if it overflows.
static std::optional<int64_t> endOf(ArrayRef<int64_t> shape,
                                    ArrayRef<int64_t> strides, int64_t offset) {
  int64_t last = offset;
  for (auto [size, stride] : llvm::zip_equal(shape, strides)) {
    int64_t reach;
    if (llvm::MulOverflow(size - 1, stride, reach) ||
        llvm::AddOverflow(last, reach, last))
      return std::nullopt;
  }
  if (llvm::AddOverflow(last, int64_t(1), last))
    return std::nullopt;
  return last;
}

/// The product of `shape`, or nullopt if it overflows.
static std::optional<int64_t> countOf(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    if (llvm::MulOverflow(count, size, count))
      return std::nullopt;
  return count;
}

Expected<Tensor> Tensor::create(DType type, ArrayRef<int64_t> shape,
                                ArrayRef<int64_t> strides, int64_t offset,
                                std::shared_ptr<Storage> storage) {
  auto negative = [](int64_t number) { return number < 0; };
  if (shape.size() != strides.size() || shape.size() > 16 || offset < 0 ||
      llvm::any_of(shape, negative) || llvm::any_of(strides, negative))
    return makeError("a tensor of shape " + shapeString(shape) +
                     " cannot have strides " + shapeString(strides) +
                     " and offset " + Twine(offset));
  int64_t available = storage->sizeInBytes / dtypeSize(type);
  std::optional<int64_t> count = countOf(shape);
  std::optional<int64_t> end =
      count == 0 ? offset : endOf(shape, strides, offset);
  if (!count || !end || *end > available)
    return makeError(
        "a " + dtypeName(type) + " tensor of shape " + shapeString(shape) +
        ", strides " + shapeString(strides) + " and offset " + Twine(offset) +
        " reaches beyond its storage of " + Twine(available) + " elements");
  // Elements may overlap, so that few bytes claim to be many elements.
  constexpr int64_t maxRepeated = int64_t(1) << 16;
  if (*count > available && *count > maxRepeated)
    return makeError("a tensor of shape " + shapeString(shape) +
                     " is more than a storage of " + Twine(available) +
                     " elements should hold");
  Tensor tensor;
  tensor.type = type;
  tensor.dims.assign(shape.begin(), shape.end());
  tensor.strides.assign(strides.begin(), strides.end());
  tensor.offset = offset;
  tensor.count = *count;
  tensor.storage = std::move(storage);
  return tensor;
}

Expected<Tensor> Tensor::create(DType type, ArrayRef<int64_t> shape,
                                int64_t offset,
                                std::shared_ptr<Storage> storage) {
  llvm::SmallVector<int64_t, 4> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;)
    if (shape[i] < 0 || llvm::MulOverflow(strides[i], shape[i], strides[i - 1]))
      return makeError("a tensor cannot have the shape " + shapeString(shape));
  return create(type, shape, strides, offset, std::move(storage));
}

static float halfToFloat(uint16_t bits) {
  int exponent = (bits >> 10) & 31;
  float mantissa = bits & 1023;
  float magnitude = exponent == 0 ? std::ldexp(mantissa, -24)
                    : exponent == 31
                        ? (mantissa == 0 ? INFINITY : NAN)
                        : std::ldexp(1024 + mantissa, exponent - 25);
  return (bits & 0x8000) ? -magnitude : magnitude;
}

/// The element at `data`, converted to float.
static float readElement(DType type, const char *data, llvm::endianness order) {
  using namespace llvm::support::endian;
  if (type == DType::F16)
    return halfToFloat(read<uint16_t>(data, order));
  if (type == DType::F64) {
    uint64_t bits = read<uint64_t>(data, order);
    return static_cast<float>(llvm::bit_cast<double>(bits));
  }
  switch (type) {
  case DType::I8:
    return read<int8_t>(data, order);
  case DType::U8:
    return read<uint8_t>(data, order);
  case DType::I16:
    return read<int16_t>(data, order);
  case DType::I32:
    return static_cast<float>(read<int32_t>(data, order));
  case DType::I64:
    return static_cast<float>(read<int64_t>(data, order));
  default:
    break;
  }
  uint32_t bits = type == DType::BF16
                      ? uint32_t(read<uint16_t>(data, order)) << 16
                      : read<uint32_t>(data, order);
  return llvm::bit_cast<float>(bits);
}

/// Advances `index` to the next element in row-major order.
static void advance(llvm::SmallVectorImpl<int64_t> &index,
                    ArrayRef<int64_t> shape) {
  for (size_t i = shape.size(); i-- > 0;) {
    if (++index[i] < shape[i])
      return;
    index[i] = 0;
  }
}

Expected<std::vector<float>> Tensor::readFloats() const {
  if (type != DType::F32 && type != DType::F64 && type != DType::F16 &&
      type != DType::BF16)
    return makeError("holds " + dtypeName(type) + ", floats are needed");
  return readElements();
}

Expected<std::vector<float>> Tensor::readIntegers() const {
  if (type != DType::I8 && type != DType::U8 && type != DType::I16 &&
      type != DType::I32 && type != DType::I64)
    return makeError("holds " + dtypeName(type) + ", integers are needed");
  return readElements();
}

Expected<std::vector<float>> Tensor::readElements() const {
  auto bytes = storage->load();
  if (!bytes)
    return bytes.takeError();
  const char *data = (*bytes)->data();
  auto order =
      storage->isBigEndian ? llvm::endianness::big : llvm::endianness::little;
  unsigned width = dtypeSize(type);
  std::vector<float> result(count);
  llvm::SmallVector<int64_t, 4> index(dims.size(), 0);
  for (int64_t i = 0; i < count; ++i) {
    int64_t element = offset;
    for (auto [position, stride] : llvm::zip_equal(index, strides))
      element += position * stride;
    result[i] = readElement(type, data + element * width, order);
    advance(index, dims);
  }
  return result;
}

} // namespace deit::importer
