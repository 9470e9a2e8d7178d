#include "bench/accuracy/plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tributary {
namespace {

constexpr double kWidth = 860;
constexpr double kHeight = 520;
constexpr double kLeft = 70;
constexpr double kRight = 190;
constexpr double kTop = 40;
constexpr double kBottom = 60;

// One axis: whole decades mapped to pixels.
struct Axis {
  int first_decade;
  int last_decade;
  double from;
  double to;

  double At(double value) const {
    return from + (std::log10(value) - first_decade) / (last_decade - first_decade) * (to - from);
  }
};

Axis AxisOver(const Plot& plot, double std::pair<double, double>::*coordinate, double from, double to) {
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
  for (const PlotLine& line : plot.lines) {
    for (const auto& point : line.points) {
      low = std::min(low, point.*coordinate);
      high = std::max(high, point.*coordinate);
    }
  }
  const int first = static_cast<int>(std::floor(std::log10(low) + 1e-9));
  return Axis{first, std::max(first + 1, static_cast<int>(std::ceil(std::log10(high) - 1e-9))), from, to};
}

std::string Text(double x, double y, const std::string& anchor, const std::string& text, const std::string& more = "") {
  return absl::StrFormat("<text x='%.1f' y='%.1f' text-anchor='%s'%s>%s</text>\n", x, y, anchor, more, text);
}

std::string Segment(double x1, double y1, double x2, double y2) {
  return absl::StrFormat("<path d='M%.1f %.1fL%.1f %.1f' stroke='#ddd'/>\n", x1, y1, x2, y2);
}

// Hues a golden angle apart.
std::string Colour(size_t line) { return absl::StrFormat("hsl(%d,65%%,42%%)", static_cast<int>(line * 137.5) % 360); }

}  // namespace

std::string RenderSvg(const Plot& plot) {
  const Axis x = AxisOver(plot, &std::pair<double, double>::first, kLeft, kWidth - kRight);
  const Axis y = AxisOver(plot, &std::pair<double, double>::second, kHeight - kBottom, kTop);
  std::string svg = absl::StrFormat(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %g %g' font-family='sans-serif' font-size='12'>\n"
      "<rect width='100%%' height='100%%' fill='white'/>\n",
      kWidth, kHeight);
  absl::StrAppend(&svg, Text(kLeft, 22, "start", plot.title, " font-size='15'"));
  absl::StrAppend(&svg, Text((kLeft + kWidth - kRight) / 2, kHeight - 16, "middle", plot.x_label));
  absl::StrAppend(&svg, Text(16, kHeight / 2, "middle", plot.y_label,
                             absl::StrFormat(" transform='rotate(-90 16 %g)'", kHeight / 2)));
  for (int decade = x.first_decade; decade <= x.last_decade; ++decade) {
    const double at = x.At(std::pow(10, decade));
    absl::StrAppend(&svg, Segment(at, y.from, at, y.to), Text(at, y.from + 18, "middle", absl::StrCat("1e", decade)));
  }
  for (int decade = y.first_decade; decade <= y.last_decade; ++decade) {
    const double at = y.At(std::pow(10, decade));
    absl::StrAppend(&svg, Segment(x.from, at, x.to, at), Text(x.from - 8, at + 4, "end", absl::StrCat("1e", decade)));
  }
  for (size_t i = 0; i < plot.lines.size(); ++i) {
    std::string path;
    for (const auto& [px, py] : plot.lines[i].points) {
      absl::StrAppend(&path, path.empty() ? "M" : "L", absl::StrFormat("%.1f %.1f", x.At(px), y.At(py)));
    }
    const double legend = kTop + 18.0 * static_cast<double>(i);
    absl::StrAppend(
        &svg, "<path d='", path, "' fill='none' stroke-width='2' stroke='", Colour(i), "'/>\n",
        Text(kWidth - kRight + 14, legend, "start", plot.lines[i].name, absl::StrCat(" fill='", Colour(i), "'")));
  }
  return absl::StrCat(svg, "</svg>\n");
}

}  // namespace tributary
