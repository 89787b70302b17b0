// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Steps on 16-bit words, of which a vector holds twice as many as lanes.

#include "KernelBuilder.h"

using namespace deit;

VectorType KernelBuilder::wordsType() {
  return vectorOf(2 * lanes(), getI16Type());
}

Value KernelBuilder::wordSplat(int64_t value) {
  return arith::ConstantOp::create(
      *this, DenseElementsAttr::get(wordsType(), static_cast<int16_t>(value)));
}

/// x86 has no cheap way to part even from odd words, but merges them in place:
/// words of two vectors alternate there. It packs four lanes of each in turn.
int64_t KernelBuilder::wordLane(int64_t word, WordOrder order) {
  if (!target.isX86())
    return word;
  if (order == WordOrder::Split)
    return word % 2 * lanes() + word / 2;
  return word % 8 / 4 * lanes() + word / 8 * 4 + word % 4;
}

std::pair<Value, Value> KernelBuilder::splitWords(Value first, Value second) {
  if (!target.isX86()) {
    Value low = vector::BitCastOp::create(*this, wordsType(), first);
    Value high = vector::BitCastOp::create(*this, wordsType(), second);
    auto every2nd = [&](int64_t from) -> Value {
      SmallVector<int64_t> mask;
      for (int64_t i = 0; i < 2 * lanes(); ++i)
        mask.push_back(from + 2 * i);
      return vector::ShuffleOp::create(*this, low, high, mask);
    };
    return {every2nd(0), every2nd(1)};
  }
  auto merge = [&](Value low, Value high) -> Value {
    Value both = arith::OrIOp::create(*this, low, high);
    return vector::BitCastOp::create(*this, wordsType(), both);
  };
  auto mask = [&](Value value, int64_t bits) -> Value {
    return arith::AndIOp::create(*this, value, splat(bits));
  };
  Value half = splat(16);
  return {merge(mask(first, 0xffff), shiftLeft(second, half)),
          merge(arith::ShRUIOp::create(*this, first, half),
                mask(second, ~INT64_C(0xffff)))};
}

Value KernelBuilder::packWords(Value first, Value second) {
  if (target.isX86())
    return intrinsic(lanes() == 16 ? "llvm.x86.avx512.packssdw.512"
                                   : "llvm.x86.avx2.packssdw",
                     wordsType(), {first, second});
  auto half = [&](Value value) {
    return intrinsic("llvm.aarch64.neon.sqxtn.v4i16",
                     vectorOf(lanes(), getI16Type()), value);
  };
  return concatenate({half(first), half(second)});
}

Value KernelBuilder::sortWords(Value words, WordOrder order) {
  if (!target.isX86())
    return words;
  SmallVector<int64_t> mask(2 * lanes());
  for (int64_t word = 0; word < 2 * lanes(); ++word)
    mask[wordLane(word, order)] = word;
  return vector::ShuffleOp::create(*this, words, words, mask);
}

Value KernelBuilder::sortBytes(ArrayRef<Value> words, WordOrder order) {
  int64_t count = 2 * lanes() * words.size();
  if (!target.isX86())
    return arith::TruncIOp::create(*this, vectorOf(count, getI8Type()),
                                   concatenate(words));
  // The second vector's bytes go between the first's, where its high ones are.
  Value both = words[0];
  if (words.size() == 2)
    both = arith::OrIOp::create(
        *this, arith::AndIOp::create(*this, both, wordSplat(0xff)),
        shiftLeft(words[1], wordSplat(8)));
  Value bytes = vector::BitCastOp::create(
      *this, vectorOf(4 * lanes(), getI8Type()), both);
  SmallVector<int64_t> mask(count);
  for (int64_t i = 0; i < count; ++i) {
    int64_t vector = i / (2 * lanes()), word = i % (2 * lanes());
    mask[vector * 2 * lanes() + wordLane(word, order)] = 2 * word + vector;
  }
  return vector::ShuffleOp::create(*this, bytes, bytes, mask);
}

Value KernelBuilder::multiplyWords(Value x, Value m) {
  if (target.isX86())
    return intrinsic(lanes() == 16 ? "llvm.x86.avx512.pmulhu.w.512"
                                   : "llvm.x86.avx2.pmulhu.w",
                     wordsType(), {x, m});
  // x = s + 2^15, where s is signed: the doubled product's high half is
  // (s * m) >> 15, and shadd gives ((s * m >> 15) + m) >> 1.
  Value s = arith::XOrIOp::create(*this, x, wordSplat(0x8000));
  Value high =
      intrinsic("llvm.aarch64.neon.sqdmulh.v8i16", wordsType(), {s, m});
  return intrinsic("llvm.aarch64.neon.shadd.v8i16", wordsType(), {high, m});
}

Value KernelBuilder::multiplyWordsSigned(Value x, int64_t even) {
  if (target.isX86())
    return intrinsic(lanes() == 16 ? "llvm.x86.avx512.pmulh.w.512"
                                   : "llvm.x86.avx2.pmulh.w",
                     wordsType(), {x, wordSplat(even)});
  return intrinsic("llvm.aarch64.neon.sqdmulh.v8i16", wordsType(),
                   {x, wordSplat(even / 2)});
}

Value KernelBuilder::halveWords(Value x, Value times) {
  if (!target.isX86()) {
    Value shift = arith::XOrIOp::create(*this, times, wordSplat(-1));
    return intrinsic("llvm.aarch64.neon.urshl.v8i16", wordsType(), {x, shift});
  }
  Value shifted;
  if (lanes() == 16) {
    shifted = intrinsic("llvm.x86.avx512.psrlv.w.512", wordsType(), {x, times});
  } else {
    // A shift by the width is undefined in the IR; one by 15 leaves as little.
    times = arith::MinUIOp::create(*this, times, wordSplat(15));
    shifted = arith::ShRUIOp::create(*this, x, times);
  }
  Value one = wordSplat(1);
  return arith::ShRUIOp::create(*this, add(shifted, one), one);
}

Value KernelBuilder::addWords(Value sum, Value words) {
  if (!target.isX86())
    return add(sum, intrinsic("llvm.aarch64.neon.uaddlp.v4i32.v8i16",
                              lanesType(), words));
  return add(sum, intrinsic(lanes() == 16 ? "llvm.x86.avx512.pmaddw.d.512"
                                          : "llvm.x86.avx2.pmadd.wd",
                            lanesType(), {words, wordSplat(1)}));
}
