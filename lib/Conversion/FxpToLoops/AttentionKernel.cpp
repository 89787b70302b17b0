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
  Value scores;     ///< [tile rows][whole steps] i32
  Value numerators; ///< [tile rows][row stride] stored codes
  Value factors;    ///< [tile rows] i32: multiplier over the row's sum
  Value softmaxMultiplier, softmaxPreShift, softmaxLimit, meanMultiplier;
  Requantizer requantizer;

  void openBuffers();
  void emitTile(int64_t rows, Value firstRow, Value part);
  void emitScores(int64_t rows, Value firstRow, Value head, Value base);
  void emitSoftmaxRow(Value row);
  Value rowMaximum(Value row);
  Value onlyTokens(Value score, int64_t first, Value fill);
  Value exponent(Value score, Value maximum);
  Value numerators16(Value i, Value f);
  Value onlyValidWords(Value words, int64_t valid);
  Value emitNumerators(Value row, Value token, Value maximum, int64_t valid,
                       Value sum);
  void emitMean(int64_t rows, Value firstRow, Value head, Value base);
  void storeCodes(Value codes, ValueRange indices, int64_t valid);

  /// Tokens that softmax takes at a time: as many as codes fill a vector.
  int64_t stepTokens() const { return 4 * t.lanes / t.width(); }
  Value loadScores(Value row, Value token, int64_t vector) {
    return b.load(scores, {row, b.add(token, b.index(vector * t.lanes))},
                  b.lanesType());
  }
};
} // namespace

void AttentionEmitter::openBuffers() {
  SmallVector<int64_t> shape = {kernel.images * kernel.tokens,
                                rowStride(kernel.heads * kernel.headChannels)};
  query =
      b.view(b.arena(), b.parameterIndex(A::Query), shape, b.activationType());
  result =
      b.view(b.arena(), b.parameterIndex(A::Result), shape, b.activationType());
  int64_t columns = llvm::alignTo(packing.paddedTokens(t), stepTokens());
  scores = b.temporary({t.tileRows, columns}, b.getI32Type());
  numerators =
      b.temporary({t.tileRows, rowStride(kernel.tokens)}, b.activationType());
  factors = b.temporary({t.tileRows}, b.getI32Type());
  softmaxMultiplier = b.parameterSplat(A::SoftmaxMultiplier);
  if (kernel.softmaxPreShift)
    softmaxPreShift = b.parameterSplat(A::SoftmaxPreShift);
  softmaxLimit = b.parameterSplat(A::SoftmaxLimit);
  meanMultiplier = b.parameter(A::MeanMultiplier);
  requantizer = b.loadRequantizer(A::PreShift, false, Bounds::CodeWords);
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
  auto emitBlock = [&](Value n, int64_t vectors) {
    Value firstToken = b.mul(n, b.index(block));
    SmallVector<Value> tokens, start;
    for (int64_t v = 0; v < vectors; ++v) {
      tokens.push_back(b.add(firstToken, b.index(v * t.lanes)));
      start.push_back(t.signedOffset()
                          ? b.load(offsets, tokens[v], b.lanesType())
                          : b.splat(0));
    }
    SmallVector<Value> sums = b.tile(
        rows, start, depth,
        [&](int64_t row, Value k, int64_t count) {
          return b.load(query,
                        {b.add(firstRow, b.index(row)), b.add(firstChannel, k)},
                        b.vectorOf(count, b.activationType()));
        },
        [&](Value g, int64_t vector) {
          return b.load(keys, {n, g, b.index(vector * t.lanes * group)},
                        b.vectorOf(t.lanes * group, b.activationType()));
        });
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t v = 0; v < vectors; ++v)
        b.store(sums[i * vectors + v], scores, {b.index(i), tokens[v]});
  };
  // The last block does without the vectors that hold no tokens.
  int64_t rest = llvm::divideCeil(kernel.tokens % block, t.lanes);
  int64_t full = rest && rest < t.tileVectors ? blocks - 1 : blocks;
  b.forRange(0, full, 1, [&](Value n) { emitBlock(n, t.tileVectors); });
  if (full < blocks)
    emitBlock(b.index(full), rest);
}

/// The lanes of the vector of scores from `first` that hold no tokens get
/// `fill`.
Value AttentionEmitter::onlyTokens(Value score, int64_t first, Value fill) {
  int64_t valid = std::clamp<int64_t>(kernel.tokens - first, 0, t.lanes);
  if (valid == t.lanes)
    return score;
  SmallVector<bool> bits(t.lanes);
  std::fill_n(bits.begin(), valid, true);
  Value mask = arith::ConstantOp::create(
      b, DenseElementsAttr::get(b.vectorOf(t.lanes, b.getI1Type()), bits));
  return arith::SelectOp::create(b, mask, score, fill);
}

Value AttentionEmitter::rowMaximum(Value row) {
  int64_t vectors = stepTokens() / t.lanes;
  int64_t full = kernel.tokens / stepTokens() * stepTokens();
  Value lowest = b.splat(INT32_MIN);
  auto larger = [&](Value best, Value score) -> Value {
    return arith::MaxSIOp::create(b, best, score);
  };
  // As many maxima as vectors a step: they do not wait for one another.
  SmallVector<Value> bests(vectors, lowest);
  if (full)
    bests = b.reduce(b.index(0), b.index(full), b.index(stepTokens()), bests,
                     [&](Value token, ValueRange before) {
                       SmallVector<Value> next(before);
                       for (auto [v, best] : llvm::enumerate(next))
                         best = larger(best, loadScores(row, token, v));
                       return next;
                     });
  for (int64_t v = 0; full + v * t.lanes < kernel.tokens; ++v)
    bests[v] = larger(bests[v], onlyTokens(loadScores(row, b.index(full), v),
                                           full + v * t.lanes, lowest));
  Value best = bests[0];
  for (Value other : llvm::drop_begin(bests))
    best = larger(best, other);
  return b.broadcast(
      vector::ReductionOp::create(b, vector::CombiningKind::MAXSI, best)
          .getResult());
}

/// (max(s) - s) in exponents of base 2, as Q16.
Value AttentionEmitter::exponent(Value score, Value maximum) {
  Value d = arith::MinSIOp::create(b, b.sub(maximum, score), softmaxLimit);
  if (softmaxPreShift)
    d = b.shiftLeft(d, softmaxPreShift);
  return b.multiplyHighUnsigned(d, softmaxMultiplier);
}

/// fxp.softmax's numerators of the integers i and fractions f of exponents, in
/// words. With q = the cubic, p = 32768 - q:
///   (255 * p + 2^(14+i)) >> (15+i) = (((255 * p) >> 14) + 2^i) >> (i+1)
///   (255 * p) >> 14 = 510 + ((-1020 * q) >> 16)
Value AttentionEmitter::numerators16(Value i, Value f) {
  Value p = b.multiplyWords(f, b.wordSplat(fxp::kSoftmaxCubic[2]));
  p = b.multiplyWords(f, b.sub(b.wordSplat(fxp::kSoftmaxCubic[1]), p));
  p = b.multiplyWords(f, b.sub(b.wordSplat(fxp::kSoftmaxCubic[0]), p));
  Value scaled = b.add(b.multiplyWordsSigned(p, -1020), b.wordSplat(510));
  return b.halveWords(scaled, i);
}

/// Words of what is beyond the first `valid` tokens become 0.
Value AttentionEmitter::onlyValidWords(Value words, int64_t valid) {
  SmallVector<int16_t> mask;
  for (int64_t word = 0; word < 2 * t.lanes; ++word)
    mask.push_back(b.wordLane(word, WordOrder::Split) < valid ? -1 : 0);
  Value bits = arith::ConstantOp::create(
      b, DenseElementsAttr::get(b.wordsType(), ArrayRef<int16_t>(mask)));
  return arith::AndIOp::create(b, words, bits);
}

/// Stores the numerators of a step from `token`, of which `valid` are tokens,
/// and adds them to the lanes of `sum`.
Value AttentionEmitter::emitNumerators(Value row, Value token, Value maximum,
                                       int64_t valid, Value sum) {
  SmallVector<Value> parts;
  for (int64_t first = 0; first < stepTokens(); first += 2 * t.lanes) {
    if (first >= valid) {
      parts.push_back(b.wordSplat(0));
      continue;
    }
    auto at = [&](int64_t vector) {
      return exponent(loadScores(row, token, first / t.lanes + vector),
                      maximum);
    };
    auto [f, i] = b.splitWords(at(0), at(1));
    Value y = numerators16(i, f);
    if (valid - first < 2 * t.lanes)
      y = onlyValidWords(y, valid - first);
    sum = b.addWords(sum, y);
    parts.push_back(y);
  }
  Value codes = t.width() == 1 ? b.sortBytes(parts, WordOrder::Split)
                               : b.sortWords(parts[0], WordOrder::Split);
  if (int64_t offset = t.unsignedOffset())
    codes = b.add(
        codes, arith::ConstantOp::create(
                   b, DenseElementsAttr::get(cast<VectorType>(codes.getType()),
                                             static_cast<int8_t>(offset))));
  b.store(codes, numerators, {row, token});
  return sum;
}

void AttentionEmitter::emitSoftmaxRow(Value row) {
  Value maximum = rowMaximum(row);
  int64_t full = kernel.tokens / stepTokens() * stepTokens();
  Value sum = b.splat(0);
  if (full)
    sum = b.reduce(
        b.index(0), b.index(full), b.index(stepTokens()), sum,
        [&](Value token, ValueRange sums) -> SmallVector<Value> {
          return {emitNumerators(row, token, maximum, stepTokens(), sums[0])};
        })[0];
  if (full < kernel.tokens)
    sum =
        emitNumerators(row, b.index(full), maximum, kernel.tokens - full, sum);
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
    SmallVector<Value> start;
    for (int64_t v = 0; v < vectors; ++v) {
      Value channel = b.index(n * block + v * t.lanes);
      start.push_back(t.unsignedOffset()
                          ? b.load(offsets, channel, b.lanesType())
                          : b.splat(0));
    }
    SmallVector<Value> sums = b.tile(
        rows, start, depth,
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
      SmallVector<Value> means;
      for (int64_t v = 0; v < vectors; ++v)
        means.push_back(b.rescale(sums[i * vectors + v], factor, requantizer));
      storeCodes(b.storedCodes(means, requantizer),
                 {b.add(firstRow, b.index(i)),
                  b.add(firstChannel, b.index(n * block))},
                 kernel.headChannels - n * block);
    }
  }
}

/// Stores the first `valid` codes. What whole vectors of lanes hold beyond them
/// is the next head's.
void AttentionEmitter::storeCodes(Value codes, ValueRange indices,
                                  int64_t valid) {
  int64_t count = cast<VectorType>(codes.getType()).getNumElements();
  if (count <= valid)
    return b.store(codes, result, indices);
  for (int64_t first = 0; first < valid; first += t.lanes)
    b.storePartial(
        vector::ExtractStridedSliceOp::create(b, codes, first, t.lanes, 1),
        result, {indices[0], b.add(indices[1], b.index(first))}, valid - first);
}

void AttentionKernel::emit(ModuleOp module, const Target &target,
                           const ProgramLayout &layout) const {
  KernelBuilder builder(module, name(), target, layout, ParameterCount);
  AttentionEmitter(*this, builder).emit();
  builder.finish();
}
