#include "cli/capacity/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tributary {
namespace {

constexpr size_t kScale = 11;  // characters left of the chart

class Drawing {
 public:
  Drawing(size_t width, size_t height, double low, double high)
      : rows_(height, std::string(width, ' ')), low_(low), high_(high) {}

  void Put(size_t column, double value, char mark) {
    if (!std::isnan(value)) rows_[RowOf(value)][column] = mark;
  }
  void Fill(size_t column, double from, double to, char mark) {
    for (size_t row = RowOf(to); row <= RowOf(from); ++row) rows_[row][column] = mark;
  }
  std::string Text() const {
    std::string text;
    for (size_t row = 0; row < rows_.size(); ++row) {
      const double value = high_ - (high_ - low_) * static_cast<double>(row) / static_cast<double>(rows_.size() - 1);
      const bool is_named = row % 3 == 0 || row + 1 == rows_.size();
      std::string line =
          absl::StrCat(is_named ? absl::StrFormat("%9.4g |", value) : std::string(10, ' ') + "|", rows_[row]);
      line.erase(line.find_last_not_of(' ') + 1);
      absl::StrAppend(&text, line, "\n");
    }
    return text;
  }

 private:
  size_t RowOf(double value) const {
    const double part = std::clamp((high_ - value) / (high_ - low_), 0.0, 1.0);
    return static_cast<size_t>(std::lround(part * static_cast<double>(rows_.size() - 1)));
  }

  std::vector<std::string> rows_;
  double low_;
  double high_;
};

}  // namespace

std::string ChartText(const Chart& chart, size_t width, size_t height) {
  const size_t total = chart.history.size() + chart.middle.size();
  if (total == 0) return "";
  const size_t columns = std::min(total, std::max<size_t>(width, kScale + 20) - kScale);
  double low = 0;
  double high = -std::numeric_limits<double>::infinity();
  for (const auto* values : {&chart.history, &chart.low, &chart.middle, &chart.high}) {
    for (const double value : *values) {
      if (std::isnan(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  const bool has_limit = chart.limit > 0 && chart.limit <= 2 * high;
  if (has_limit) high = std::max(high, chart.limit);
  if (!(high > low)) high = low + 1;
  Drawing drawing(columns, std::max<size_t>(height, 4), low, high);
  for (size_t column = 0; column < columns; ++column) {
    if (has_limit) drawing.Put(column, chart.limit, '=');
    double sum = 0;
    size_t count = 0;
    double least = std::numeric_limits<double>::infinity();
    double most = -least;
    bool is_forecast = false;
    for (size_t i = column * total / columns; i < (column + 1) * total / columns; ++i) {
      const bool is_history = i < chart.history.size();
      const double value = is_history ? chart.history[i] : chart.middle[i - chart.history.size()];
      if (!is_history) {
        is_forecast = true;
        least = std::min(least, chart.low[i - chart.history.size()]);
        most = std::max(most, chart.high[i - chart.history.size()]);
      }
      if (std::isnan(value)) continue;
      sum += value;
      ++count;
    }
    if (is_forecast && most >= least) drawing.Fill(column, least, most, ':');
    if (count > 0) drawing.Put(column, sum / static_cast<double>(count), is_forecast ? 'o' : '*');
  }
  return absl::StrCat(drawing.Text(), std::string(10, ' '), "+", std::string(columns, '-'), "\n");
}

}  // namespace tributary
