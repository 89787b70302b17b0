// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalars, loops, memory: what kernels need beside arithmetic.

#include "KernelBuilder.h"

using namespace deit;

KernelBuilder::KernelBuilder(ModuleOp module, StringRef name,
                             const Target &target, const ProgramLayout &layout,
                             int64_t parameters)
    : ImplicitLocOpBuilder(module.getLoc(),
                           OpBuilder::atBlockEnd(module.getBody())),
      target(target) {
  auto bytes = [&](int64_t size) {
    return MemRefType::get({std::max<int64_t>(size, 1)}, getI8Type());
  };
  SmallVector<Type> arguments = {
      bytes(layout.arena),
      bytes(layout.packed),
      bytes(layout.image),
      MemRefType::get({std::max<int64_t>(parameters, 1)}, getI64Type()),
      getIndexType(),
      getIndexType()};
  function = func::FuncOp::create(*this, name.str() + layout.suffix,
                                  getFunctionType(arguments, {}));
  // Several CPUs' kernels may stand in one module, so each says its own.
  auto pair = [&](StringRef key, StringRef value) -> Attribute {
    return getStrArrayAttr({key, value});
  };
  function->setAttr("passthrough",
                    getArrayAttr({pair("target-cpu", target.cpu),
                                  pair("target-features", target.features)}));
  // The four buffers never overlap.
  for (unsigned i = 0; i < 4; ++i)
    function.setArgAttr(i, "llvm.noalias", getUnitAttr());
  setInsertionPointToStart(function.addEntryBlock());
}

void KernelBuilder::finish() { func::ReturnOp::create(*this, ValueRange()); }

Value KernelBuilder::parameter(int64_t position) {
  return memref::LoadOp::create(*this, function.getArgument(3),
                                ValueRange{index(position)});
}

Value KernelBuilder::parameterIndex(int64_t position) {
  return arith::IndexCastOp::create(*this, getIndexType(), parameter(position));
}

Value KernelBuilder::parameterSplat(int64_t position) {
  return broadcast(parameter(position));
}

Value KernelBuilder::parameterWords(int64_t position) {
  Value word =
      arith::TruncIOp::create(*this, getI16Type(), parameter(position));
  return vector::BroadcastOp::create(*this, wordsType(), word);
}

Value KernelBuilder::view(Value buffer, Value offset, ArrayRef<int64_t> shape,
                          Type element) {
  return memref::ViewOp::create(*this, MemRefType::get(shape, element), buffer,
                                offset, ValueRange());
}

VectorType KernelBuilder::lanesType() {
  return VectorType::get({lanes()}, getI32Type());
}

VectorType KernelBuilder::vectorOf(int64_t count, Type element) {
  return VectorType::get({count}, element);
}

Type KernelBuilder::activationType() {
  return getIntegerType(target.width() * 8);
}

Value KernelBuilder::index(int64_t value) {
  return arith::ConstantIndexOp::create(*this, value);
}

Value KernelBuilder::constant64(int64_t value) {
  return arith::ConstantOp::create(*this, getI64IntegerAttr(value));
}

Value KernelBuilder::splat(int64_t value) {
  return arith::ConstantOp::create(
      *this, DenseElementsAttr::get(lanesType(), static_cast<int32_t>(value)));
}

Value KernelBuilder::broadcast(Value scalar) {
  if (scalar.getType().isInteger(64))
    scalar = arith::TruncIOp::create(*this, getI32Type(), scalar);
  return vector::BroadcastOp::create(*this, lanesType(), scalar);
}

Value KernelBuilder::add(Value lhs, Value rhs) {
  return arith::AddIOp::create(*this, lhs, rhs);
}
Value KernelBuilder::sub(Value lhs, Value rhs) {
  return arith::SubIOp::create(*this, lhs, rhs);
}
Value KernelBuilder::mul(Value lhs, Value rhs) {
  return arith::MulIOp::create(*this, lhs, rhs);
}
Value KernelBuilder::shiftLeft(Value lhs, Value rhs) {
  return arith::ShLIOp::create(*this, lhs, rhs);
}
Value KernelBuilder::shiftRight(Value lhs, Value rhs) {
  return arith::ShRSIOp::create(*this, lhs, rhs);
}
Value KernelBuilder::clamp(Value value, Value low, Value high) {
  value = arith::MaxSIOp::create(*this, value, low);
  return arith::MinSIOp::create(*this, value, high);
}

void KernelBuilder::forEach(Value low, Value high, Value step,
                            llvm::function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(*this, low, high, step);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

void KernelBuilder::forRange(int64_t low, int64_t high, int64_t step,
                             llvm::function_ref<void(Value)> body) {
  if (low < high)
    forEach(index(low), index(high), index(step), body);
}

SmallVector<Value> KernelBuilder::reduce(
    Value low, Value high, Value step, ValueRange start,
    llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(*this, low, high, step, start);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next =
      body(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(*this, next);
  return SmallVector<Value>(loop.getResults());
}

void KernelBuilder::ifEqual(Value lhs, Value rhs,
                            llvm::function_ref<void()> body) {
  Value equal =
      arith::CmpIOp::create(*this, arith::CmpIPredicate::eq, lhs, rhs);
  auto branch = scf::IfOp::create(*this, equal, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(&branch.getThenRegion().front());
  body();
}

void KernelBuilder::forEachTile(
    Value item, int64_t rows,
    llvm::function_ref<void(int64_t, Value, Value)> body) {
  int64_t tileRows = target.tileRows, fullTiles = rows / tileRows;
  int64_t chunks = rowChunks(rows, target);
  int64_t rowsAChunk = llvm::divideCeil(fullTiles, chunks) * tileRows;
  int64_t remainder = rows % tileRows;
  Value outer = arith::DivUIOp::create(*this, item, index(chunks));
  Value chunk = arith::RemUIOp::create(*this, item, index(chunks));
  if (fullTiles) {
    Value low = mul(chunk, index(rowsAChunk));
    Value high = arith::MinUIOp::create(*this, add(low, index(rowsAChunk)),
                                        index(fullTiles * tileRows));
    forEach(low, high, index(tileRows),
            [&](Value row) { body(tileRows, row, outer); });
  }
  if (remainder)
    ifEqual(chunk, index(chunks - 1),
            [&] { body(remainder, index(fullTiles * tileRows), outer); });
}

std::pair<Value, Value> KernelBuilder::splitPart(Value part, int64_t images,
                                                 int64_t heads, int64_t rows) {
  if (images == 1)
    return {part, index(0)};
  Value image = arith::DivUIOp::create(*this, part, index(heads));
  Value head = arith::RemUIOp::create(*this, part, index(heads));
  return {head, mul(image, index(rows))};
}

Value KernelBuilder::load(Value memref, ValueRange indices, VectorType type) {
  return vector::LoadOp::create(*this, type, memref, indices);
}

void KernelBuilder::store(Value value, Value memref, ValueRange indices) {
  vector::StoreOp::create(*this, value, memref, indices);
}

void KernelBuilder::storePartial(Value value, Value memref, ValueRange indices,
                                 int64_t valid) {
  auto type = cast<VectorType>(value.getType());
  int64_t count = type.getNumElements();
  if (valid >= count)
    return store(value, memref, indices);
  if (valid == 1) {
    // LLVM 22 stores a truncated lane whole, over its neighbours.
    Value first = vector::ExtractOp::create(*this, value, ArrayRef<int64_t>{0});
    memref::StoreOp::create(*this, first, memref, indices);
    return;
  }
  SmallVector<bool> bits(count);
  std::fill_n(bits.begin(), valid, true);
  Value mask = arith::ConstantOp::create(
      *this, DenseElementsAttr::get(vectorOf(count, getI1Type()), bits));
  vector::MaskedStoreOp::create(*this, memref, indices, mask, value);
}

Value KernelBuilder::loadSigned(Value memref, ValueRange indices) {
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  Value codes = load(memref, indices, vectorOf(lanes(), element));
  return arith::ExtSIOp::create(*this, lanesType(), codes);
}

Value KernelBuilder::temporary(ArrayRef<int64_t> shape, Type element) {
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(&function.getBody().front());
  return memref::AllocaOp::create(*this, MemRefType::get(shape, element),
                                  getI64IntegerAttr(64));
}
