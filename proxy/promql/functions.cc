#include "proxy/promql/functions.h"

#include <cmath>

#include "absl/container/flat_hash_map.h"

namespace tributary::promql {
namespace {

std::optional<Point> Abs(const Call&, const Point& point) {
  if (point.distribution) return std::nullopt;
  return Point{.value = std::abs(point.value)};
}

std::optional<Point> LastOverTime(const Call&, absl::Span<const Point> window) { return window.back(); }

absl::StatusOr<std::vector<Series>> Time(GridCall& call) {
  std::vector<Series> result(1);
  for (int64_t i = 0; i < call.grid.count; ++i) {
    result[0].points.push_back({.time_ms = call.grid.At(i), .value = static_cast<double>(call.grid.At(i)) / 1000});
  }
  return result;
}

using Table = absl::flat_hash_map<absl::string_view, Function>;

Table MakeTable() {
  const Function functions[] = {
      {.name = "abs", .arguments = {ValueType::kVector}, .over_point = Abs},
      {.name = "last_over_time",
       .arguments = {ValueType::kMatrix},
       .keeps_name = true,
       .over_window = LastOverTime,
       .fold = Fold::kLast},
      {.name = "time", .result = ValueType::kScalar, .over_grid = Time},
  };
  Table table;
  for (const Function& function : functions) table.emplace(function.name, function);
  return table;
}

}  // namespace

const Function* FindFunction(absl::string_view name) {
  static const Table& table = *new Table(MakeTable());
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second;
}

}  // namespace tributary::promql
