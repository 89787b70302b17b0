// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loop that measures what a core can do at most.

#include "Kernels.h"

using namespace deit;

/// Dot steps of each sum an item does: long enough that entering the loop and
/// leaving it do not count.
static constexpr int64_t kIterations = 1024;

int64_t PeakKernel::macs(const Target &target) const {
  return kIterations * target.tileRows * target.tileVectors * target.lanes *
         target.group() * target.groupsADot();
}

/// Operands are whatever the arena begins with, products do not depend on them;
/// the sums go back there so that they are not optimized away.
void PeakKernel::emit(ModuleOp module, const Target &target,
                      const ProgramLayout &layout) const {
  KernelBuilder b(module, name(), target, layout, ParameterCount);
  VectorType codes =
      b.vectorOf(target.lanes * target.group(), b.activationType());
  int64_t vectors = target.tileVectors, groups = target.groupsADot();
  int64_t bytes = codes.getNumElements() * target.width();
  Value operands = b.view(b.arena(), b.index(0),
                          {(vectors + 1) * groups * codes.getNumElements()},
                          b.activationType());
  auto loadGroups = [&](int64_t position) {
    SmallVector<Value> loaded;
    for (int64_t g = 0; g < groups; ++g)
      loaded.push_back(b.load(
          operands, b.index((position * groups + g) * codes.getNumElements()),
          codes));
    return loaded;
  };
  SmallVector<Value> left = loadGroups(vectors);
  SmallVector<SmallVector<Value>> rights;
  for (int64_t v = 0; v < vectors; ++v)
    rights.push_back(loadGroups(v));
  SmallVector<Value> start(target.tileRows * vectors, b.splat(0));
  int64_t count = start.size();
  for (ArrayRef<Value> right : rights)
    llvm::append_range(start, right);
  b.forEach(b.begin(), b.end(), b.index(1), [&](Value) {
    SmallVector<Value> sums =
        b.reduce(b.index(0), b.index(kIterations), b.index(1), start,
                 [&](Value, ValueRange before) {
                   SmallVector<Value> next(before);
                   MutableArrayRef<Value> operands =
                       MutableArrayRef<Value>(next).drop_front(count);
                   for (int64_t i = 0; i < count; ++i) {
                     auto right = operands.slice(i % vectors * groups, groups);
                     // Else equal products would be computed once. What is
                     // opaque goes on from here: in place, without a copy.
                     for (Value &value : right)
                       value = b.opaque(value);
                     next[i] = b.dot(next[i], left, right);
                   }
                   return next;
                 });
    sums.truncate(count);
    Value total = sums.front();
    for (Value sum : llvm::drop_begin(sums))
      total = b.add(total, sum);
    Value result = b.view(b.arena(), b.index(0), {bytes / 4}, b.getI32Type());
    b.store(total, result, b.index(0));
  });
  b.finish();
}
