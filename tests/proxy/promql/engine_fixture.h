#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "proxy/promql/engine.h"
#include "proxy/promql/memory_source.h"
#include "proxy/promql/parser.h"

namespace tributary::promql {

inline const double kNone = StaleMarker();  // in a list of values: no point here, and the series ended
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInf = std::numeric_limits<double>::infinity();

// An engine over series in memory, and answers as text: one line per series, `labels => value` of an instant and
// `labels => value@seconds ...` of a range.
class EngineFixture : public testing::Test {
 protected:
  static Labels LabelsOf(absl::string_view selector) {
    Labels labels;
    const auto matchers = ParseSelector(selector);
    for (const LabelMatcher& matcher : matchers.value()) SetLabel(labels, matcher.label, matcher.value);
    return labels;
  }

  // One value a minute from time 0 on.
  void Load(absl::string_view selector, const std::vector<double>& values) {
    Series series{LabelsOf(selector), {}};
    for (size_t i = 0; i < values.size(); ++i) {
      series.points.push_back({.time_ms = static_cast<int64_t>(i) * 60'000, .value = values[i]});
    }
    source_.Add(std::move(series));
  }
  void LoadDistribution(absl::string_view selector, DistributionPtr distribution) {
    source_.Add({LabelsOf(selector), {{.time_ms = 0, .value = 0, .distribution = std::move(distribution)}}});
  }

  std::string At(double seconds, absl::string_view query) {
    QueryContext context(clock_, absl::InfiniteFuture(), limits_);
    return Text(engine_.Instant(query, std::llround(seconds * 1000), context));
  }
  std::string Over(double start, double end, double step, absl::string_view query) {
    QueryContext context(clock_, absl::InfiniteFuture(), limits_);
    return Text(
        engine_.Range(query, std::llround(start * 1000), std::llround(end * 1000), std::llround(step * 1000), context));
  }

  std::string Text(const absl::StatusOr<Answer>& answer) {
    if (!answer.ok()) return std::string(answer.status().message());
    warnings_ = answer->warnings;
    infos_ = answer->infos;
    if (answer->type == ValueType::kScalar) return FormatValue(answer->scalar.value);
    if (answer->type == ValueType::kString) return answer->text;
    std::vector<std::string> lines;
    for (const Series& series : answer->series) {
      lines.push_back(absl::StrCat(
          ToString(series.labels), " => ", absl::StrJoin(series.points, " ", [&](std::string* out, const Point& point) {
            absl::StrAppend(out, point.distribution ? point.distribution->ToString() : FormatValue(point.value));
            if (answer->type == ValueType::kMatrix) {
              absl::StrAppend(out, "@", FormatValue(static_cast<double>(point.time_ms) / 1000));
            }
          })));
    }
    return absl::StrJoin(lines, "\n");
  }

  ManualClock clock_{absl::UnixEpoch()};
  QueryLimits limits_;
  MemorySource source_;
  Engine engine_{source_};
  std::vector<std::string> warnings_;
  std::vector<std::string> infos_;
};

}  // namespace tributary::promql
