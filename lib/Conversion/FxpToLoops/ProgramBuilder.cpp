// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Collects constants, packing, buffers and steps, then writes the program.

#include "ProgramBuilder.h"

using namespace deit;

Slot ProgramBuilder::allocate(int64_t bytes) {
  int64_t step = steps.size();
  buffers.push_back({bytes, step, step});
  return {static_cast<int64_t>(buffers.size()) - 1, 0};
}

void ProgramBuilder::touch(Slot slot) {
  buffers[slot.buffer].last = steps.size();
}

int64_t ProgramBuilder::entryOf(Value constant) {
  auto [position, isNew] = entryIndex.try_emplace(constant, entries.size());
  if (isNew)
    entries.push_back(constant.getDefiningOp<fxp::ConstantOp>());
  return position->second;
}

int64_t ProgramBuilder::reservePacked(int64_t bytes) {
  int64_t offset = packedBytes;
  packedBytes += llvm::alignTo(bytes, 64);
  return offset;
}

int64_t ProgramBuilder::packRows(Value constant, int64_t strideBytes,
                                 bool flip) {
  int64_t entry = entryOf(constant);
  auto [position, isNew] =
      packedRows.try_emplace({entry, strideBytes, flip}, packedBytes);
  if (isNew) {
    auto type = cast<RankedTensorType>(constant.getType());
    int64_t rows = type.getNumElements() / type.getShape().back();
    rowsPackings.push_back({entry, reservePacked(rows * strideBytes),
                            strideBytes, flip ? 128 : 0});
  }
  return position->second;
}

std::pair<int64_t, int64_t> ProgramBuilder::packGemm(fxp::LinearOp linear,
                                                     const GemmKernel &kernel,
                                                     int64_t activationOffset) {
  int64_t columns = kernel.paddedColumns(target);
  int64_t depth = kernel.paddedDepth(target);
  int64_t weight = reservePacked(columns * depth * target.width());
  int64_t bias = reservePacked(columns * 4);
  int64_t source = entryOf(linear.getWeight());
  gemmPackings.push_back({source, weight, entryOf(linear.getBias()), bias,
                          kernel.blockColumns(target), target.group(),
                          target.width(), columns, depth, activationOffset});
  return {weight, bias};
}

void ProgramBuilder::finish(RankedTensorType imageType, int64_t classes,
                            double logitScale, Slot logits) {
  touch(logits);
  // The peak's operands want some room.
  int64_t arenaBytes = std::max<int64_t>(planArena(buffers), 1024);
  ProgramLayout layout{arenaBytes, packedBytes, imageType.getNumElements(),
                       suffix};
  llvm::StringMap<bool> emitted;
  for (const Step &step : steps)
    if (emitted.try_emplace(step.kernel, true).second)
      step.emit(layout);

  PeakKernel peak;
  peak.emit(module, target, layout);

  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto program = fxp::ProgramOp::create(
      builder, module.getLoc(), "deit_program" + suffix, target.name,
      target.required, imageType.getDimSize(0), imageType.getDimSize(1),
      imageType.getDimSize(2), classes, llvm::APFloat(logitScale), arenaBytes,
      packedBytes, buffers[logits.buffer].offset + logits.offset,
      rowStride(classes) * 4,
      builder.getAttr<FlatSymbolRefAttr>(peak.name() + suffix),
      builder.getI64IntegerAttr(peak.macs(target)));
  builder.setInsertionPointToStart(&program.getBody().emplaceBlock());
  for (fxp::ConstantOp entry : entries)
    builder.clone(*entry);
  for (const RowsPacking &p : rowsPackings)
    fxp::PackRowsOp::create(builder, entries[p.source].getLoc(), p.source,
                            p.destination, p.stride, p.flip);
  for (const GemmPacking &p : gemmPackings)
    fxp::PackGemmOp::create(builder, entries[p.source].getLoc(), p.source,
                            p.destination, p.bias, p.biasDestination, p.block,
                            p.group, p.width, p.paddedN, p.paddedK,
                            p.activationOffset);
  for (const Step &step : steps) {
    SmallVector<int64_t> values;
    for (const StepParameter &parameter : step.parameters)
      values.push_back(parameter.value + (parameter.buffer >= 0
                                              ? buffers[parameter.buffer].offset
                                              : 0));
    fxp::StepOp::create(builder, step.loc, step.kernel, values, step.items,
                        step.kind, step.macs);
  }
}
