// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ten shapes the pictures show.

#ifndef DEIT_EXAMPLES_SHAPES_SHAPES_H
#define DEIT_EXAMPLES_SHAPES_SHAPES_H

namespace deit::examples {

/// A position or direction in integers; the unit is the user's.
struct Point {
  int x;
  int y;
};

constexpr int kShapeCount = 10;

/// The radius of the circle a shape fills, in the units of `shapeContains`.
/// Every shape lies within 1.25 times this radius.
constexpr int kShapeRadius = 1024;

/// The English name of shape 0 ... kShapeCount - 1.
const char *shapeName(int shape);

/// Whether `p`, relative to the centre of the shape and y pointing down, lies
/// in the upright shape.
bool shapeContains(int shape, Point p);

} // namespace deit::examples

#endif // DEIT_EXAMPLES_SHAPES_SHAPES_H
