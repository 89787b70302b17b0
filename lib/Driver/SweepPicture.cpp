// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rows of a sweep as a picture: top-1 over bits a parameter, in SVG.

#include "Sweep.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <cmath>

using namespace deit;

namespace {

/// Draws one picture.
class Picture {
public:
  explicit Picture(ArrayRef<SweepRow> rows) : rows(rows) { findRange(); }
  std::string draw(StringRef title);

private:
  static constexpr double kWidth = 720, kHeight = 440, kLeft = 64, kRight = 24,
                          kTop = 44, kBottom = 56;

  double x(double bits) const {
    return kLeft + (kWidth - kLeft - kRight) * bits / mostBits;
  }
  double y(double top1) const {
    return kTop + (kHeight - kTop - kBottom) * (high - top1) / (high - low);
  }
  void findRange();
  void line(double x1, double y1, double x2, double y2, StringRef style);
  void text(double atX, double atY, StringRef anchor, const Twine &words,
            StringRef style = "label");
  void drawAxes();
  void drawSeries(SweepKind kind, StringRef style);
  void drawFloat();
  void drawLegend();

  ArrayRef<SweepRow> rows;
  double mostBits = 9, low = 0, high = 100; ///< of the axes
  std::string svg;
};

} // namespace

/// A stylesheet for light and for dark pages.
static constexpr char kStyle[] = R"(<style>
svg { background: #fff; font: 13px sans-serif; --ink: #222; --grid: #ddd;
  --rate: #0b62c4; --groups: #b3540a; --naive: #a3123f; --float: #4a4a4a; }
@media (prefers-color-scheme: dark) { svg { background: #161616; --ink: #e6e6e6;
  --grid: #3a3a3a; --rate: #6db1ff; --groups: #ffab66; --naive: #ff7da5;
  --float: #b5b5b5; } }
.label { fill: var(--ink); } .title { fill: var(--ink); font-size: 15px; }
.grid { stroke: var(--grid); } .axis { stroke: var(--ink); }
.rate { stroke: var(--rate); fill: var(--rate); }
.groups { stroke: var(--groups); fill: var(--groups); }
.naive { stroke: var(--naive); fill: var(--naive); }
.float { stroke: var(--float); stroke-dasharray: 6 4; }
polyline { fill: none !important; stroke-width: 2; }
</style>
)";

/// `words` with what XML reads as markup escaped.
static std::string escape(StringRef words) {
  std::string result;
  for (char c : words)
    result += c == '&'   ? "&amp;"
              : c == '<' ? "&lt;"
              : c == '>' ? "&gt;"
                         : std::string(1, c);
  return result;
}

void Picture::findRange() {
  double least = 100, most = 0;
  for (const SweepRow &row : rows) {
    least = std::min(least, row.top1);
    most = std::max(most, row.top1);
    if (row.kind() != SweepKind::Float)
      mostBits = std::max(mostBits, std::ceil(row.bitsPerParameter));
  }
  low = std::max(0.0, 10 * std::floor(least / 10 - 0.01));
  high = std::min(100.0, 10 * std::ceil(most / 10 + 0.01));
  if (high <= low)
    low = 0, high = 100;
}

void Picture::line(double x1, double y1, double x2, double y2,
                   StringRef style) {
  svg += llvm::formatv("<line x1=\"{0:f1}\" y1=\"{1:f1}\" x2=\"{2:f1}\" "
                       "y2=\"{3:f1}\" class=\"{4}\"/>\n",
                       x1, y1, x2, y2, style)
             .str();
}

void Picture::text(double atX, double atY, StringRef anchor, const Twine &words,
                   StringRef style) {
  svg += llvm::formatv("<text x=\"{0:f1}\" y=\"{1:f1}\" text-anchor=\"{2}\" "
                       "class=\"{3}\">{4}</text>\n",
                       atX, atY, anchor, style, escape(words.str()))
             .str();
}

void Picture::drawAxes() {
  double step = high - low <= 30 ? 5 : 10;
  for (double top1 = low; top1 <= high; top1 += step) {
    line(kLeft, y(top1), kWidth - kRight, y(top1), "grid");
    text(kLeft - 8, y(top1) + 4, "end", Twine(static_cast<int>(top1)) + " %");
  }
  for (int bits = 0; bits <= mostBits; ++bits) {
    line(x(bits), kHeight - kBottom, x(bits), kHeight - kBottom + 5, "axis");
    text(x(bits), kHeight - kBottom + 20, "middle", Twine(bits));
  }
  line(kLeft, kHeight - kBottom, kWidth - kRight, kHeight - kBottom, "axis");
  line(kLeft, kTop, kLeft, kHeight - kBottom, "axis");
  text((kLeft + kWidth - kRight) / 2, kHeight - 14, "middle",
       "stored bits a parameter, everything included");
  text(kLeft, kTop - 8, "start", "top-1");
}

void Picture::drawSeries(SweepKind kind, StringRef style) {
  SmallVector<const SweepRow *> series;
  for (const SweepRow &row : rows)
    if (row.kind() == kind ||
        (kind == SweepKind::Rate && row.kind() == SweepKind::W8A8))
      series.push_back(&row);
  llvm::sort(series, [](const SweepRow *a, const SweepRow *b) {
    return a->bitsPerParameter < b->bitsPerParameter;
  });
  svg += ("<polyline class=\"" + style + "\" points=\"").str();
  for (const SweepRow *row : series)
    svg +=
        llvm::formatv("{0:f1},{1:f1} ", x(row->bitsPerParameter), y(row->top1))
            .str();
  svg += "\"/>\n";
  for (const SweepRow *row : series)
    svg += llvm::formatv("<circle cx=\"{0:f1}\" cy=\"{1:f1}\" r=\"4\" "
                         "class=\"{2}\"><title>{3}: {4:f2} bits, {5:f2} %"
                         "</title></circle>\n",
                         x(row->bitsPerParameter), y(row->top1), style,
                         escape(row->name), row->bitsPerParameter, row->top1)
               .str();
}

/// Far to the right with its bits, so a line across.
void Picture::drawFloat() {
  for (const SweepRow &row : rows)
    if (row.kind() == SweepKind::Float)
      line(kLeft, y(row.top1), kWidth - kRight, y(row.top1), "float");
}

void Picture::drawLegend() {
  struct Line {
    StringRef style, words;
  };
  const Line lines[] = {{"rate", "integer program, weights of 2 to 8 bits"},
                        {"naive", "integer program, naive"},
                        {"groups", "nearest, groups of 64; activations float"},
                        {"float", "float"}};
  double top = kHeight - kBottom - 18.0 * std::size(lines);
  for (auto [index, each] : llvm::enumerate(lines)) {
    double at = top + 18.0 * index;
    line(kWidth - 330, at, kWidth - 306, at, each.style);
    text(kWidth - 298, at + 4, "start", each.words);
  }
}

std::string Picture::draw(StringRef title) {
  svg = llvm::formatv("<svg xmlns=\"http://www.w3.org/2000/svg\" "
                      "viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\">\n",
                      static_cast<int>(kWidth), static_cast<int>(kHeight))
            .str();
  svg += kStyle;
  text(kLeft, 20, "start", title, "title");
  drawAxes();
  drawFloat();
  drawSeries(SweepKind::Groups, "groups");
  drawSeries(SweepKind::Naive, "naive");
  drawSeries(SweepKind::Rate, "rate");
  drawLegend();
  return svg + "</svg>\n";
}

std::string deit::drawSweep(ArrayRef<SweepRow> rows, StringRef title) {
  return Picture(rows).draw(title);
}
