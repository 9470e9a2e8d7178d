#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/promql/function_groups.h"
#include "proxy/promql/native_histogram.h"

namespace tributary::promql {
namespace {

using Window = absl::Span<const Point>;

const NativeHistogram& Native(const Point& point) { return static_cast<const NativeHistogram&>(*point.distribution); }
bool IsNative(const Point& point) {
  return point.distribution && point.distribution->kind() == Distribution::Kind::kNative;
}
bool IsFloat(const Point& point) { return !point.distribution; }

std::optional<Point> Warned(const Call& call, absl::string_view text) {
  call.notes.Warn(absl::StrCat("PromQL warning: ", text, " for metric name \"", LabelValue(call.labels, kMetricName),
                               "\"", call.position));
  return std::nullopt;
}

constexpr absl::string_view kMixed = "encountered a mix of histograms and floats";

std::optional<Point> Result(const Call& call, absl::StatusOr<DistributionPtr> distribution) {
  if (!distribution.ok()) return Warned(call, distribution.status().message());
  return Point{.distribution = *std::move(distribution)};
}

// As a name says it: 3.x tells those who take the rate of what looks like a gauge.
void InformIfNoCounter(const Call& call) {
  const absl::string_view name = LabelValue(call.labels, kMetricName);
  for (absl::string_view suffix : {"_total", "_sum", "_count", "_bucket"}) {
    if (name.empty() || absl::EndsWith(name, suffix)) return;
  }
  call.notes.Inform(
      absl::StrCat("PromQL info: metric might not be a counter, name does not end in "
                   "_total/_sum/_count/_bucket: \"",
                   name, "\"", call.position));
}

// What the window's floats grew by from the first to the last; a counter that fell began anew at 0.
double FloatGrowth(Window window, bool counter) {
  double growth = window.back().value - window.front().value;
  for (size_t i = 1; counter && i < window.size(); ++i) {
    if (window[i].value < window[i - 1].value) growth += window[i - 1].value;
  }
  return growth;
}

absl::StatusOr<DistributionPtr> NativeGrowth(Window window, bool counter) {
  std::vector<const Distribution*> lost;  // at resets
  for (size_t i = 1; counter && i < window.size(); ++i) {
    if (Native(window[i]).IsResetFrom(Native(window[i - 1]))) lost.push_back(window[i - 1].distribution.get());
  }
  absl::StatusOr<DistributionPtr> growth = window.back().distribution->Minus(*window.front().distribution);
  return !growth.ok() || lost.empty() ? growth : (*growth)->Plus(lost);
}

// By how much the growth between samples is less than that over the whole window. The samples are taken to go on as
// they were up to the window's ends; where there is none for more than 1.1 of their mean distance, half of that
// distance; and a counter not to before it was 0.
// Source: Prometheus 3, extrapolatedRate.
double ExtrapolationFactor(const Call& call, Window window, bool counter, double first, double growth) {
  const auto seconds = [](int64_t ms) { return static_cast<double>(ms) / 1000; };
  const double sampled = seconds(window.back().time_ms - window.front().time_ms);
  const double mean_distance = sampled / static_cast<double>(window.size() - 1);
  double to_start = seconds(window.front().time_ms - (call.window_end_ms - call.range_ms));
  double to_end = seconds(call.window_end_ms - window.back().time_ms);
  if (to_start >= mean_distance * 1.1) to_start = mean_distance / 2;
  if (to_end >= mean_distance * 1.1) to_end = mean_distance / 2;
  if (counter && growth > 0 && first >= 0) to_start = std::min(to_start, sampled * (first / growth));
  return (sampled + to_start + to_end) / sampled;
}

bool AllNative(Window window) { return std::all_of(window.begin(), window.end(), IsNative); }
bool AllFloat(Window window) { return std::all_of(window.begin(), window.end(), IsFloat); }

std::optional<Point> ExtrapolatedNative(const Call& call, Window window, bool counter, double divisor) {
  const bool any_gauge = std::any_of(window.begin(), window.end(), [](const Point& point) {
    return Native(point).parts().hint == NativeHistogram::Hint::kGauge;
  });
  if (counter && any_gauge) Warned(call, "this native histogram metric is not a counter:");
  absl::StatusOr<DistributionPtr> growth = NativeGrowth(window, counter);
  if (!growth.ok()) return Result(call, std::move(growth));
  const double factor = ExtrapolationFactor(call, window, counter, Native(window.front()).Count(), (*growth)->Count());
  return Result(call, (*growth)->Scaled(factor / divisor));
}

std::optional<Point> Extrapolated(const Call& call, Window window, bool counter, double divisor) {
  if (counter && IsFloat(window[0])) InformIfNoCounter(call);
  if (window.size() < 2) return std::nullopt;
  if (AllNative(window)) return ExtrapolatedNative(call, window, counter, divisor);
  if (!AllFloat(window)) return Warned(call, kMixed);
  const double growth = FloatGrowth(window, counter);
  return Point{.value = growth * (ExtrapolationFactor(call, window, counter, window[0].value, growth) / divisor)};
}

double RangeSeconds(const Call& call) { return static_cast<double>(call.range_ms) / 1000; }

std::optional<Point> Rate(const Call& call, Window window) {
  return Extrapolated(call, window, true, RangeSeconds(call));
}
std::optional<Point> Increase(const Call& call, Window window) { return Extrapolated(call, window, true, 1); }
std::optional<Point> Delta(const Call& call, Window window) { return Extrapolated(call, window, false, 1); }

// The source has the increase already.
std::optional<Point> PerSecond(const Call& call, const Point& increase) {
  if (IsFloat(increase)) return Point{.value = increase.value / RangeSeconds(call)};
  return Result(call, increase.distribution->Scaled(1 / RangeSeconds(call)));
}

// Between the last two samples.
std::optional<Point> Instant(const Call& call, Window window, bool counter) {
  if (window.size() < 2) return std::nullopt;
  const Window last_two = window.last(2);
  const double divisor = counter ? static_cast<double>(last_two[1].time_ms - last_two[0].time_ms) / 1000 : 1;
  if (AllFloat(last_two)) {
    const bool reset = counter && last_two[1].value < last_two[0].value;
    return Point{.value = (last_two[1].value - (reset ? 0 : last_two[0].value)) / divisor};
  }
  if (!AllNative(last_two)) return Warned(call, kMixed);
  const bool reset = counter && Native(last_two[1]).IsResetFrom(Native(last_two[0]));
  absl::StatusOr<DistributionPtr> growth =
      reset ? last_two[1].distribution : last_two[1].distribution->Minus(*last_two[0].distribution);
  return growth.ok() ? Result(call, (*growth)->Scaled(1 / divisor)) : Result(call, std::move(growth));
}

std::optional<Point> InstantRate(const Call& call, Window window) {
  if (IsFloat(window[0])) InformIfNoCounter(call);
  return Instant(call, window, true);
}
std::optional<Point> InstantDelta(const Call& call, Window window) { return Instant(call, window, false); }

bool Same(const Point& a, const Point& b) {
  if (IsFloat(a) != IsFloat(b)) return false;
  if (!IsFloat(a)) return a.distribution->Equals(*b.distribution);
  return a.value == b.value || (std::isnan(a.value) && std::isnan(b.value));
}

bool IsReset(const Point& before, const Point& after) {
  if (IsFloat(before) && IsFloat(after)) return after.value < before.value;
  if (IsNative(before) && IsNative(after)) return Native(after).IsResetFrom(Native(before));
  return true;  // from floats to histograms, or back
}

std::optional<Point> Changes(const Call&, Window window) {
  double changes = 0;
  for (size_t i = 1; i < window.size(); ++i) changes += Same(window[i - 1], window[i]) ? 0 : 1;
  return Point{.value = changes};
}

std::optional<Point> Resets(const Call&, Window window) {
  double resets = 0;
  for (size_t i = 1; i < window.size(); ++i) resets += IsReset(window[i - 1], window[i]) ? 1 : 0;
  return Point{.value = resets};
}

}  // namespace

std::vector<Function> RateFunctions() {
  const std::vector<ValueType> window = {ValueType::kMatrix};
  return {
      {.name = "rate",
       .arguments = window,
       .over_window = Rate,
       .fold = Fold::kIncrease,
       .after_fold = PerSecond,
       .linear = true},
      {.name = "increase", .arguments = window, .over_window = Increase, .fold = Fold::kIncrease, .linear = true},
      {.name = "delta", .arguments = window, .over_window = Delta},
      {.name = "irate", .arguments = window, .over_window = InstantRate},
      {.name = "idelta", .arguments = window, .over_window = InstantDelta},
      {.name = "changes", .arguments = window, .over_window = Changes},
      {.name = "resets", .arguments = window, .over_window = Resets},
  };
}

}  // namespace tributary::promql
