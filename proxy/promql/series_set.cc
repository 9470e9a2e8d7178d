#include "proxy/promql/series_set.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "proxy/promql/selector.h"

namespace tributary::promql {
namespace {

bool Earlier(const Point& a, const Point& b) { return a.time_ms < b.time_ms; }

// False when both have a point of one time.
bool Merge(std::vector<Point>& into, std::vector<Point>& from) {
  const size_t middle = into.size();
  into.insert(into.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  std::inplace_merge(into.begin(), into.begin() + static_cast<ptrdiff_t>(middle), into.end(), Earlier);
  return std::adjacent_find(into.begin(), into.end(),
                            [](const Point& a, const Point& b) { return a.time_ms == b.time_ms; }) == into.end();
}

}  // namespace

absl::Status MergeEqualLabels(std::vector<Series>& series) {
  absl::flat_hash_map<Labels, size_t> places;
  places.reserve(series.size());
  size_t kept = 0;
  for (size_t i = 0; i < series.size(); ++i) {
    if (series[i].points.empty()) continue;
    const auto [place, fresh] = places.try_emplace(series[i].labels, kept);
    if (fresh) {
      if (i != kept) series[kept] = std::move(series[i]);
      ++kept;
    } else if (!Merge(series[place->second].points, series[i].points)) {
      return absl::FailedPreconditionError(
          absl::StrCat("vector cannot contain metrics with the same labelset: ", ToString(place->first)));
    }
  }
  series.resize(kept);
  return absl::OkStatus();
}

void SortByLabels(std::vector<Series>& series) {
  std::sort(series.begin(), series.end(), [](const Series& a, const Series& b) { return a.labels < b.labels; });
}

int64_t WeightOf(absl::Span<const Point> points) {
  constexpr int64_t kOfDistribution = 50;  // a histogram of a hundred buckets
  const auto distributions =
      std::count_if(points.begin(), points.end(), [](const Point& point) { return point.distribution != nullptr; });
  return static_cast<int64_t>(points.size()) + (kOfDistribution - 1) * distributions;
}

int64_t WeightOf(const std::vector<Series>& series) {
  int64_t weight = 0;
  for (const Series& each : series) weight += WeightOf(each.points);
  return weight;
}

std::string Signature(const Labels& of, bool on, const std::vector<std::string>& labels) {
  std::string signature;
  for (const auto& [name, value] : GroupLabels(of, {.without = !on, .labels = labels})) {
    absl::StrAppend(&signature, name, absl::string_view("\0", 1), value, absl::string_view("\0", 1));
  }
  return signature;
}

}  // namespace tributary::promql
