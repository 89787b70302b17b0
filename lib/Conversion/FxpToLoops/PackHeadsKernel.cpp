// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keys and values as right operands of the microkernel, head by head.

#include "Kernels.h"
#include "llvm/Support/FormatVariadic.h"

using namespace deit;

using P = PackHeadsKernel;

int64_t P::keyBlock(const Target &t) const { return t.lanes * t.tileVectors; }
int64_t P::valueBlock(const Target &t) const {
  int64_t vectors = llvm::divideCeil(headChannels, t.lanes);
  return t.lanes * std::min(vectors, t.tileVectors);
}
int64_t P::paddedTokens(const Target &t) const {
  return llvm::alignTo(tokens, keyBlock(t));
}
int64_t P::paddedDepth(const Target &t) const {
  return llvm::alignTo(headChannels, t.depth());
}
int64_t P::paddedTokenDepth(const Target &t) const {
  return llvm::alignTo(tokens, t.depth());
}
int64_t P::paddedChannels(const Target &t) const {
  return llvm::alignTo(headChannels, valueBlock(t));
}
int64_t P::keyBytes(const Target &t) const {
  return llvm::alignTo(paddedTokens(t) * paddedDepth(t) * t.width(), 64);
}
int64_t P::keyOffsetsAt(const Target &t) const { return keyBytes(t); }
int64_t P::valuesAt(const Target &t) const {
  return keyOffsetsAt(t) + llvm::alignTo(paddedTokens(t) * 4, 64);
}
int64_t P::valueOffsetsAt(const Target &t) const {
  return valuesAt(t) +
         llvm::alignTo(paddedTokenDepth(t) * paddedChannels(t) * t.width(), 64);
}
int64_t P::headBytes(const Target &t) const {
  return valueOffsetsAt(t) + llvm::alignTo(paddedChannels(t) * 4, 64);
}

std::string PackHeadsKernel::name() const {
  return llvm::formatv("pack_heads_{0}{1}x{2}x{3}", batchName(images), tokens,
                       heads, headChannels);
}

namespace {
class PackHeadsEmitter {
public:
  PackHeadsEmitter(const PackHeadsKernel &kernel, KernelBuilder &builder)
      : kernel(kernel), b(builder), t(builder.target) {}
  void emit();

private:
  const PackHeadsKernel &kernel;
  KernelBuilder &b;
  const Target &t;

  void packKeys(Value keys, Value firstRow, Value head, Value base);
  void packValues(Value values, Value firstRow, Value head, Value base);
  Value interleave(ArrayRef<Value> rows);
};
} // namespace

/// Token by token: its groups of channels go to its block's column. What a
/// group reads beyond the head's channels is zeroed, as query rows run on into
/// the next head there.
void PackHeadsEmitter::packKeys(Value keys, Value firstRow, Value head,
                                Value base) {
  int64_t group = t.group(), block = kernel.keyBlock(t);
  int64_t groups = kernel.paddedDepth(t) / group;
  Value packed = b.view(b.arena(), base,
                        {kernel.paddedTokens(t) / block, groups, block * group},
                        b.activationType());
  Value offsets =
      b.view(b.arena(), b.add(base, b.index(kernel.keyOffsetsAt(t))),
             {kernel.paddedTokens(t)}, b.getI32Type());
  Value first = b.mul(head, b.index(kernel.headChannels));
  VectorType type = b.vectorOf(group, b.activationType());
  VectorType wide = b.vectorOf(group, b.getI32Type());
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  auto loadGroup = [&](Value token, int64_t g) -> Value {
    int64_t valid =
        std::clamp<int64_t>(kernel.headChannels - g * group, 0, group);
    if (valid == 0)
      return zero;
    Value codes = b.load(
        keys, {b.add(firstRow, token), b.add(first, b.index(g * group))}, type);
    if (valid == group)
      return codes;
    SmallVector<int64_t> mask;
    for (int64_t i = 0; i < group; ++i)
      mask.push_back(i < valid ? i : group);
    return vector::ShuffleOp::create(b, codes, zero, mask);
  };
  auto packToken = [&](Value token, bool exists) {
    Value blockOf = arith::DivUIOp::create(b, token, b.index(block));
    Value column =
        b.mul(arith::RemUIOp::create(b, token, b.index(block)), b.index(group));
    Value sum = arith::ConstantOp::create(b, b.getZeroAttr(wide));
    for (int64_t g = 0; g < groups; ++g) {
      Value codes = exists ? loadGroup(token, g) : zero;
      b.store(codes, packed, {blockOf, b.index(g), column});
      if (exists)
        sum = b.add(sum, arith::ExtSIOp::create(b, wide, codes));
    }
    Value total =
        vector::ReductionOp::create(b, vector::CombiningKind::ADD, sum);
    Value offset =
        arith::ConstantOp::create(b, b.getI32IntegerAttr(-t.signedOffset()));
    memref::StoreOp::create(b, b.mul(total, offset), offsets, token);
  };
  b.forRange(0, kernel.tokens, 1, [&](Value token) { packToken(token, true); });
  b.forRange(kernel.tokens, kernel.paddedTokens(t), 1,
             [&](Value token) { packToken(token, false); });
}

/// A group of tokens side by side: a0 b0 c0 d0 a1 b1 ...
Value PackHeadsEmitter::interleave(ArrayRef<Value> rows) {
  if (rows.size() == 2)
    return vector::InterleaveOp::create(b, rows[0], rows[1]);
  Value even = vector::InterleaveOp::create(b, rows[0], rows[2]);
  Value odd = vector::InterleaveOp::create(b, rows[1], rows[3]);
  return vector::InterleaveOp::create(b, even, odd);
}

void PackHeadsEmitter::packValues(Value values, Value firstRow, Value head,
                                  Value base) {
  int64_t group = t.group(), block = kernel.valueBlock(t);
  int64_t groups = kernel.paddedTokenDepth(t) / group;
  int64_t fullGroups = kernel.tokens / group;
  int64_t blocks = kernel.paddedChannels(t) / block;
  Value packed = b.view(b.arena(), b.add(base, b.index(kernel.valuesAt(t))),
                        {blocks, groups, block * group}, b.activationType());
  Value offsets =
      b.view(b.arena(), b.add(base, b.index(kernel.valueOffsetsAt(t))),
             {kernel.paddedChannels(t)}, b.getI32Type());
  VectorType type = b.vectorOf(block, b.activationType());
  VectorType wide = b.vectorOf(block, b.getI32Type());
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  Value first = b.mul(head, b.index(kernel.headChannels));
  for (int64_t n = 0; n < blocks; ++n) {
    Value column = b.add(first, b.index(n * block));
    auto packGroup = [&](Value g, int64_t valid, Value sum) -> Value {
      SmallVector<Value> rows;
      for (int64_t i = 0; i < group; ++i) {
        Value token = b.add(b.mul(g, b.index(group)), b.index(i));
        Value row = b.add(firstRow, token);
        rows.push_back(i < valid ? b.load(values, {row, column}, type) : zero);
        sum = b.add(sum, arith::ExtSIOp::create(b, wide, rows.back()));
      }
      b.store(interleave(rows), packed, {b.index(n), g, b.index(0)});
      return sum;
    };
    Value sum = arith::ConstantOp::create(b, b.getZeroAttr(wide));
    sum = b.reduce(b.index(0), b.index(fullGroups), b.index(1), sum,
                   [&](Value g, ValueRange sums) -> SmallVector<Value> {
                     return {packGroup(g, group, sums[0])};
                   })[0];
    for (int64_t g = fullGroups; g < groups; ++g)
      sum = packGroup(b.index(g), kernel.tokens - g * group, sum);
    Value factor = arith::ConstantOp::create(
        b, DenseElementsAttr::get(wide,
                                  static_cast<int32_t>(-t.unsignedOffset())));
    b.store(b.mul(sum, factor), offsets, b.index(n * block));
  }
}

void PackHeadsEmitter::emit() {
  SmallVector<int64_t> shape = {kernel.images * kernel.tokens,
                                rowStride(kernel.heads * kernel.headChannels)};
  Value keys =
      b.view(b.arena(), b.parameterIndex(P::Key), shape, b.activationType());
  Value values =
      b.view(b.arena(), b.parameterIndex(P::Value), shape, b.activationType());
  Value packed = b.parameterIndex(P::Packed);
  b.forEach(b.begin(), b.end(), b.index(1), [&](Value part) {
    Value base = b.add(packed, b.mul(part, b.index(kernel.headBytes(t))));
    auto [head, firstRow] =
        b.splitPart(part, kernel.images, kernel.heads, kernel.tokens);
    packKeys(keys, firstRow, head, base);
    packValues(values, firstRow, head, base);
  });
}

void PackHeadsKernel::emit(ModuleOp module, const Target &target,
                           const ProgramLayout &layout) const {
  KernelBuilder builder(module, name(), target, layout, ParameterCount);
  PackHeadsEmitter(*this, builder).emit();
  builder.finish();
}
