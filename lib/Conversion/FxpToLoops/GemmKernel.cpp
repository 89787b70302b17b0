// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A linear layer: the register block over packed weights, and its epilogue.

#include "Kernels.h"
#include "llvm/Support/FormatVariadic.h"

using namespace deit;

int64_t GemmKernel::items(const Target &target) const {
  return paddedColumns(target) / blockColumns(target) * rowChunks(rows, target);
}

std::string GemmKernel::name() const {
  static const char *const residuals[] = {"", "_residual", "_position"};
  return llvm::formatv("gemm_{0}x{1}x{2}_s{3}{4}{5}{6}", rows, columns, depth,
                       resultBits, preShift ? "_preshift" : "",
                       lookup ? "_lookup" : "",
                       residuals[static_cast<int>(residual)]);
}

namespace {
/// Emits one kernel; members are what every tile needs.
class GemmEmitter {
public:
  GemmEmitter(const GemmKernel &kernel, KernelBuilder &builder)
      : kernel(kernel), b(builder) {}
  void emit();

private:
  const GemmKernel &kernel;
  KernelBuilder &b;
  Value input, weight, bias, multiplier, result, other, table;
  Requantizer requantizer, rescaler;
  Value rescaleMultiplier;

  using G = GemmKernel;
  void openBuffers();
  void emitTile(int64_t rows, Value firstRow, Value block);
  Value epilogue(Value sum, Value row, Value column, int64_t vector,
                 Value firstColumn);
  void storeRows(ArrayRef<Value> values, int64_t rows, Value firstRow,
                 Value firstColumn);
  void storeLookedUp(ArrayRef<Value> values, int64_t rows, Value firstRow,
                     Value firstColumn);
};
} // namespace

void GemmEmitter::openBuffers() {
  const Target &t = b.target;
  int64_t columns = kernel.paddedColumns(t);
  int64_t depth = kernel.paddedDepth(t);
  int64_t block = kernel.blockColumns(t);
  auto open = [&](Value buffer, G::Parameter parameter, ArrayRef<int64_t> shape,
                  Type element) {
    return b.view(buffer, b.parameterIndex(parameter), shape, element);
  };
  input = open(b.arena(), G::Input, {kernel.rows, rowStride(kernel.depth)},
               b.activationType());
  weight = open(b.packed(), G::Weight,
                {columns / block, depth / t.group(), block * t.group()},
                b.activationType());
  bias = open(b.packed(), G::Bias, {columns}, b.getI32Type());
  multiplier = open(b.packed(), G::Multiplier, {columns}, b.getI32Type());
  Type element = kernel.resultBits == 8
                     ? b.activationType()
                     : Type(b.getIntegerType(kernel.resultBits));
  SmallVector<int64_t> shape = {kernel.rows, rowStride(kernel.columns)};
  result = open(b.arena(), G::Result, shape, element);
  if (kernel.lookup)
    table = b.parameterIndex(G::Table);
  // What is added to later is clamped in lanes, results in words.
  Bounds bounds = kernel.resultBits == 8 ? Bounds::CodeWords
                  : kernel.resultBits == 16 && kernel.residual == Residual::None
                      ? Bounds::Words
                      : Bounds::Lanes;
  requantizer = b.loadRequantizer(G::PreShift, kernel.preShift, bounds);
  if (kernel.residual == Residual::None)
    return;
  other = open(kernel.residual == Residual::Stream ? b.arena() : b.packed(),
               G::Other, shape, b.getI16Type());
  rescaler = b.loadRequantizer(G::RescalePreShift, true, Bounds::Words);
  rescaleMultiplier = b.parameterSplat(G::RescaleMultiplier);
}

/// Consecutive items share a column block: its weights stay in the cache.
void GemmEmitter::emit() {
  openBuffers();
  b.forEach(b.begin(), b.end(), b.index(1), [&](Value item) {
    b.forEachTile(item, kernel.rows,
                  [&](int64_t rows, Value firstRow, Value block) {
                    emitTile(rows, firstRow, block);
                  });
  });
}

void GemmEmitter::emitTile(int64_t rows, Value firstRow, Value block) {
  const Target &t = b.target;
  int64_t vectors = t.tileVectors, lanes = t.lanes;
  SmallVector<Value> rowOf;
  for (int64_t i = 0; i < rows; ++i)
    rowOf.push_back(b.add(firstRow, b.index(i)));
  Value firstColumn = b.mul(block, b.index(kernel.blockColumns(t)));
  SmallVector<Value> biases;
  for (int64_t v = 0; v < vectors; ++v)
    biases.push_back(
        b.load(bias, b.add(firstColumn, b.index(v * lanes)), b.lanesType()));
  SmallVector<Value> sums = b.tile(
      rows, biases, kernel.paddedDepth(t),
      [&](int64_t row, Value k, int64_t count) {
        return b.load(input, {rowOf[row], k},
                      b.vectorOf(count, b.activationType()));
      },
      [&](Value group, int64_t vector) {
        return b.load(weight,
                      {block, group, b.index(vector * lanes * t.group())},
                      b.vectorOf(lanes * t.group(), b.activationType()));
      });
  SmallVector<Value> values;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t v = 0; v < vectors; ++v)
      values.push_back(epilogue(sums[i * vectors + v], rowOf[i],
                                b.add(firstColumn, b.index(v * lanes)), v,
                                firstColumn));
  storeRows(values, rows, firstRow, firstColumn);
}

/// All but the result's zero point and bounds, which `storeRows` sees to.
Value GemmEmitter::epilogue(Value sum, Value row, Value column, int64_t vector,
                            Value firstColumn) {
  Value value =
      b.rescale(sum, b.load(multiplier, column, b.lanesType()), requantizer);
  if (kernel.residual == Residual::None)
    return value;
  value = b.clamp(value, requantizer.low, requantizer.high);
  Value addend = b.loadSigned(other, {row, column});
  // Rescaling clamps only after the sum.
  Value &stream = kernel.residual == Residual::Stream ? addend : value;
  stream = b.rescale(stream, rescaleMultiplier, rescaler);
  return b.add(value, addend);
}

void GemmEmitter::storeRows(ArrayRef<Value> values, int64_t rows,
                            Value firstRow, Value firstColumn) {
  int64_t vectors = b.target.tileVectors;
  auto storeRow = [&](int64_t i, Value row) {
    b.store(row, result, {b.add(firstRow, b.index(i)), firstColumn});
  };
  for (int64_t i = 0; i < rows && !kernel.lookup; ++i) {
    ArrayRef<Value> row = values.slice(i * vectors, vectors);
    if (kernel.resultBits == 32) {
      SmallVector<Value> clamped;
      for (Value value : row)
        clamped.push_back(b.clamp(value, requantizer.low, requantizer.high));
      storeRow(i, b.concatenate(clamped));
    } else {
      const Requantizer &bounds =
          kernel.residual == Residual::None ? requantizer : rescaler;
      storeRow(i, kernel.resultBits == 8 ? b.storedCodes(row, bounds)
                                         : b.narrow(row, bounds, false));
    }
  }
  if (kernel.lookup)
    storeLookedUp(values, rows, firstRow, firstColumn);
}

/// A lookup takes as many rows as fill its vector.
void GemmEmitter::storeLookedUp(ArrayRef<Value> values, int64_t rows,
                                Value firstRow, Value firstColumn) {
  int64_t vectors = b.target.tileVectors;
  int64_t columns = kernel.blockColumns(b.target);
  Type element = cast<MemRefType>(result.getType()).getElementType();
  SmallVector<Value> narrowed;
  for (int64_t i = 0; i < rows; ++i)
    narrowed.push_back(b.narrow(values.slice(i * vectors, vectors), requantizer,
                                /*bytes=*/true));
  int64_t rowsALookup = b.target.table == TableStep::Pshufb ? 32 / columns : 1;
  for (int64_t i = 0; i < rows; i += rowsALookup) {
    SmallVector<Value> group;
    for (int64_t j = i; j < i + rowsALookup; ++j)
      group.push_back(narrowed[std::min(j, rows - 1)]);
    Value codes = b.lookup(b.concatenate(group), table);
    for (int64_t j = i; j < std::min(i + rowsALookup, rows); ++j) {
      Value row = codes;
      if (rowsALookup > 1)
        row = vector::ExtractStridedSliceOp::create(b, codes, (j - i) * columns,
                                                    columns, 1);
      if (b.target.width() > 1)
        row = arith::ExtUIOp::create(b, b.vectorOf(columns, element), row);
      b.store(row, result, {b.add(firstRow, b.index(j)), firstColumn});
    }
  }
}

void GemmKernel::emit(ModuleOp module, const Target &target,
                      const ProgramLayout &layout) const {
  KernelBuilder builder(module, name(), target, layout, ParameterCount);
  GemmEmitter(*this, builder).emit();
  builder.finish();
}
