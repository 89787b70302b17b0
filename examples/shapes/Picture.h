// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Draws one labelled picture.

#ifndef DEIT_EXAMPLES_SHAPES_PICTURE_H
#define DEIT_EXAMPLES_SHAPES_PICTURE_H

#include "Shapes.h"

#include <array>
#include <cstdint>
#include <string>

namespace deit::examples {

/// An appearance is a colour family, plain or striped: colour + 5 * striped.
constexpr int kColorCount = 5;
constexpr int kAppearanceCount = 2 * kColorCount;
/// Class = shape * kAppearanceCount + appearance.
constexpr int kClassCount = kShapeCount * kAppearanceCount;

/// Width and height in pixels, and the bytes of the three planes R, G, B.
constexpr int kSide = 32;
constexpr int kPlane = kSide * kSide;
using Picture = std::array<uint8_t, 3 * kPlane>;

/// For instance "striped green heart".
std::string className(int label);

/// Draws a picture of class `label`: its shape at a random place, size and
/// angle, in a colour of its family, over a textured background behind noise.
/// The picture is a function of the three arguments alone, to the bit, on every
/// platform: all arithmetic is on integers.
Picture drawPicture(int label, uint64_t seed, uint64_t index);

} // namespace deit::examples

#endif // DEIT_EXAMPLES_SHAPES_PICTURE_H
