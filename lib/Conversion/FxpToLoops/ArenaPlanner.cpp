// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Places buffers with known lifetimes into one arena.

#include "ArenaPlanner.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/Support/MathExtras.h"

using namespace deit;

static constexpr int64_t kAlignment = 64;

int64_t deit::planArena(MutableArrayRef<ArenaBuffer> buffers) {
  SmallVector<size_t> order =
      llvm::to_vector(llvm::seq<size_t>(0, buffers.size()));
  llvm::stable_sort(order, [&](size_t a, size_t b) {
    return buffers[a].bytes > buffers[b].bytes;
  });
  SmallVector<const ArenaBuffer *> placed; // by offset
  int64_t size = kAlignment;
  for (size_t position : order) {
    ArenaBuffer &buffer = buffers[position];
    int64_t bytes = llvm::alignTo(buffer.bytes, kAlignment);
    int64_t offset = 0;
    for (const ArenaBuffer *other : placed) {
      if (other->last < buffer.first || buffer.last < other->first)
        continue;
      if (offset + bytes <= other->offset)
        break;
      offset = std::max<int64_t>(
          offset, other->offset + llvm::alignTo(other->bytes, kAlignment));
    }
    buffer.offset = offset;
    size = std::max(size, offset + bytes);
    placed.insert(
        llvm::upper_bound(placed, &buffer,
                          [](const ArenaBuffer *a, const ArenaBuffer *b) {
                            return a->offset < b->offset;
                          }),
        &buffer);
  }
  return size;
}
