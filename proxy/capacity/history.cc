#include "proxy/capacity/history.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "common/sink/prometheus_name.h"
#include "proxy/promql/prom_duration.h"
#include "tributary/v1/query.pb.h"

namespace tributary {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kMaxNotes = 20;

std::string Window(absl::Duration step) { return absl::StrCat("[", FormatPromDuration(step), "]"); }

absl::StatusOr<std::vector<Track>> TracksOf(const promql::Answer& answer, const std::vector<std::string>& by,
                                            const StepGrid& grid) {
  if (answer.series.size() > HistoryReader::kMaxEntities) {
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", HistoryReader::kMaxEntities, " hosts or instances of them; ask by zone"));
  }
  std::vector<Track> tracks;
  for (const promql::Series& series : answer.series) {
    Track& track = tracks.emplace_back();
    std::vector<std::string> others;
    for (size_t i = 0; i < by.size(); ++i) {
      std::string value(promql::LabelValue(series.labels, PrometheusLabelName(by[i])));
      if (i == 0) {
        track.entity = std::move(value);
      } else if (!value.empty()) {
        others.push_back(std::move(value));
      }
    }
    track.instance = absl::StrJoin(others, " ");
    track.values.assign(grid.count, kNaN);
    for (const promql::Point& point : series.points) {
      const int64_t i = (absl::FromUnixMillis(point.time_ms) - grid.start) / grid.step - 1;
      if (i < 0 || static_cast<size_t>(i) >= grid.count) continue;
      const auto at = static_cast<size_t>(i);
      if (point.distribution == nullptr) {
        track.values[at] = point.value;
        continue;
      }
      if (track.distributions.empty()) track.distributions.resize(grid.count);
      track.distributions[at] = point.distribution;
    }
  }
  // What has no such tag is none of the entities.
  if (!by.empty()) {
    tracks.erase(std::remove_if(tracks.begin(), tracks.end(), [](const Track& track) { return track.entity.empty(); }),
                 tracks.end());
  }
  return tracks;
}

// Where there are distributions: what `value` makes of each.
template <class Value>
void FillValues(std::vector<Track>& tracks, Value value) {
  for (Track& track : tracks) {
    for (size_t i = 0; i < track.distributions.size(); ++i) {
      if (track.distributions[i] != nullptr) track.values[i] = value(*track.distributions[i]);
    }
  }
}

double MeanOfDistribution(const promql::Distribution& distribution) {
  return distribution.Count() > 0 ? distribution.Sum() / distribution.Count() : kNaN;
}

}  // namespace

absl::StatusOr<promql::Answer> QueryHistory::Instant(const std::string& query, absl::Time at) {
  return queries_.Instant(query, at, std::nullopt);
}

absl::StatusOr<promql::Answer> QueryHistory::Range(const std::string& query, absl::Time start, absl::Time end,
                                                   absl::Duration step) {
  return queries_.Range(query, start, end, step, std::nullopt);
}

absl::StatusOr<std::optional<MetricType>> QueryHistory::TypeOf(const std::string& metric, absl::Time from,
                                                               absl::Time to) {
  v1::LabelsRequest request;
  request.set_kind(v1::LabelsRequest::KIND_SERIES);
  v1::Matcher& matcher = *request.add_any_of()->add_matchers();
  matcher.set_label(std::string(promql::kMetricName));
  matcher.set_op(v1::Matcher::OP_EQUAL);
  matcher.set_value(metric);
  request.set_from_unix_ms(absl::ToUnixMillis(from));
  request.set_to_unix_ms(absl::ToUnixMillis(to));
  request.set_limit(1);
  TRIBUTARY_ASSIGN_OR_RETURN(const Listing listing, queries_.List(request));
  if (listing.series.empty()) return std::nullopt;
  return listing.series.front().second;
}

StepGrid StepGrid::Within(absl::Time from, absl::Time to, absl::Duration step) {
  const auto floor = [step](absl::Time time) {
    return absl::UnixEpoch() + absl::Floor(time - absl::UnixEpoch(), step);
  };
  absl::Time start = floor(from);
  if (start < from) start += step;
  const absl::Time end = floor(to);
  return {start, step, end > start ? static_cast<size_t>((end - start) / step) : 0};
}

std::string MetricSelector(const std::string& metric) { return absl::StrCat("{\"", absl::CHexEscape(metric), "\"}"); }

std::string Grouped(const std::string& operation, const std::vector<std::string>& by, const std::string& expression) {
  const auto label = [](std::string* out, const std::string& name) { out->append(PrometheusLabelName(name)); };
  return absl::StrCat(operation, " by (", absl::StrJoin(by, ", ", label), ") (", expression, ")");
}

void HistoryReader::Note(const std::string& note) {
  if (notes_.size() >= kMaxNotes || std::find(notes_.begin(), notes_.end(), note) != notes_.end()) return;
  notes_.push_back(note);
}

absl::Status HistoryReader::CheckDeadline() const {
  if (history_.Now() <= deadline_) return absl::OkStatus();
  return absl::DeadlineExceededError("the store takes too long; ask for a shorter window");
}

absl::StatusOr<std::optional<MetricType>> HistoryReader::TypeOf(const std::string& metric, absl::Time from,
                                                                absl::Time to) {
  TRIBUTARY_RETURN_IF_ERROR(CheckDeadline());
  return history_.TypeOf(metric, from, to);
}

absl::StatusOr<std::vector<Track>> HistoryReader::Ask(const std::string& query, const std::vector<std::string>& by,
                                                      const StepGrid& grid) {
  TRIBUTARY_RETURN_IF_ERROR(CheckDeadline());
  if (grid.count == 0) return std::vector<Track>();
  TRIBUTARY_ASSIGN_OR_RETURN(const promql::Answer answer, history_.Range(query, grid.EndOf(0), grid.end(), grid.step));
  for (const std::string& warning : answer.warnings) Note(warning);
  return TracksOf(answer, by, grid);
}

absl::StatusOr<std::vector<Track>> HistoryReader::Rates(const std::string& metric, const std::vector<std::string>& by,
                                                        const StepGrid& grid) {
  const std::string increase = absl::StrCat("increase(", MetricSelector(metric), Window(grid.step), ")");
  TRIBUTARY_ASSIGN_OR_RETURN(std::vector<Track> tracks, Ask(Grouped("sum", by, increase), by, grid));
  FillValues(tracks, [](const promql::Distribution& distribution) { return distribution.Count(); });
  for (Track& track : tracks) {
    for (double& value : track.values) value /= absl::ToDoubleSeconds(grid.step);
    track.distributions.clear();
  }
  return tracks;
}

absl::StatusOr<std::vector<Track>> HistoryReader::Distributions(const std::string& metric,
                                                                const std::vector<std::string>& by,
                                                                const StepGrid& grid) {
  const std::string increase = absl::StrCat("increase(", MetricSelector(metric), Window(grid.step), ")");
  TRIBUTARY_ASSIGN_OR_RETURN(std::vector<Track> tracks, Ask(Grouped("sum", by, increase), by, grid));
  FillValues(tracks, MeanOfDistribution);
  return tracks;
}

absl::StatusOr<std::vector<Track>> HistoryReader::Means(const std::string& gauge, const std::vector<std::string>& by,
                                                        const StepGrid& grid) {
  const std::string mean = absl::StrCat("avg_over_time(", MetricSelector(gauge), Window(grid.step), ")");
  return Ask(Grouped("avg", by, mean), by, grid);
}

absl::StatusOr<std::vector<Track>> HistoryReader::Quotients(const std::string& part, const std::string& whole,
                                                            const std::vector<std::string>& by, const StepGrid& grid) {
  const auto mean = [&](const std::string& gauge) {
    return Grouped("sum", by, absl::StrCat("avg_over_time(", MetricSelector(gauge), Window(grid.step), ")"));
  };
  return Ask(absl::StrCat(mean(part), " / ", mean(whole)), by, grid);
}

absl::StatusOr<std::vector<Track>> HistoryReader::Newest(const std::string& expression,
                                                         const std::vector<std::string>& by) {
  TRIBUTARY_RETURN_IF_ERROR(CheckDeadline());
  const absl::Time now = Now();
  TRIBUTARY_ASSIGN_OR_RETURN(const promql::Answer answer, history_.Instant(expression, now));
  for (const std::string& warning : answer.warnings) Note(warning);
  const StepGrid grid{now - absl::Minutes(1), absl::Minutes(1), 1};
  TRIBUTARY_ASSIGN_OR_RETURN(std::vector<Track> tracks, TracksOf(answer, by, grid));
  FillValues(tracks, MeanOfDistribution);
  return tracks;
}

}  // namespace tributary
