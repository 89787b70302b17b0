// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Draws one labelled picture: background, shape, light, noise.

#include "Picture.h"

#include "Random.h"

namespace deit::examples {
namespace {

/// Sixteenths of a pixel: the grid that positions and samples lie on.
constexpr int kSub = 16;
/// One in the fixed-point numbers of directions.
constexpr int kOne = 1 << 14;
/// Samples along each edge of a pixel, for smooth outlines.
constexpr int kSamples = 4;

struct Color {
  int r, g, b;
};

Color mix(Color a, Color b, int weight, int total) {
  auto blend = [&](int x, int y) { return x + (y - x) * weight / total; };
  return {blend(a.r, b.r), blend(a.g, b.g), blend(a.b, b.b)};
}

/// Hue in 1536ths of the circle (256 from one primary or secondary colour to
/// the next), saturation and value of [0, 255].
Color fromHsv(int hue, int saturation, int value) {
  hue = (hue + 1536) % 1536;
  int rest = hue % 256;
  int low = value * (255 - saturation) / 255;
  int falling = value * (255 * 256 - saturation * rest) / (255 * 256);
  int rising = value * (255 * 256 - saturation * (256 - rest)) / (255 * 256);
  switch (hue / 256) {
  case 0:
    return {value, rising, low};
  case 1:
    return {falling, value, low};
  case 2:
    return {low, value, rising};
  case 3:
    return {low, falling, value};
  case 4:
    return {rising, low, value};
  default:
    return {value, low, falling};
  }
}

/// The direction at angle 2 atan(t / kOne): a unit vector without a sine. `t`
/// is of [-kOne, kOne], which is a quarter turn to either side.
Point direction(int t) {
  int64_t one = kOne, square = int64_t(t) * t;
  int64_t norm = one * one + square;
  return {int((one * one - square) * one / norm),
          int(2 * one * one * t / norm)};
}

/// Two muted colours, blended by a coarse lattice of random weights.
class Background {
public:
  explicit Background(Random &random)
      : first(muted(random)), second(muted(random)) {
    for (int &weight : lattice)
      weight = random.between(0, 255);
  }

  Color at(int x, int y) const {
    int cell = (y / kCell) * kKnots + x / kCell, u = x % kCell, v = y % kCell;
    int top = lattice[cell] * (kCell - u) + lattice[cell + 1] * u;
    int bottom =
        lattice[cell + kKnots] * (kCell - u) + lattice[cell + kKnots + 1] * u;
    return mix(first, second, top * (kCell - v) + bottom * v,
               255 * kCell * kCell);
  }

private:
  static constexpr int kCell = 8;
  static constexpr int kKnots = kSide / kCell + 1;

  static Color muted(Random &random) {
    int hue = random.between(0, 1535), saturation = random.between(0, 80);
    return fromHsv(hue, saturation, random.between(20, 110));
  }

  Color first, second;
  int lattice[kKnots * kKnots];
};

/// What covers the shape: one colour, or two in stripes.
class Fill {
public:
  Fill(int appearance, Random &random) {
    static constexpr int hues[kColorCount] = {0, 250, 512, 930, 1260};
    int hue = hues[appearance % kColorCount] + random.bell(20);
    int saturation = random.between(150, 255);
    paint = fromHsv(hue, saturation, random.between(170, 255));
    band = fromHsv(hue, 30, random.between(200, 255));
    if (appearance < kColorCount)
      band = paint;
    across = direction(random.between(-kOne, kOne));
    width = random.between(2 * kSub, 3 * kSub);
    // Keeps `at` from dividing negative numbers, which rounds the other way.
    phase = 64 * 2 * width + random.between(0, 2 * width - 1);
  }

  Color at(Point p) const {
    int along = (p.x * across.x + p.y * across.y) / kOne + phase;
    return along / width % 2 ? band : paint;
  }

private:
  Color paint, band;
  Point across;
  int width, phase;
};

/// Where the shape lies, and how it is turned and scaled.
class Placement {
public:
  explicit Placement(Random &random)
      : turn(direction(random.between(-kOne / 6, kOne / 6))),
        radius(random.between(8 * kSub, 12 * kSub)) {
    constexpr int room = 4 * kSub;
    centre = {kSide * kSub / 2 + random.between(-room, room),
              kSide * kSub / 2 + random.between(-room, room)};
  }

  /// From the picture to the upright shape of radius kShapeRadius.
  Point toShape(Point p) const {
    int x = p.x - centre.x, y = p.y - centre.y;
    return {(x * turn.x + y * turn.y) / kOne * kShapeRadius / radius,
            (y * turn.x - x * turn.y) / kOne * kShapeRadius / radius};
  }

private:
  Point turn, centre;
  int radius;
};

Color drawPixel(int x, int y, int shape, const Placement &placement,
                const Fill &fill, Color behind) {
  Color sum = {0, 0, 0};
  for (int i = 0; i < kSamples * kSamples; ++i) {
    constexpr int step = kSub / kSamples;
    Point p = {x * kSub + i % kSamples * step + step / 2,
               y * kSub + i / kSamples * step + step / 2};
    bool inside = shapeContains(shape, placement.toShape(p));
    Color color = inside ? fill.at(p) : behind;
    sum = {sum.r + color.r, sum.g + color.g, sum.b + color.b};
  }
  constexpr int count = kSamples * kSamples;
  return {sum.r / count, sum.g / count, sum.b / count};
}

uint8_t toByte(int value) {
  return static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

} // namespace

std::string className(int label) {
  static constexpr const char *colors[kColorCount] = {"red", "yellow", "green",
                                                      "blue", "violet"};
  int shape = label / kAppearanceCount, appearance = label % kAppearanceCount;
  return std::string(appearance < kColorCount ? "plain " : "striped ") +
         colors[appearance % kColorCount] + ' ' + shapeName(shape);
}

Picture drawPicture(int label, uint64_t seed, uint64_t index) {
  Random random(seed, index);
  Background background(random);
  Fill fill(label % kAppearanceCount, random);
  Placement placement(random);
  int light = random.between(180, 256), grain = random.between(2, 10);
  Picture picture;
  for (int i = 0; i < kPlane; ++i) {
    int x = i % kSide, y = i / kSide;
    Color color = drawPixel(x, y, label / kAppearanceCount, placement, fill,
                            background.at(x, y));
    picture[i] = toByte(color.r * light / 256 + random.bell(grain));
    picture[kPlane + i] = toByte(color.g * light / 256 + random.bell(grain));
    picture[2 * kPlane + i] =
        toByte(color.b * light / 256 + random.bell(grain));
  }
  return picture;
}

} // namespace deit::examples
