// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes the container: all constants of an integer model in one blob.

#include "deit/Codegen/Container.h"
#include "EntropyCoder.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/FileIO.h"
#include "deit_container.h"

using namespace deit;

static deit_element elementKind(Type type) {
  if (type.isUnsignedInteger())
    return DEIT_ELEMENT_U8;
  switch (type.getIntOrFloatBitWidth()) {
  case 8:
    return DEIT_ELEMENT_S8;
  case 16:
    return DEIT_ELEMENT_S16;
  default:
    return DEIT_ELEMENT_S32;
  }
}

static Expected<std::vector<uint8_t>> payloadOf(fxp::ConstantOp constant) {
  auto bytes = [&](auto values) -> Expected<std::vector<uint8_t>> {
    if (!values)
      return values.takeError();
    auto *data = reinterpret_cast<const uint8_t *>(values->data());
    return std::vector<uint8_t>(data, data + values->size() *
                                                 sizeof(values->front()));
  };
  ElementsAttr value = constant.getValue();
  switch (elementKind(constant.getResult().getType().getElementType())) {
  case DEIT_ELEMENT_U8:
  case DEIT_ELEMENT_S8:
    return bytes(readElements<int8_t>(value));
  case DEIT_ELEMENT_S16:
    return bytes(readElements<int16_t>(value));
  case DEIT_ELEMENT_S32:
    return bytes(readElements<int32_t>(value));
  }
  llvm_unreachable("unknown element");
}

namespace {
struct StoredEntry {
  deit_container_record record; ///< its offset is not set yet
  std::string payload;
};
} // namespace

static Expected<StoredEntry> storeEntry(fxp::ConstantOp constant) {
  Expected<std::vector<uint8_t>> payload = payloadOf(constant);
  if (!payload)
    return payload.takeError();
  RankedTensorType type = constant.getResult().getType();
  uint32_t columns = type.getRank() ? type.getShape().back() : 1;
  uint32_t rows = columns ? type.getNumElements() / columns : 0;
  StoredEntry entry;
  entry.record = {0, rows, columns * 4 + elementKind(type.getElementType())};
  size_t size = type.getElementTypeBitWidth() / 8;
  entry.payload = encodeEntry(*payload, size, rows, columns);
  return entry;
}

/// Writes the header before `body`, all that follows it.
static std::string sealContainer(uint32_t entryCount, const std::string &body) {
  deit_container_header header = {};
  header.magic = DEIT_CONTAINER_MAGIC;
  header.bytes = sizeof(header) + body.size();
  header.entry_count = entryCount;
  std::string blob(reinterpret_cast<char *>(&header), sizeof(header));
  blob += body;
  // The checksum covers what follows it.
  size_t from = offsetof(deit_container_header, checksum) + sizeof(uint32_t);
  header.checksum = deit_crc32(0, blob.data() + from, blob.size() - from);
  memcpy(blob.data(), &header, sizeof(header));
  return blob;
}

Expected<std::string> deit::makeContainer(ArrayRef<fxp::ConstantOp> constants) {
  static_assert(llvm::endianness::native == llvm::endianness::little,
                "the container is written as it lies in memory");
  std::string records, payloads;
  uint64_t first = sizeof(deit_container_header) +
                   constants.size() * sizeof(deit_container_record);
  for (fxp::ConstantOp constant : constants) {
    Expected<StoredEntry> entry = storeEntry(constant);
    if (!entry)
      return entry.takeError();
    if (first + payloads.size() + entry->payload.size() > UINT32_MAX)
      return makeError("the model's constants take more than 4 GB; such models "
                       "are too large for the container");
    entry->record.offset = first + payloads.size();
    records.append(reinterpret_cast<char *>(&entry->record),
                   sizeof(entry->record));
    payloads += entry->payload;
  }
  return sealContainer(constants.size(), records + payloads);
}

Expected<uint64_t> deit::containerBytes(ArrayRef<fxp::ConstantOp> constants) {
  Expected<std::string> container = makeContainer(constants);
  if (!container)
    return container.takeError();
  return container->size();
}

SmallVector<fxp::ConstantOp> deit::collectConstants(Operation *root) {
  llvm::SetVector<Operation *> found;
  root->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<fxp::ProgramOp>(root) && isa<fxp::ConstantOp>(op))
      found.insert(op);
    for (Value operand : op->getOperands())
      if (Operation *definition = operand.getDefiningOp();
          isa_and_nonnull<fxp::ConstantOp>(definition))
        found.insert(definition);
  });
  return llvm::map_to_vector(
      found, [](Operation *op) { return cast<fxp::ConstantOp>(op); });
}
