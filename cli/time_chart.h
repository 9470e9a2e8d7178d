#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "cli/terminal.h"

namespace tributary {

// One character a value, from ▁ (the least) to █ (the most); a space where there is none (NaN). Of more values than
// `width`, each character shows the largest of its share, so that no peak is lost. Equal values are all ▁.
std::string Sparkline(const std::vector<double>& values, size_t width);

struct ChartSeries {
  std::string name;
  std::vector<std::pair<absl::Time, double>> points;  // by time; NaN leaves a gap
};

struct ChartFrame {
  absl::Time start;
  absl::Time end;
  absl::Duration step;  // points further apart than that are not joined
  size_t columns = 80;  // of the screen: no line is longer
  size_t rows = 12;     // of the drawing; axis and legend come below
  Style style = Style(false);
};

// At most this many series are drawn: those with the highest peaks. The legend says so.
inline constexpr size_t kMaxChartSeries = 6;

// Lines over time with axes and a legend. Series are told apart by colour; where there are no colours and several
// series, by letters instead of dots. Empty when there is nothing to draw.
std::string TimeChartText(const std::vector<ChartSeries>& series, const ChartFrame& frame);

}  // namespace tributary
