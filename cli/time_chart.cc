#include "cli/time_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tributary {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct Span {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  bool IsEmpty() const { return !(low <= high); }
  void Add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

// The axis of values: whole multiples of a step of 1, 2 or 5 times a power of ten.
struct Axis {
  double low = 0;
  double high = 1;
  double step = 1;
};

double RoundStep(double rough) {
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power * (1 + 1e-9)) return factor * power;
  }
  return 10 * power;
}

Axis AxisOf(Span span, size_t rows) {
  if (span.low > 0 && span.low < span.high / 2) span.low = 0;  // a chart that may begin at nothing does
  if (span.low == span.high) {
    const double around = span.low == 0 ? 1 : std::fabs(span.low) / 10;
    span = {.low = span.low - around, .high = span.high + around};
  }
  Axis axis;
  axis.step = RoundStep((span.high - span.low) / static_cast<double>(std::max<size_t>(2, rows / 3)));
  axis.low = std::floor(span.low / axis.step + 1e-9) * axis.step;
  axis.high = std::ceil(span.high / axis.step - 1e-9) * axis.step;
  return axis;
}

// A grid of characters, each of `across` x `down` dots: 2 x 4 as Braille has them, or 1 x 1.
class Canvas {
 public:
  Canvas(size_t columns, size_t rows, bool braille)
      : columns_(columns), rows_(rows), across_(braille ? 2 : 1), down_(braille ? 4 : 1), cells_(columns * rows) {}

  int width() const { return static_cast<int>(columns_ * across_); }
  int height() const { return static_cast<int>(rows_ * down_); }
  size_t RowOf(int y) const { return static_cast<size_t>(y) / down_; }

  void Line(int x0, int y0, int x1, int y1, size_t series) {  // Bresenham
    const int dx = std::abs(x1 - x0), dy = -std::abs(y1 - y0);
    const int towards_x = x0 < x1 ? 1 : -1, towards_y = y0 < y1 ? 1 : -1;
    for (int error = dx + dy;;) {
      Dot(x0, y0, series);
      if (x0 == x1 && y0 == y1) return;
      const int twice = 2 * error;
      if (twice >= dy) error += dy, x0 += towards_x;
      if (twice <= dx) error += dx, y0 += towards_y;
    }
  }

  std::string Row(size_t row, const Style& style) const {
    std::string text;
    for (size_t column = 0; column < columns_; ++column) {
      const Cell& cell = cells_[row * columns_ + column];
      if (cell.dots == 0) {
        text.push_back(' ');
      } else if (across_ == 1) {
        text.push_back(static_cast<char>('a' + cell.series));
      } else {  // U+2800 and the dots
        const std::string braille = {'\xE2', static_cast<char>(0xA0 | (cell.dots >> 6)),
                                     static_cast<char>(0x80 | (cell.dots & 0x3F))};
        text += style.Series(cell.series, braille);
      }
    }
    return text;
  }

 private:
  struct Cell {
    uint8_t dots = 0;
    size_t series = 0;  // the last one drawn there
  };

  void Dot(int x, int y, size_t series) {
    constexpr std::array<std::array<uint8_t, 2>, 4> kBits = {{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};
    const auto column = static_cast<size_t>(x), line = static_cast<size_t>(y);
    Cell& cell = cells_[line / down_ * columns_ + column / across_];
    cell.dots |= kBits[line % down_][column % across_];
    cell.series = series;
  }

  const size_t columns_;
  const size_t rows_;
  const size_t across_;
  const size_t down_;
  std::vector<Cell> cells_;
};

double PeakOf(const ChartSeries& series) {
  double peak = -std::numeric_limits<double>::infinity();
  for (const auto& [time, value] : series.points) peak = std::isfinite(value) ? std::max(peak, value) : peak;
  return peak;
}

// Those with the highest peaks, in their order.
std::vector<const ChartSeries*> Chosen(const std::vector<ChartSeries>& series) {
  std::vector<const ChartSeries*> chosen;
  for (const ChartSeries& one : series) {
    if (std::isfinite(PeakOf(one))) chosen.push_back(&one);
  }
  if (chosen.size() <= kMaxChartSeries) return chosen;
  std::vector<const ChartSeries*> by_peak = chosen;
  std::stable_sort(by_peak.begin(), by_peak.end(), [](auto* a, auto* b) { return PeakOf(*a) > PeakOf(*b); });
  by_peak.resize(kMaxChartSeries);
  std::erase_if(chosen, [&](auto* one) { return std::find(by_peak.begin(), by_peak.end(), one) == by_peak.end(); });
  return chosen;
}

int Scaled(double value, double low, double high, int size) {
  if (!(high > low)) return 0;
  const double at = (value - low) / (high - low) * (size - 1);
  return static_cast<int>(std::lround(std::clamp(at, 0.0, static_cast<double>(size - 1))));
}

void Draw(const ChartSeries& series, size_t index, const ChartFrame& frame, const Axis& axis, Canvas& canvas) {
  const std::pair<absl::Time, double>* before = nullptr;
  int before_x = 0, before_y = 0;
  for (const auto& point : series.points) {
    if (!std::isfinite(point.second)) {
      before = nullptr;
      continue;
    }
    const int x = Scaled(absl::ToDoubleSeconds(point.first - frame.start), 0,
                         absl::ToDoubleSeconds(frame.end - frame.start), canvas.width());
    const int y = canvas.height() - 1 - Scaled(point.second, axis.low, axis.high, canvas.height());
    const bool joined = before != nullptr && point.first - before->first < frame.step * 3 / 2;
    canvas.Line(joined ? before_x : x, joined ? before_y : y, x, y, index);
    before = &point;
    before_x = x;
    before_y = y;
  }
}

std::string TickText(double value, const Axis& axis) {
  return std::fabs(value) < axis.step / 1000 ? "0" : absl::StrFormat("%.6g", value);
}

int TickCount(const Axis& axis) { return static_cast<int>(std::lround((axis.high - axis.low) / axis.step)); }

size_t LongestTick(const Axis& axis) {
  size_t longest = 0;
  for (int i = 0; i <= TickCount(axis); ++i) {
    longest = std::max(longest, TickText(axis.low + i * axis.step, axis).size());
  }
  return longest;
}

// What stands before each row: the value where there is a tick.
std::vector<std::string> TicksOf(const Axis& axis, const Canvas& canvas, size_t rows) {
  std::vector<std::string> ticks(rows);
  for (int i = 0; i <= TickCount(axis); ++i) {
    const double value = axis.low + i * axis.step;
    ticks[canvas.RowOf(canvas.height() - 1 - Scaled(value, axis.low, axis.high, canvas.height()))] =
        TickText(value, axis);
  }
  return ticks;
}

// The times at start, middle and end, under the columns that they are of.
std::string TimesText(const ChartFrame& frame, size_t margin, size_t columns) {
  const absl::Duration range = frame.end - frame.start;
  const char* format = range >= absl::Hours(48) ? "%m-%d %H:%M" : range >= absl::Minutes(10) ? "%H:%M" : "%H:%M:%S";
  const auto text = [&](absl::Time time) { return absl::FormatTime(format, time, absl::LocalTimeZone()); };
  const std::string first = text(frame.start), middle = text(frame.start + range / 2), last = text(frame.end);
  std::string line(margin, ' ');
  line += first;
  if (range == absl::ZeroDuration()) return line;
  if (columns >= first.size() + middle.size() + last.size() + 8) {
    line.resize(margin + columns / 2 - middle.size() / 2, ' ');
    line += middle;
  }
  if (columns > first.size() + last.size()) {
    line.resize(margin + columns - last.size(), ' ');
    line += last;
  }
  return line;
}

std::string LegendText(const std::vector<const ChartSeries*>& chosen, size_t all, bool letters,
                       const ChartFrame& frame) {
  std::vector<std::string> lines(1);
  for (size_t i = 0; i < chosen.size(); ++i) {
    const std::string mark = letters ? std::string(1, static_cast<char>('a' + i)) : frame.style.Series(i, "●");
    const std::string name = chosen[i]->name.empty() ? "value" : chosen[i]->name;
    const std::string entry = absl::StrCat(mark, " ", Shortened(name, frame.columns > 6 ? frame.columns - 4 : 2));
    const size_t needed = ScreenWidth(lines.back()) + ScreenWidth(entry) + 2;
    if (!lines.back().empty() && needed > frame.columns) lines.emplace_back();
    absl::StrAppend(&lines.back(), "  ", entry);
  }
  std::string text;
  for (const std::string& line : lines) absl::StrAppend(&text, line, "\n");
  if (all > chosen.size()) {
    absl::StrAppend(&text, "  ", chosen.size(), " of ", all, " series, those with the highest peaks\n");
  }
  return text;
}

}  // namespace

std::string Sparkline(const std::vector<double>& values, size_t width) {
  constexpr std::array<absl::string_view, 8> kLevels = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const size_t count = std::min(values.size(), width);
  std::vector<double> shown(count, kNone);
  Span span;
  for (size_t i = 0; i < values.size() && count > 0; ++i) {
    double& cell = shown[i * count / values.size()];
    if (std::isfinite(values[i]) && !(values[i] <= cell)) cell = values[i];
    span.Add(values[i]);
  }
  std::string text;
  for (const double value : shown) {
    if (std::isnan(value)) {
      text.push_back(' ');
    } else {
      absl::StrAppend(&text, kLevels[static_cast<size_t>(Scaled(value, span.low, span.high, kLevels.size()))]);
    }
  }
  return text;
}

std::string TimeChartText(const std::vector<ChartSeries>& series, const ChartFrame& frame) {
  const std::vector<const ChartSeries*> chosen = Chosen(series);
  Span span;
  for (const ChartSeries* one : chosen) {
    for (const auto& [time, value] : one->points) span.Add(value);
  }
  if (span.IsEmpty()) return "";
  const Axis axis = AxisOf(span, frame.rows);
  const size_t label = LongestTick(axis) + 2;  // and " ┤"
  const size_t columns = frame.columns > label + 10 ? frame.columns - label : 10;
  const bool letters = !frame.style.on() && chosen.size() > 1;
  Canvas canvas(columns, frame.rows, !letters);
  for (size_t i = 0; i < chosen.size(); ++i) Draw(*chosen[i], i, frame, axis, canvas);

  const std::vector<std::string> ticks = TicksOf(axis, canvas, frame.rows);
  std::string text;
  for (size_t row = 0; row < frame.rows; ++row) {
    std::string line = absl::StrCat(std::string(label - 2 - ticks[row].size(), ' '), ticks[row],
                                    ticks[row].empty() ? " │" : " ┤", canvas.Row(row, frame.style));
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  }
  absl::StrAppend(&text, TimesText(frame, label, columns), "\n", LegendText(chosen, series.size(), letters, frame));
  return text;
}

}  // namespace tributary
