#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "proxy/promql/native_histogram.h"
#include "tests/promql/test_runner.h"

namespace tributary::promql {
namespace {

constexpr double kTolerance = 1e-6;

bool Near(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::abs(a - b) <= kTolerance * std::max(std::abs(a), std::abs(b));
}

bool NearCounts(const NativeHistogram::Counts& a, const NativeHistogram::Counts& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first && Near(x.second, y.second); });
}

bool NearHistogram(const Distribution& a, const Distribution& b) {
  if (a.kind() != Distribution::Kind::kNative || b.kind() != Distribution::Kind::kNative) return a.Equals(b);
  const NativeHistogram::Parts& x = static_cast<const NativeHistogram&>(a).parts();
  const NativeHistogram::Parts& y = static_cast<const NativeHistogram&>(b).parts();
  return x.schema == y.schema && Near(x.count, y.count) && Near(x.sum, y.sum) && Near(x.zero_count, y.zero_count) &&
         Near(x.zero_threshold, y.zero_threshold) && x.bounds == y.bounds && NearCounts(x.positive, y.positive) &&
         NearCounts(x.negative, y.negative);
}

bool NearPoint(const Point& a, const Point& b) {
  if (a.distribution && b.distribution) return NearHistogram(*a.distribution, *b.distribution);
  return !a.distribution && !b.distribution && Near(a.value, b.value);
}

std::string Text(const Point* point) {
  if (point == nullptr) return "nothing";
  return point->distribution ? point->distribution->ToString() : FormatValue(point->value);
}

const Point* PointAt(const Series& series, int64_t time_ms) {
  for (const Point& point : series.points) {
    if (point.time_ms == time_ms) return &point;
  }
  return nullptr;
}

std::string SeriesDifference(const ExpectedSeries& expected, const Series& series, const Grid& grid) {
  for (int64_t i = 0; i < grid.count; ++i) {
    const std::optional<Point>& wanted = expected.values[static_cast<size_t>(i)];
    const Point* found = PointAt(series, grid.At(i));
    const bool same = wanted ? found != nullptr && NearPoint(*wanted, *found) : found == nullptr;
    if (same) continue;
    return absl::StrCat(ToString(series.labels), " at ", grid.At(i) / 1000, " s is ", Text(found), ", not ",
                        Text(wanted ? &*wanted : nullptr));
  }
  return "";
}

std::string VectorDifference(const EvalCommand& expected, const std::vector<Series>& series) {
  for (size_t i = 0; i < expected.series.size(); ++i) {
    const Labels& labels = expected.series[i].labels;
    const auto found = std::find_if(series.begin(), series.end(), [&](const Series& s) { return s.labels == labels; });
    if (found == series.end()) return absl::StrCat("no ", ToString(labels));
    if (expected.ordered && static_cast<size_t>(found - series.begin()) != i) {
      return absl::StrCat(ToString(labels), " is not number ", i + 1);
    }
    std::string wrong = SeriesDifference(expected.series[i], *found, expected.grid);
    if (!wrong.empty()) return wrong;
  }
  for (const Series& found : series) {
    const bool wanted = std::any_of(expected.series.begin(), expected.series.end(),
                                    [&](const ExpectedSeries& s) { return s.labels == found.labels; });
    if (!wanted) return absl::StrCat("unexpected ", ToString(found.labels), " ", Text(&found.points[0]));
  }
  return "";
}

}  // namespace

std::string Difference(const EvalCommand& expected, const Answer& answer) {
  if (expected.text) return answer.text == *expected.text ? "" : absl::StrCat("is \"", answer.text, "\"");
  if (expected.scalar) {
    if (answer.type != ValueType::kScalar) return "not a scalar";
    return Near(*expected.scalar, answer.scalar.value) ? "" : absl::StrCat("is ", FormatValue(answer.scalar.value));
  }
  if (answer.type == ValueType::kScalar || answer.type == ValueType::kString) return "not a vector";
  return VectorDifference(expected, answer.series);
}

}  // namespace tributary::promql
