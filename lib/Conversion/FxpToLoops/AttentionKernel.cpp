// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention of one head and a block of rows: scores, softmax and weighted mean
// without leaving the first-level cache.

#include "Kernels.h"
#include "deit/Dialect/Fxp/IR/FxpOps.h"
#include "llvm/Support/FormatVariadic.h"

using namespace deit;

int64_t AttentionKernel::items(const Target &target) const {
  return images * heads * rowChunks(tokens, target);
}

std::string AttentionKernel::name() const {
  return llvm::formatv("attention_{0}{1}x{2}x{3}{4}", batchName(images), tokens,
                       heads, headChannels, softmaxPreShift ? "_preshift" : "");
}

namespace {
class AttentionEmitter {
public:
  AttentionEmitter(const AttentionKernel &kernel, KernelBuilder &builder)
      : kernel(kernel), packing(kernel.packing()), b(builder),
        t(builder.target) {}
  void emit();

private:
  const AttentionKernel &kernel;
  const PackHeadsKernel packing;
  KernelBuilder &b;
  const Target &t;
  using A = AttentionKernel;

  Value query, result;
  Value scores;     ///< [tile rows][padded tokens] i32
  Value numerators; ///< [tile rows][row stride] stored codes
  Value factors;    ///< [tile rows] i32: multiplier over the row's sum
  Value softmaxMultiplier, softmaxPreShift, softmaxLimit, meanMultiplier;
  Requantizer requantizer;

  void openBuffers();
  void emitTile(int64_t rows, Value firstRow, Value part);
  void emitScores(int64_t rows, Value firstRow, Value head, Value base);
  void emitSoftmaxRow(Value row);
  Value rowMaximum(Value row);
  Value numerator(Value score, Value maximum);
  void emitMean(int64_t rows, Value firstRow, Value head, Value base);
  Value validLanes();
};
} // namespace

void AttentionEmitter::openBuffers() {
  SmallVector<int64_t> shape = {kernel.images * kernel.tokens,
                                rowStride(kernel.heads * kernel.headChannels)};
  query =
      b.view(b.arena(), b.parameterIndex(A::Query), shape, b.activationType());
  result =
      b.view(b.arena(), b.parameterIndex(A::Result), shape, b.activationType());
  scores = b.temporary({t.tileRows, packing.paddedTokens(t)}, b.getI32Type());
  numerators =
      b.temporary({t.tileRows, rowStride(kernel.tokens)}, b.activationType());
  factors = b.temporary({t.tileRows}, b.getI32Type());
  softmaxMultiplier = b.parameterSplat(A::SoftmaxMultiplier);
  if (kernel.softmaxPreShift)
    softmaxPreShift = b.parameterSplat(A::SoftmaxPreShift);
  softmaxLimit = b.parameterSplat(A::SoftmaxLimit);
  meanMultiplier = b.parameter(A::MeanMultiplier);
  requantizer = b.loadRequantizer(A::PreShift, false, true);
}

void AttentionEmitter::emit() {
  openBuffers();
  b.forEach(b.begin(), b.end(), b.index(1), [&](Value item) {
    b.forEachTile(item, kernel.tokens,
                  [&](int64_t rows, Value firstRow, Value part) {
                    emitTile(rows, firstRow, part);
                  });
  });
}

/// `part` counts the heads of all images.
void AttentionEmitter::emitTile(int64_t rows, Value firstRow, Value part) {
  Value base = b.add(b.parameterIndex(A::Packed),
                     b.mul(part, b.index(packing.headBytes(t))));
  auto [head, imageRow] =
      b.splitPart(part, kernel.images, kernel.heads, kernel.tokens);
  firstRow = b.add(firstRow, imageRow);
  emitScores(rows, firstRow, head, base);
  b.forRange(0, rows, 1, [&](Value row) { emitSoftmaxRow(row); });
  emitMean(rows, firstRow, head, base);
}

void AttentionEmitter::emitScores(int64_t rows, Value firstRow, Value head,
                                  Value base) {
  int64_t block = packing.keyBlock(t), depth = packing.paddedDepth(t);
  int64_t blocks = packing.paddedTokens(t) / block, group = t.group();
  Value keys = b.view(b.arena(), base, {blocks, depth / group, block * group},
                      b.activationType());
  Value offsets =
      b.view(b.arena(), b.add(base, b.index(packing.keyOffsetsAt(t))),
             {packing.paddedTokens(t)}, b.getI32Type());
  Value firstChannel = b.mul(head, b.index(kernel.headChannels));
  b.forRange(0, blocks, 1, [&](Value n) {
    SmallVector<Value> sums = b.tile(
        rows, t.tileVectors, depth,
        [&](int64_t row, Value k, int64_t count) {
          return b.load(query,
                        {b.add(firstRow, b.index(row)), b.add(firstChannel, k)},
                        b.vectorOf(count, b.activationType()));
        },
        [&](Value g, int64_t vector) {
          return b.load(keys, {n, g, b.index(vector * t.lanes * group)},
                        b.vectorOf(t.lanes * group, b.activationType()));
        });
    Value firstToken = b.mul(n, b.index(block));
    for (int64_t v = 0; v < t.tileVectors; ++v) {
      Value token = b.add(firstToken, b.index(v * t.lanes));
      Value offset =
          t.signedOffset() ? b.load(offsets, token, b.lanesType()) : Value();
      for (int64_t i = 0; i < rows; ++i) {
        Value sum = sums[i * t.tileVectors + v];
        b.store(offset ? b.add(sum, offset) : sum, scores, {b.index(i), token});
      }
    }
  });
}

/// True in the lanes of a row's last vector that hold tokens.
Value AttentionEmitter::validLanes() {
  SmallVector<bool> bits(t.lanes);
  std::fill_n(bits.begin(), kernel.tokens % t.lanes, true);
  return arith::ConstantOp::create(
      b, DenseElementsAttr::get(b.vectorOf(t.lanes, b.getI1Type()), bits));
}

Value AttentionEmitter::rowMaximum(Value row) {
  int64_t full = kernel.tokens / t.lanes * t.lanes;
  Value lowest = b.splat(INT32_MIN);
  Value best = lowest;
  if (full)
    best = b.reduce(b.index(0), b.index(full), b.index(t.lanes), best,
                    [&](Value token, ValueRange bests) -> SmallVector<Value> {
                      Value score = b.load(scores, {row, token}, b.lanesType());
                      return {arith::MaxSIOp::create(b, bests[0], score)};
                    })[0];
  if (full < kernel.tokens) {
    Value score = b.load(scores, {row, b.index(full)}, b.lanesType());
    score = arith::SelectOp::create(b, validLanes(), score, lowest);
    best = arith::MaxSIOp::create(b, best, score);
  }
  return b.broadcast(
      vector::ReductionOp::create(b, vector::CombiningKind::MAXSI, best)
          .getResult());
}

/// fxp.softmax's numerator of one vector of scores.
Value AttentionEmitter::numerator(Value score, Value maximum) {
  auto shiftRightLogical = [&](Value value, int64_t amount) -> Value {
    return arith::ShRUIOp::create(b, value, b.splat(amount));
  };
  Value d = arith::MinSIOp::create(b, b.sub(maximum, score), softmaxLimit);
  if (softmaxPreShift)
    d = b.shiftLeft(d, softmaxPreShift);
  Value u = b.multiplyHigh(d, softmaxMultiplier);
  Value f = arith::AndIOp::create(b, u, b.splat(0xffff));
  Value i = shiftRightLogical(u, 16);
  // Products stay below 2^31: f < 2^16, coefficients < 2^15.
  Value p = shiftRightLogical(b.mul(f, b.splat(fxp::kSoftmaxCubic[2])), 16);
  p = shiftRightLogical(b.mul(f, b.sub(b.splat(fxp::kSoftmaxCubic[1]), p)), 16);
  p = shiftRightLogical(b.mul(f, b.sub(b.splat(fxp::kSoftmaxCubic[0]), p)), 16);
  p = b.mul(b.sub(b.splat(32768), p), b.splat(255));
  Value rounding = b.shiftLeft(b.splat(1 << 14), i);
  return arith::ShRUIOp::create(b, b.add(p, rounding), b.add(i, b.splat(15)));
}

void AttentionEmitter::emitSoftmaxRow(Value row) {
  Value maximum = rowMaximum(row);
  int64_t full = kernel.tokens / t.lanes * t.lanes;
  Value offset = b.splat(t.unsignedOffset());
  VectorType codes = b.vectorOf(t.lanes, b.activationType());
  auto emitVector = [&](Value token, Value sum, bool last) -> Value {
    Value y = numerator(b.load(scores, {row, token}, b.lanesType()), maximum);
    if (last)
      y = arith::SelectOp::create(b, validLanes(), y, b.splat(0));
    Value stored = t.unsignedOffset() ? b.add(y, offset) : y;
    b.store(arith::TruncIOp::create(b, codes, stored), numerators,
            {row, token});
    return b.add(sum, y);
  };
  Value sum = b.splat(0);
  if (full)
    sum = b.reduce(b.index(0), b.index(full), b.index(t.lanes), sum,
                   [&](Value token, ValueRange sums) -> SmallVector<Value> {
                     return {emitVector(token, sums[0], false)};
                   })[0];
  if (full < kernel.tokens)
    sum = emitVector(b.index(full), sum, true);
  Value total = vector::ReductionOp::create(b, vector::CombiningKind::ADD, sum);
  total = arith::ExtUIOp::create(b, b.getI64Type(), total);
  Value factor = arith::DivUIOp::create(b, meanMultiplier, total);
  memref::StoreOp::create(
      b, arith::TruncIOp::create(b, b.getI32Type(), factor).getResult(),
      factors, row);
}

void AttentionEmitter::emitMean(int64_t rows, Value firstRow, Value head,
                                Value base) {
  int64_t block = packing.valueBlock(t), depth = packing.paddedTokenDepth(t);
  int64_t blocks = packing.paddedChannels(t) / block, group = t.group();
  int64_t vectors = block / t.lanes;
  Value values =
      b.view(b.arena(), b.add(base, b.index(packing.valuesAt(t))),
             {blocks, depth / group, block * group}, b.activationType());
  Value offsets =
      b.view(b.arena(), b.add(base, b.index(packing.valueOffsetsAt(t))),
             {packing.paddedChannels(t)}, b.getI32Type());
  Value firstChannel = b.mul(head, b.index(kernel.headChannels));
  for (int64_t n = 0; n < blocks; ++n) {
    SmallVector<Value> sums = b.tile(
        rows, vectors, depth,
        [&](int64_t row, Value k, int64_t count) {
          return b.load(numerators, {b.index(row), k},
                        b.vectorOf(count, b.activationType()));
        },
        [&](Value g, int64_t vector) {
          return b.load(values,
                        {b.index(n), g, b.index(vector * t.lanes * group)},
                        b.vectorOf(t.lanes * group, b.activationType()));
        });
    for (int64_t i = 0; i < rows; ++i) {
      Value factor =
          b.broadcast(memref::LoadOp::create(b, factors, ValueRange{b.index(i)})
                          .getResult());
      for (int64_t v = 0; v < vectors; ++v) {
        int64_t channel = n * block + v * t.lanes;
        if (channel >= kernel.headChannels)
          continue;
        Value sum = sums[i * vectors + v];
        if (t.unsignedOffset())
          sum = b.add(sum, b.load(offsets, b.index(channel), b.lanesType()));
        Value y = b.requantize(sum, factor, requantizer);
        y = arith::TruncIOp::create(b, b.vectorOf(t.lanes, b.activationType()),
                                    y);
        b.storePartial(y, result,
                       {b.add(firstRow, b.index(i)),
                        b.add(firstChannel, b.index(channel))},
                       kernel.headChannels - channel);
      }
    }
  }
}

void AttentionKernel::emit(ModuleOp module, const Target &target,
                           const ProgramLayout &layout) const {
  KernelBuilder builder(module, name(), target, layout, ParameterCount);
  AttentionEmitter(*this, builder).emit();
  builder.finish();
}
