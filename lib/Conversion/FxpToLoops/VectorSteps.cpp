// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The steps that differ from target to target: dot products, high halves of
// products, tables. A new CPU adds its instruction here.

#include "KernelBuilder.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace deit;

Value KernelBuilder::intrinsic(StringRef name, Type result,
                               ValueRange arguments) {
  return LLVM::CallIntrinsicOp::create(*this, result, getStringAttr(name),
                                       arguments)
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// Dot products
//===----------------------------------------------------------------------===//

Value KernelBuilder::dot(Value sum, ArrayRef<Value> lefts,
                         ArrayRef<Value> rights) {
  switch (target.dot) {
  case DotStep::Vpdpbusd:
    return intrinsic(lanes() == 16 ? "llvm.x86.avx512.vpdpbusd.512"
                                   : "llvm.x86.avx512.vpdpbusd.256",
                     lanesType(), {sum, lefts[0], rights[0]});
  case DotStep::Vpmaddwd:
    return add(sum, intrinsic("llvm.x86.avx2.pmadd.wd", lanesType(),
                              {lefts[0], rights[0]}));
  case DotStep::Sdot:
    return intrinsic("llvm.aarch64.neon.sdot.v4i32.v16i8", lanesType(),
                     {sum, rights[0], lefts[0]});
  case DotStep::Smlal: {
    VectorType products = vectorOf(2 * lanes(), getI16Type());
    auto multiply = [&](int64_t group) {
      return intrinsic("llvm.aarch64.neon.smull.v8i16", products,
                       {lefts[group], rights[group]});
    };
    // Instruction selection sees smull, smlal and sadalp.
    Value pairs = add(multiply(0), multiply(1));
    return add(sum, intrinsic("llvm.aarch64.neon.saddlp.v4i32.v8i16",
                              lanesType(), pairs));
  }
  }
  llvm_unreachable("unknown dot step");
}

Value KernelBuilder::opaque(Value vector) {
  // No instruction: the result is in the operand's register.
  return LLVM::InlineAsmOp::create(
             *this, TypeRange{vector.getType()}, ValueRange{vector}, "",
             target.isX86() ? "=v,0" : "=w,0", /*has_side_effects=*/true,
             /*is_align_stack=*/false, LLVM::TailCallKind::None,
             LLVM::AsmDialectAttr(), ArrayAttr())
      .getResult(0);
}

/// Every lane gets the group at `position` of those in `groups`.
Value KernelBuilder::broadcastGroup(Value groups, int64_t position) {
  int64_t group = target.group();
  int64_t count = cast<VectorType>(groups.getType()).getNumElements() / group;
  Type word = getIntegerType(group * target.width() * 8);
  Value words = vector::BitCastOp::create(*this, vectorOf(count, word), groups);
  SmallVector<int64_t> mask(lanes(), position);
  Value spread = vector::ShuffleOp::create(*this, words, words, mask);
  return vector::BitCastOp::create(
      *this, vectorOf(lanes() * group, activationType()), spread);
}

/// Left operands: x86 broadcasts a group from memory; AArch64 loads 16 bytes of
/// groups at a time and names the lane, which becomes sdot's own operand.
SmallVector<Value> KernelBuilder::tile(int64_t rows, ArrayRef<Value> start,
                                       int64_t depth, LoadLeft left,
                                       LoadRight right) {
  int64_t group = target.group(), groupsALoad = target.groupsALoad();
  int64_t vectors = start.size();
  SmallVector<Value> starts;
  for (int64_t row = 0; row < rows; ++row)
    llvm::append_range(starts, start);
  return reduce(
      index(0), index(depth / group), index(target.unroll), starts,
      [&](Value first, ValueRange sums) {
        SmallVector<Value> next(sums);
        SmallVector<Value> loaded(rows);
        for (int64_t u = 0; u < target.unroll; u += target.groupsADot()) {
          SmallVector<int64_t> steps =
              llvm::to_vector(llvm::seq(u, u + target.groupsADot()));
          SmallVector<Value> positions = llvm::map_to_vector(
              steps, [&](int64_t s) { return add(first, index(s)); });
          SmallVector<SmallVector<Value>> rights(vectors);
          for (int64_t v = 0; v < vectors; ++v)
            for (Value position : positions)
              rights[v].push_back(right(position, v));
          for (int64_t row = 0; row < rows; ++row) {
            SmallVector<Value> lefts;
            for (auto [s, position] : llvm::zip(steps, positions)) {
              if (s % groupsALoad == 0)
                loaded[row] =
                    left(row, mul(position, index(group)), group * groupsALoad);
              lefts.push_back(broadcastGroup(loaded[row], s % groupsALoad));
            }
            for (int64_t v = 0; v < vectors; ++v) {
              Value &sum = next[row * vectors + v];
              sum = dot(sum, lefts, rights[v]);
            }
          }
        }
        return next;
      });
}

//===----------------------------------------------------------------------===//
// Requantization
//===----------------------------------------------------------------------===//

/// Even and odd lanes apart, two widening multiplies each of half the lanes
/// (vpmuldq): lowering sees that only low halves are read.
Value KernelBuilder::multiplyHighX86(Value x, Value m) {
  VectorType wide = vectorOf(lanes() / 2, getI64Type());
  auto splat64 = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(*this,
                                     DenseElementsAttr::get(wide, value));
  };
  Value half = splat64(32);
  auto even = [&](Value value) {
    Value bits = vector::BitCastOp::create(*this, wide, value);
    return shiftRight(shiftLeft(bits, half), half);
  };
  auto odd = [&](Value value) {
    Value bits = vector::BitCastOp::create(*this, wide, value);
    return shiftRight(bits, half);
  };
  Value evens = mul(even(x), even(m));
  Value odds = mul(odd(x), odd(m));
  // The even results' low words and the odd results' high words are wanted.
  evens = arith::ShRUIOp::create(*this, evens, splat64(31));
  odds = shiftLeft(odds, splat64(1));
  return alternateLanes(evens, odds);
}

/// The low words of `even` and the high words of `odd`, both 64-bit lanes.
Value KernelBuilder::alternateLanes(Value even, Value odd) {
  SmallVector<int64_t> mask;
  for (int64_t i = 0; i < lanes(); ++i)
    mask.push_back(i % 2 == 0 ? i : lanes() + i);
  return vector::ShuffleOp::create(
      *this, vector::BitCastOp::create(*this, lanesType(), even),
      vector::BitCastOp::create(*this, lanesType(), odd), mask);
}

Value KernelBuilder::multiplyHighUnsigned(Value x, Value m) {
  if (!target.isX86())
    return multiplyHigh(x, m);
  // Twice m has 32 bits: the products' high words are wanted (vpmuludq).
  VectorType wide = vectorOf(lanes() / 2, getI64Type());
  Value half = arith::ConstantOp::create(
      *this, DenseElementsAttr::get(wide, INT64_C(32)));
  Value low = arith::ConstantOp::create(
      *this, DenseElementsAttr::get(wide, INT64_C(0xffffffff)));
  auto even = [&](Value value) -> Value {
    Value bits = vector::BitCastOp::create(*this, wide, value);
    return arith::AndIOp::create(*this, bits, low);
  };
  auto odd = [&](Value value) -> Value {
    Value bits = vector::BitCastOp::create(*this, wide, value);
    return arith::ShRUIOp::create(*this, bits, half);
  };
  m = add(m, m);
  Value evens = mul(even(x), even(m));
  Value odds = mul(odd(x), odd(m));
  return alternateLanes(arith::ShRUIOp::create(*this, evens, half), odds);
}

Value KernelBuilder::multiplyHigh(Value x, Value m) {
  if (target.isX86())
    return multiplyHighX86(x, m);
  return intrinsic("llvm.aarch64.neon.sqdmulh.v4i32", lanesType(), {x, m});
}

Value KernelBuilder::shiftRounded(Value x, const Requantizer &constants) {
  if (constants.rounding)
    return shiftRight(add(x, constants.rounding), constants.shift);
  return intrinsic("llvm.aarch64.neon.srshl.v4i32", lanesType(),
                   {x, constants.shift});
}

Value KernelBuilder::rescale(Value x, Value m, const Requantizer &constants) {
  if (constants.preShift)
    x = shiftLeft(x, constants.preShift);
  return shiftRounded(multiplyHigh(x, m), constants);
}

Requantizer KernelBuilder::loadRequantizer(int64_t first, bool preShift,
                                           Bounds bounds) {
  Requantizer constants;
  if (preShift)
    constants.preShift = parameterSplat(first);
  constants.shift = parameterSplat(first + 1);
  if (target.isX86())
    constants.rounding = shiftLeft(splat(1), sub(constants.shift, splat(1)));
  else // srshl shifts to the left
    constants.shift = sub(splat(0), constants.shift);
  if (bounds == Bounds::CodeWords)
    constants.zeroPoint = parameterWords(first + 2);
  auto bound = [&](int64_t position) {
    return bounds == Bounds::Lanes ? parameterSplat(position)
                                   : parameterWords(position);
  };
  constants.low = bound(first + 3);
  constants.high = bound(first + 4);
  return constants;
}

/// Where words saturate, they are beyond the bounds of any code as well.
Value KernelBuilder::narrow(ArrayRef<Value> vectors,
                            const Requantizer &constants, bool bytes) {
  SmallVector<Value> words;
  for (size_t i = 0; i < vectors.size(); i += 2) {
    Value second = vectors[std::min(i + 1, vectors.size() - 1)];
    Value pair = packWords(vectors[i], second);
    if (constants.zeroPoint)
      pair =
          LLVM::SAddSat::create(*this, wordsType(), pair, constants.zeroPoint);
    words.push_back(clamp(pair, constants.low, constants.high));
  }
  SmallVector<Value> sorted;
  ArrayRef<Value> rest = words;
  while (!rest.empty()) {
    ArrayRef<Value> next = rest.take_front(bytes ? 2 : 1);
    sorted.push_back(bytes ? sortBytes(next, WordOrder::Packed)
                           : sortWords(next[0], WordOrder::Packed));
    rest = rest.drop_front(next.size());
  }
  Value all = concatenate(sorted);
  if (vectors.size() % 2)
    all = vector::ExtractStridedSliceOp::create(*this, all, 0,
                                                lanes() * vectors.size(), 1);
  return all;
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

Value KernelBuilder::concatenate(ArrayRef<Value> vectors) {
  SmallVector<Value> parts(vectors);
  while (parts.size() > 1) {
    SmallVector<Value> joined;
    for (size_t i = 0; i + 1 < parts.size(); i += 2) {
      int64_t count = cast<VectorType>(parts[i].getType()).getNumElements() +
                      cast<VectorType>(parts[i + 1].getType()).getNumElements();
      joined.push_back(vector::ShuffleOp::create(
          *this, parts[i], parts[i + 1],
          llvm::to_vector(llvm::seq<int64_t>(0, count))));
    }
    if (parts.size() % 2)
      joined.push_back(parts.back());
    parts = std::move(joined);
  }
  return parts.front();
}

Value KernelBuilder::lookup(Value codes, Value offset) {
  switch (target.table) {
  case TableStep::Vpermi2b:
    return lookupVpermi2b(codes, offset);
  case TableStep::Pshufb:
    return lookupPshufb(codes, offset);
  case TableStep::Tbl:
    return lookupTbl(codes, offset);
  }
  llvm_unreachable("unknown table step");
}

/// Two lookups of 128 entries by the low 7 bits, chosen between by the eighth.
Value KernelBuilder::lookupVpermi2b(Value codes, Value offset) {
  VectorType bytes = vectorOf(64, getI8Type());
  Value table = view(packed(), offset, {256}, getI8Type());
  SmallVector<Value> parts;
  for (int64_t i = 0; i < 4; ++i)
    parts.push_back(load(table, {index(64 * i)}, bytes));
  auto half = [&](int64_t part) {
    return intrinsic("llvm.x86.avx512.vpermi2var.qi.512", bytes,
                     {parts[part], codes, parts[part + 1]});
  };
  Value zero = arith::ConstantOp::create(*this, getZeroAttr(bytes));
  Value upper =
      arith::CmpIOp::create(*this, arith::CmpIPredicate::slt, codes, zero);
  return arith::SelectOp::create(*this, upper, half(2), half(0));
}

/// Sixteen lookups of 16 entries. Entry block b answers where code ^ (16 * b)
/// is below 16; a saturating add of 0x70 sets bit 7 everywhere else, and
/// pshufb gives 0 there.
Value KernelBuilder::lookupPshufb(Value codes, Value offset) {
  VectorType bytes = vectorOf(32, getI8Type());
  Value table = view(packed(), offset, {256}, getI8Type());
  auto splatByte = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(
        *this, DenseElementsAttr::get(bytes, static_cast<int8_t>(value)));
  };
  Value result;
  for (int64_t block = 0; block < 16; ++block) {
    Value entries = load(table, {index(16 * block)}, vectorOf(16, getI8Type()));
    Value both = concatenate({entries, entries});
    Value selected = arith::XOrIOp::create(*this, codes, splatByte(16 * block));
    selected =
        intrinsic("llvm.uadd.sat.v32i8", bytes, {selected, splatByte(0x70)});
    Value part = intrinsic("llvm.x86.avx2.pshuf.b", bytes, {both, selected});
    result =
        result ? arith::OrIOp::create(*this, result, part).getResult() : part;
  }
  return result;
}

/// Four lookups of 64 entries; codes outside a block's range leave the result.
Value KernelBuilder::lookupTbl(Value codes, Value offset) {
  VectorType bytes = vectorOf(16, getI8Type());
  Value table = view(packed(), offset, {256}, getI8Type());
  Value result;
  for (int64_t block = 0; block < 4; ++block) {
    SmallVector<Value> arguments;
    if (block)
      arguments.push_back(result);
    for (int64_t i = 0; i < 4; ++i)
      arguments.push_back(load(table, {index(64 * block + 16 * i)}, bytes));
    Value base = arith::ConstantOp::create(
        *this, DenseElementsAttr::get(bytes, static_cast<int8_t>(64 * block)));
    arguments.push_back(sub(codes, base));
    result = intrinsic(block ? "llvm.aarch64.neon.tbx4.v16i8"
                             : "llvm.aarch64.neon.tbl4.v16i8",
                       bytes, arguments);
  }
  return result;
}
