// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ten shapes, each as a test of one point in integer arithmetic.

#include "Shapes.h"

#include <cstddef>
#include <cstdlib>

namespace deit::examples {
namespace {

constexpr Point kTriangle[] = {{0, -1140}, {987, 570}, {-987, 570}};
constexpr Point kStar[] = {
    {0, -1180}, {268, -369}, {1122, -365}, {434, 141},    {694, 955},
    {0, 456},   {-694, 955}, {-434, 141},  {-1122, -365}, {-268, -369}};
constexpr Point kHeartTip[] = {{-905, -80}, {905, -80}, {0, 1080}};
constexpr Point kArrow[] = {{0, -1140},  {860, -120},  {320, -120},
                            {320, 1000}, {-320, 1000}, {-320, -120},
                            {-860, -120}};

bool inDisc(Point p, Point centre, int radius) {
  int dx = p.x - centre.x, dy = p.y - centre.y;
  return dx * dx + dy * dy < radius * radius;
}

bool inBox(Point p, int halfWidth, int halfHeight) {
  return std::abs(p.x) < halfWidth && std::abs(p.y) < halfHeight;
}

/// Even-odd rule: counts the edges a ray to the right crosses. The crossing's
/// comparison is multiplied out, since a division would round.
template <size_t N>
bool inPolygon(Point p, const Point (&corners)[N]) {
  bool inside = false;
  for (size_t i = 0, j = N - 1; i < N; j = i++) {
    Point a = corners[i], b = corners[j];
    if ((a.y > p.y) == (b.y > p.y))
      continue;
    int run = (b.x - a.x) * (p.y - a.y), rise = b.y - a.y;
    int reach = (p.x - a.x) * rise;
    if (rise > 0 ? reach < run : reach > run)
      inside = !inside;
  }
  return inside;
}

bool inHeart(Point p) {
  return inDisc(p, {-480, -360}, 510) || inDisc(p, {480, -360}, 510) ||
         inPolygon(p, kHeartTip);
}

} // namespace

const char *shapeName(int shape) {
  static constexpr const char *names[kShapeCount] = {
      "disc", "ring",     "square", "triangle", "cross",
      "star", "crescent", "heart",  "bar",      "arrow"};
  return names[shape];
}

bool shapeContains(int shape, Point p) {
  switch (shape) {
  case 0:
    return inDisc(p, {0, 0}, 960);
  case 1:
    return inDisc(p, {0, 0}, 1060) && !inDisc(p, {0, 0}, 560);
  case 2:
    return inBox(p, 850, 850);
  case 3:
    return inPolygon(p, kTriangle);
  case 4:
    return inBox(p, 330, 1060) || inBox(p, 1060, 330);
  case 5:
    return inPolygon(p, kStar);
  case 6:
    return inDisc(p, {0, 0}, 1080) && !inDisc(p, {520, 0}, 860);
  case 7:
    return inHeart(p);
  case 8:
    return inBox(p, 1150, 400);
  default:
    return inPolygon(p, kArrow);
  }
}

} // namespace deit::examples
