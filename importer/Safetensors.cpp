// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads safetensors files.

#include "deit/Support/FileIO.h"
#include "deit/Support/Nesting.h"
#include "importer/Readers.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"

using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace deit::importer {

static DType headerType(StringRef name) {
  return llvm::StringSwitch<DType>(name)
      .Case("F32", DType::F32)
      .Case("F64", DType::F64)
      .Case("F16", DType::F16)
      .Case("BF16", DType::BF16)
      .Case("I64", DType::I64)
      .Case("I32", DType::I32)
      .Case("I16", DType::I16)
      .Case("I8", DType::I8)
      .Case("U8", DType::U8)
      .Case("BOOL", DType::Bool)
      .Default(DType::Other);
}

/// The integers of a JSON array, or nullopt.
static std::optional<llvm::SmallVector<int64_t, 4>>
integers(const llvm::json::Array *array) {
  if (!array)
    return std::nullopt;
  llvm::SmallVector<int64_t, 4> result;
  for (const llvm::json::Value &value : *array) {
    std::optional<int64_t> number = value.getAsInteger();
    if (!number)
      return std::nullopt;
    result.push_back(*number);
  }
  return result;
}

/// Where a tensor's bytes are, and its name.
struct Range {
  int64_t begin;
  int64_t end;
  std::string name;
};

/// An error unless the tensors cover the `size` bytes of data, each once. A
/// file in which they do not is damaged, or means different things to
/// different readers.
static Error checkCover(std::vector<Range> ranges, int64_t size) {
  llvm::sort(ranges, [](const Range &a, const Range &b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  int64_t covered = 0;
  for (const Range &range : ranges) {
    if (range.begin != covered)
      return makeError("safetensors: tensor " + quoted(range.name) +
                       " begins at byte " + Twine(range.begin) + ", the one " +
                       "before it ends at " + Twine(covered));
    covered = range.end;
  }
  if (covered != size)
    return makeError("safetensors: the tensors end at byte " + Twine(covered) +
                     " of " + Twine(size));
  return Error::success();
}

/// The tensor that a header entry describes, a range of `data`.
static Expected<Tensor> decodeEntry(const llvm::json::Value &value,
                                    std::shared_ptr<llvm::MemoryBuffer> file,
                                    StringRef data, Range &place) {
  const llvm::json::Object *entry = value.getAsObject();
  if (!entry)
    return makeError("is described by no object");
  std::optional<StringRef> type = entry->getString("dtype");
  auto shape = integers(entry->getArray("shape"));
  auto range = integers(entry->getArray("data_offsets"));
  if (!type || !shape || !range || range->size() != 2)
    return makeError("has no dtype, shape and data_offsets");
  auto [begin, end] = std::pair((*range)[0], (*range)[1]);
  if (begin < 0 || end < begin || uint64_t(end) > data.size())
    return makeError("lies at bytes " + Twine(begin) + " to " + Twine(end) +
                     " of " + Twine(data.size()));
  place.begin = begin;
  place.end = end;
  auto tensor = Tensor::create(headerType(*type), *shape, 0,
                               storageInFile(file, data.slice(begin, end)));
  if (tensor && tensor->dtype() != DType::Other &&
      tensor->numElements() * dtypeSize(tensor->dtype()) != end - begin)
    return makeError("of shape " + shapeString(*shape) + " and type " + *type +
                     " has " + Twine(end - begin) + " bytes");
  return tensor;
}

Expected<Checkpoint> readSafetensors(std::shared_ptr<llvm::MemoryBuffer> file) {
  StringRef bytes = file->getBuffer();
  uint64_t length = llvm::support::endian::read64le(bytes.data());
  bytes = bytes.drop_front(8);
  if (length > bytes.size() || length > (uint64_t(64) << 20))
    return makeError("safetensors: the header claims " + Twine(length) +
                     " bytes, " + Twine(bytes.size()) + " are left");
  StringRef header = bytes.take_front(length);
  if (!isShallow(header, 8))
    return makeError("safetensors: the header nests too deep");
  Expected<llvm::json::Value> json = llvm::json::parse(header);
  if (!json)
    return prefixError("safetensors: the header is no JSON: ",
                       json.takeError());
  const llvm::json::Object *object = json->getAsObject();
  if (!object)
    return makeError("safetensors: the header is no JSON object");
  // The parser keeps no order, so choose one: the same every time.
  std::map<std::string, const llvm::json::Value *> entries;
  for (const auto &[name, value] : *object)
    if (name != "__metadata__")
      entries.emplace(name.str(), &value);
  Checkpoint checkpoint;
  std::vector<Range> ranges;
  StringRef data = bytes.drop_front(length);
  for (const auto &[name, value] : entries) {
    Range &range = ranges.emplace_back(Range{0, 0, name});
    auto tensor = decodeEntry(*value, file, data, range);
    if (!tensor)
      return prefixError("safetensors: tensor " + quoted(name) + " ",
                         tensor.takeError());
    checkpoint.tensors.insert({name, std::move(*tensor)});
  }
  if (checkpoint.tensors.empty())
    return makeError("holds no tensors");
  if (Error error = checkCover(std::move(ranges), data.size()))
    return std::move(error);
  return checkpoint;
}

} // namespace deit::importer
