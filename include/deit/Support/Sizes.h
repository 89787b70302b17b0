// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How large the tensors of a module may be: a few bytes of text can say that
// they are more than any memory holds, or than 64 bits can count.

#ifndef DEIT_SUPPORT_SIZES_H
#define DEIT_SUPPORT_SIZES_H

#include "deit/Support/LLVM.h"
#include "llvm/Support/MathExtras.h"
#include <optional>

namespace deit {

/// Elements of any tensor: 1024 images of kMostElementsOfImage.
inline constexpr int64_t kMostElements = int64_t(1) << 36;

/// Elements that a value has for one image: an image of 4096x5000 pixels.
inline constexpr int64_t kMostElementsOfImage = int64_t(1) << 26;

/// Elements of a constant that is written as one of them. What has been trained
/// is not all the same.
inline constexpr int64_t kMostElementsOfSplat = int64_t(1) << 22;

/// The elements of a tensor of `shape`; nullopt if 64 bits cannot tell, or a
/// dimension is not fixed.
inline std::optional<int64_t> countElements(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    if (size < 0 || llvm::MulOverflow(count, size, count))
      return std::nullopt;
  return count;
}

/// Whether a value of the shaped `type` has at most kMostElements, and none of
/// its dimensions more.
inline bool isBounded(Type type) {
  auto fits = [](int64_t size) { return size <= kMostElements; };
  ArrayRef<int64_t> shape = cast<ShapedType>(type).getShape();
  std::optional<int64_t> count = countElements(shape);
  return count && fits(*count) && llvm::all_of(shape, fits);
}

/// Whether `elements` are no more than kMostElementsOfSplat, or each written by
/// itself.
inline bool isWrittenOut(ElementsAttr elements) {
  auto dense = dyn_cast<DenseElementsAttr>(elements);
  return !dense || !dense.isSplat() ||
         dense.getType().getNumElements() <= kMostElementsOfSplat;
}

} // namespace deit

#endif // DEIT_SUPPORT_SIZES_H
