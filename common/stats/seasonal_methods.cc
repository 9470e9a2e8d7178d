#include "common/stats/seasonal_methods.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/stats/holt_winters.h"
#include "common/stats/line_fit.h"
#include "common/stats/sample.h"

namespace tributary {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kMinPoints = 4;  // of a trend
constexpr size_t kMaxSeasonsBack = 4;
constexpr size_t kMaxSmoothedDays = 28;

// The newest known value whole seasons before step `ahead`, after leaving out `skip` of them; up to kMaxSeasonsBack.
double SeasonBefore(absl::Span<const double> history, size_t season, size_t ahead, size_t skip = 0) {
  const size_t at = history.size() + ahead;
  size_t back = (ahead / season + 1 + skip) * season;
  for (size_t tries = 0; tries < kMaxSeasonsBack && back <= at; ++tries, back += season) {
    if (!std::isnan(history[at - back])) return history[at - back];
  }
  return kUnknown;
}

std::vector<double> SeasonalNaive(absl::Span<const double> history, size_t season, size_t horizon) {
  std::vector<double> values(horizon);
  for (size_t ahead = 0; ahead < horizon; ++ahead) values[ahead] = SeasonBefore(history, season, ahead);
  return values;
}

std::vector<double> DayBefore(absl::Span<const double> history, size_t day, size_t horizon) {
  return SeasonalNaive(history, day, horizon);
}

std::vector<double> WeekBefore(absl::Span<const double> history, size_t day, size_t horizon) {
  return SeasonalNaive(history, 7 * day, horizon);
}

std::vector<double> DayAndWeekBefore(absl::Span<const double> history, size_t day, size_t horizon) {
  std::vector<double> values = DayBefore(history, day, horizon);
  const std::vector<double> weekly = WeekBefore(history, day, horizon);
  for (size_t i = 0; i < horizon; ++i) values[i] = (values[i] + weekly[i]) / 2;
  return values;
}

std::vector<double> ThreeWeeksBefore(absl::Span<const double> history, size_t day, size_t horizon) {
  std::vector<double> values(horizon, kUnknown);
  for (size_t ahead = 0; ahead < horizon; ++ahead) {
    std::vector<double> weeks;
    for (size_t skip = 0; skip < 3; ++skip) {
      const double value = SeasonBefore(history, 7 * day, ahead, skip);
      if (!std::isnan(value)) weeks.push_back(value);
    }
    if (weeks.size() == 3) values[ahead] = MedianOf(std::move(weeks));
  }
  return values;
}

// What is not known is taken from the days around it, for smoothing needs every value.
std::vector<double> Filled(absl::Span<const double> history, size_t day) {
  std::vector<double> values(history.begin(), history.end());
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isnan(values[i])) continue;
    if (i >= day && !std::isnan(values[i - day])) {
      values[i] = values[i - day];
    } else {
      for (size_t next = i + day; next < values.size() && std::isnan(values[i]); next += day) values[i] = values[next];
    }
  }
  return values;
}

std::vector<double> SmoothedDay(absl::Span<const double> history, size_t day, size_t horizon) {
  std::vector<double> values(horizon, kUnknown);
  const size_t used = std::min(history.size(), kMaxSmoothedDays * day);
  const auto model = HoltWinters::Fit(Filled(history.last(used), day), day, HoltWinters::Season::kAdditive);
  if (!model.ok()) return values;
  for (size_t i = 0; i < horizon; ++i) values[i] = model->Forecast(i + 1);
  return values;
}

constexpr SeasonalMethod kMethods[] = {
    {"day before", DayBefore},
    {"week before", WeekBefore},
    {"mean of day and week before", DayAndWeekBefore},
    {"median of three weeks before", ThreeWeeksBefore},
    {"Holt-Winters, daily", SmoothedDay},
};

// Of blocks of `length` counted from the end, oldest first; those less than half known are left out.
struct BlockMedians {
  std::vector<double> places;
  std::vector<double> medians;
};
BlockMedians MediansOf(absl::Span<const double> history, size_t length) {
  BlockMedians result;
  const size_t blocks = history.size() / length;
  for (size_t block = 0; block < blocks; ++block) {
    const size_t first = history.size() - (blocks - block) * length;
    std::vector<double> known;
    for (const double value : history.subspan(first, length)) {
      if (!std::isnan(value)) known.push_back(value);
    }
    if (2 * known.size() < length) continue;
    result.places.push_back(static_cast<double>(first));
    result.medians.push_back(MedianOf(std::move(known)));
  }
  return result;
}

}  // namespace

absl::Span<const SeasonalMethod> SeasonalMethods() { return kMethods; }

double TrendPerStep(absl::Span<const double> history, size_t day) {
  const BlockMedians blocks = MediansOf(history, 7 * day);
  if (blocks.places.size() < kMinPoints) return 0;
  const auto line = FitTheilSen(blocks.places, blocks.medians, 0.9);
  return line.ok() && line->rises_or_falls() ? line->slope : 0;
}

}  // namespace tributary
