// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes the container: all constants of an integer model in one blob.

#include "deit/Codegen/Container.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
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

static uint64_t payloadBytes(fxp::ConstantOp constant) {
  RankedTensorType type = constant.getResult().getType();
  return type.getNumElements() * type.getElementTypeBitWidth() / 8;
}

static Expected<std::vector<char>> payloadOf(fxp::ConstantOp constant) {
  auto bytes = [&](auto values) -> Expected<std::vector<char>> {
    if (!values)
      return values.takeError();
    auto *data = reinterpret_cast<const char *>(values->data());
    return std::vector<char>(data,
                             data + values->size() * sizeof(values->front()));
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

/// Payloads begin at multiples of four bytes.
static uint64_t aligned(uint64_t bytes) { return (bytes + 3) & ~uint64_t(3); }

uint64_t deit::containerBytes(ArrayRef<fxp::ConstantOp> constants) {
  uint64_t bytes = sizeof(deit_container_header) +
                   constants.size() * sizeof(deit_container_entry);
  for (fxp::ConstantOp constant : constants)
    bytes = aligned(bytes) + payloadBytes(constant);
  return bytes;
}

Expected<std::string> deit::makeContainer(ArrayRef<fxp::ConstantOp> constants) {
  static_assert(llvm::endianness::native == llvm::endianness::little,
                "the container is written as it lies in memory");
  std::string blob(containerBytes(constants), '\0');
  uint64_t at = sizeof(deit_container_header) +
                constants.size() * sizeof(deit_container_entry);
  for (auto [i, entryOp] : llvm::enumerate(constants)) {
    fxp::ConstantOp constant = entryOp;
    Expected<std::vector<char>> payload = payloadOf(constant);
    if (!payload)
      return payload.takeError();
    RankedTensorType type = constant.getResult().getType();
    int64_t columns = type.getRank() ? type.getShape().back() : 1;
    at = aligned(at);
    deit_container_entry entry = {};
    entry.element = elementKind(type.getElementType());
    entry.rows = type.getNumElements() / columns;
    entry.columns = columns;
    entry.stored_bytes = payload->size();
    entry.offset = at;
    memcpy(&blob[sizeof(deit_container_header) + i * sizeof(entry)], &entry,
           sizeof(entry));
    memcpy(&blob[at], payload->data(), payload->size());
    at += payload->size();
  }
  deit_container_header header = {};
  header.magic = DEIT_CONTAINER_MAGIC;
  header.bytes = blob.size();
  header.entry_count = constants.size();
  memcpy(blob.data(), &header, sizeof(header));
  // The checksum covers what follows it.
  size_t from = offsetof(deit_container_header, checksum) + sizeof(uint32_t);
  header.checksum = deit_crc32(0, blob.data() + from, blob.size() - from);
  memcpy(blob.data(), &header, sizeof(header));
  return blob;
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
