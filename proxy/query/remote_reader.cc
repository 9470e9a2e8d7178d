#include "proxy/query/remote_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/aggregate/row.h"
#include "common/base/interval.h"
#include "common/base/status.h"
#include "common/sink/points.h"
#include "common/sink/prometheus_name.h"
#include "proxy/query/grid_merger.h"
#include "re2/re2.h"

namespace tributary {
namespace {

using promql::LabelMatcher;
using promql::LabelPattern;

// What remote write puts behind the name of a counter or distribution.
constexpr absl::string_view kSuffixes[] = {"_total", "_count", "_sum", "_min", "_max", "_avg"};
// Labels that points have and tags have not; globals are not asked for them.
constexpr absl::string_view kMadeLabels[] = {promql::kMetricName, "quantile", "tributary_partial", "tributary_late"};
// A global takes regular expressions of 1,024 bytes. It tells eight names of the metrics it matched, so that of seven
// spellings two that are alike show.
constexpr size_t kMaxAlternatives = 1000;
constexpr int kMaxNamesAtOnce = 7;
constexpr int64_t kLongestMs = int64_t{3} * 365 * 24 * 3'600'000;  // globals take no longer window
constexpr int64_t kClocksDifferMs = 60'000;
constexpr uint64_t kSampleBytes = 20;  // at most, but for times in the far future
constexpr uint64_t kLabelBytes = 8;    // besides its texts

bool IsMade(absl::string_view label) {
  return std::find(std::begin(kMadeLabels), std::end(kMadeLabels), label) != std::end(kMadeLabels);
}

LabelMatcher::Op OpOf(prometheus::LabelMatcher::Type type) {
  switch (type) {
    case prometheus::LabelMatcher::NEQ:
      return LabelMatcher::Op::kNotEqual;
    case prometheus::LabelMatcher::RE:
      return LabelMatcher::Op::kMatches;
    case prometheus::LabelMatcher::NRE:
      return LabelMatcher::Op::kNotMatches;
    default:
      return LabelMatcher::Op::kEqual;
  }
}

// "m_count" is told of the metric m, or is a metric of its own.
std::vector<std::string> MetricsToldAs(absl::string_view name) {
  std::vector<std::string> metrics = {std::string(name)};
  for (const absl::string_view suffix : kSuffixes) {
    absl::string_view metric = name;
    if (absl::ConsumeSuffix(&metric, suffix) && !metric.empty()) metrics.emplace_back(metric);
  }
  return metrics;
}

// One matcher for the first of the names, as many as may be asked for at once.
LabelMatcher TakeNames(absl::Span<const std::string>& names) {
  LabelMatcher matcher{.label = std::string(promql::kMetricName), .value = names.front()};
  names.remove_prefix(1);
  if (names.empty()) return matcher;
  matcher.op = LabelMatcher::Op::kMatches;
  matcher.value = RE2::QuoteMeta(matcher.value);
  for (int taken = 1; taken < kMaxNamesAtOnce && !names.empty(); ++taken) {
    const std::string next = RE2::QuoteMeta(names.front());
    if (matcher.value.size() + next.size() > kMaxAlternatives) break;
    absl::StrAppend(&matcher.value, "|", next);
    names.remove_prefix(1);
  }
  return matcher;
}

void AddLabel(absl::string_view name, absl::string_view value, prometheus::TimeSeries& series) {
  prometheus::Label& label = *series.add_labels();
  label.set_name(std::string(name));
  label.set_value(std::string(value));
}

}  // namespace

class RemoteReader::Query {
 public:
  Query(const RemoteReader& reader, const Options& options, uint64_t& bytes, promql::QueryContext& context)
      : reader_(reader), options_(options), bytes_(bytes), context_(context) {}

  absl::StatusOr<prometheus::QueryResult> Answer(const prometheus::Query& query) {
    TRIBUTARY_RETURN_IF_ERROR(ReadTimes(query));
    TRIBUTARY_RETURN_IF_ERROR(ReadMatchers(query));
    if (start_ms_ > end_ms_) return prometheus::QueryResult();
    TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<std::string> metrics, MetricsToRead());
    for (absl::Span<const std::string> rest = metrics; !rest.empty();) {
      TRIBUTARY_RETURN_IF_ERROR(ReadMetrics(TakeNames(rest)));
    }
    return Result();
  }

 private:
  // One series of the answer.
  struct Told {
    bool wanted = false;
    google::protobuf::RepeatedPtrField<prometheus::Sample> samples;
  };
  using Entry = std::pair<const Labels, Told>;

  absl::Status ReadTimes(const prometheus::Query& query) {
    if (query.end_timestamp_ms() < query.start_timestamp_ms()) {
      return absl::InvalidArgumentError("the query ends before it starts");
    }
    end_ms_ = std::min<int64_t>(query.end_timestamp_ms(), absl::ToUnixMillis(options_.now) + kClocksDifferMs);
    end_ms_ = std::max(end_ms_, int64_t{-1});  // before the epoch there is nothing, and much before no difference
    start_ms_ = std::max({query.start_timestamp_ms(), int64_t{0}, end_ms_ - kLongestMs});
    return absl::OkStatus();
  }

  absl::Status ReadMatchers(const prometheus::Query& query) {
    if (query.matchers_size() > kMaxMatchers) {
      return absl::InvalidArgumentError(absl::StrCat("a query has more than ", kMaxMatchers, " matchers"));
    }
    for (const prometheus::LabelMatcher& message : query.matchers()) {
      LabelMatcher matcher{.label = message.name(), .op = OpOf(message.type()), .value = message.value()};
      TRIBUTARY_ASSIGN_OR_RETURN(LabelPattern pattern, LabelPattern::Compile(matcher));
      patterns_.push_back(std::move(pattern));
      if (matcher.op == LabelMatcher::Op::kEqual) {
        if (matcher.label == promql::kMetricName && !matcher.value.empty()) name_ = matcher.value;
        if (matcher.label == "quantile") AddQuantile(matcher.value);
      }
      if (!IsMade(matcher.label)) pushed_.push_back(std::move(matcher));
    }
    return absl::OkStatus();
  }

  void AddQuantile(absl::string_view text) {
    double quantile = 0;
    if (!absl::SimpleAtod(text, &quantile) || !(quantile >= 0 && quantile <= 1)) return;
    if (std::find(quantiles_.begin(), quantiles_.end(), quantile) == quantiles_.end()) quantiles_.push_back(quantile);
  }

  bool Wants(absl::string_view label, absl::string_view value) const {
    return std::all_of(patterns_.begin(), patterns_.end(),
                       [&](const LabelPattern& pattern) { return pattern.label() != label || pattern.Matches(value); });
  }
  bool WantsName(absl::string_view name) const { return Wants(promql::kMetricName, name); }

  absl::StatusOr<std::vector<std::string>> MetricsToRead() {
    if (name_) return MetricsToldAs(*name_);
    TRIBUTARY_ASSIGN_OR_RETURN(std::vector<std::string> metrics, ListMetrics());
    std::erase_if(metrics, [this](const std::string& metric) {
      return !WantsName(metric) && std::none_of(std::begin(kSuffixes), std::end(kSuffixes), [&](absl::string_view end) {
        return WantsName(absl::StrCat(metric, end));
      });
    });
    if (metrics.size() <= kMaxNames) return metrics;
    return absl::ResourceExhaustedError(
        absl::StrCat("the selector reads more than ", kMaxNames, " metrics; name the metric in it"));
  }

  absl::StatusOr<std::vector<std::string>> ListMetrics() {
    v1::LabelsRequest request;
    request.set_kind(v1::LabelsRequest::KIND_VALUES);
    request.set_label(std::string(promql::kMetricName));
    request.set_from_unix_ms(start_ms_ - 1);
    request.set_to_unix_ms(end_ms_);
    if (!pushed_.empty()) {
      v1::MatcherSet& set = *request.add_any_of();
      for (const LabelMatcher& matcher : pushed_) *set.add_matchers() = MatcherOf(matcher);
    }
    std::set<std::string> names;
    std::vector<std::pair<Member, absl::Status>> statuses;
    for (const LabelsAnswer& answer : reader_.source_.ListLabels(request, Patience())) {
      statuses.emplace_back(answer.global, answer.status);
      names.insert(answer.response.texts().begin(), answer.response.texts().end());
      if (answer.response.more()) {
        return absl::ResourceExhaustedError("there are too many metrics to read them all; name the metric");
      }
    }
    TRIBUTARY_RETURN_IF_ERROR(CheckAll(statuses));
    return std::vector<std::string>(names.begin(), names.end());
  }

  absl::Duration Patience() const { return std::max(absl::Milliseconds(1), context_.remaining()); }

  // What is missing could not be told.
  absl::Status CheckAll(const std::vector<std::pair<Member, absl::Status>>& statuses) const {
    TRIBUTARY_RETURN_IF_ERROR(CheckAnswered(statuses));
    if (options_.allow_partial) return absl::OkStatus();
    for (const auto& [global, status] : statuses) {
      if (status.ok()) continue;
      return absl::UnavailableError(
          absl::StrCat("no answer from global ", Describe(global, status),
                       "; remote read cannot say that something is missing (partial=allow answers without it)"));
    }
    return absl::OkStatus();
  }

  absl::Status ReadMetrics(LabelMatcher names) {
    TRIBUTARY_RETURN_IF_ERROR(context_.Check());
    promql::Selection selection;
    selection.matchers = pushed_;
    selection.matchers.push_back(std::move(names));
    selection.grid = {.start_ms = end_ms_, .step_ms = 1, .count = 1};
    selection.range_ms = end_ms_ - start_ms_ + 1;
    selection.fold = promql::Fold::kRaw;
    v1::GridRequest request = GridRequestOf(selection);
    request.set_max_series(static_cast<uint64_t>(context_.limits().max_series));

    GridMerger merger(selection);
    std::vector<std::pair<Member, absl::Status>> statuses;
    const GridSource::Round round = reader_.source_.Ask(request, context_);
    for (const GridAnswer& answer : round.answers) {
      if (!answer.status.ok() && round.IsReplaced(answer.global)) continue;
      statuses.emplace_back(answer.global, answer.status.ok() ? merger.Add(answer) : answer.status);
    }
    TRIBUTARY_RETURN_IF_ERROR(CheckAll(statuses));
    if (round.HasGaps(request) && !options_.allow_partial) {
      return absl::UnavailableError(
          "a history is being handed over just now, or a copy answers of a time before it was made last; remote read "
          "cannot say that something is missing (partial=allow answers without it)");
    }
    TRIBUTARY_RETURN_IF_ERROR(context_.AddRows(static_cast<int64_t>(merger.rows())));
    TRIBUTARY_RETURN_IF_ERROR(CheckSpellings(merger.names()));
    return merger.VisitRows([this](const Labels& labels, MetricType type, const GridMerger::Rows& rows) {
      return AddStored(labels, type, rows);
    });
  }

  static absl::Status CheckSpellings(const std::set<std::string>& metrics) {
    std::map<std::string, std::string> spelled;
    for (const std::string& metric : metrics) {
      const auto [other, is_new] = spelled.try_emplace(PrometheusMetricName(metric), metric);
      if (is_new) continue;
      return absl::FailedPreconditionError(absl::StrCat("\"", other->second, "\" and \"", metric,
                                                        "\" are both spelled ", other->first,
                                                        " in Prometheus; rename one of them by a rule"));
    }
    return absl::OkStatus();
  }

  // A key whose points have these labels.
  static SeriesKey KeyOf(const Labels& labels, MetricType type) {
    SeriesKey key{.name = std::string(promql::LabelValue(labels, promql::kMetricName)), .tags = {}, .type = type};
    for (const auto& [name, value] : labels) {
      if (name != promql::kMetricName) key.tags.push_back(absl::StrCat(name, ":", value));
    }
    key.Canonicalise();
    return key;
  }

  // Only what may be wanted is made.
  PointOptions PointsWanted(const SeriesKey& key) const {
    PointOptions options;
    StatisticOptions& statistics = options.statistics;
    statistics.percentiles.insert(statistics.percentiles.end(), quantiles_.begin(), quantiles_.end());
    std::sort(statistics.percentiles.begin(), statistics.percentiles.end());
    statistics.percentiles.erase(std::unique(statistics.percentiles.begin(), statistics.percentiles.end()),
                                 statistics.percentiles.end());
    std::erase_if(statistics.percentiles,
                  [&](double quantile) { return !WantsName(key.name) || !Wants("quantile", QuantileLabel(quantile)); });
    std::erase_if(statistics.aggregates, [&](Statistic statistic) {
      return !WantsName(absl::StrCat(key.name, "_", StatisticName(statistic)));
    });
    return options;
  }

  absl::Status AddStored(const Labels& labels, MetricType type, const GridMerger::Rows& rows) {
    TRIBUTARY_RETURN_IF_ERROR(context_.Check());
    if (rows.values.empty()) return absl::OkStatus();
    if (rows.length_ms <= 0) return absl::InternalError("a global told rows without their length");
    Row row;
    row.key = KeyOf(labels, type);
    const PointOptions options = PointsWanted(*row.key);
    const IntervalScale scale(absl::Milliseconds(rows.length_ms));
    std::vector<Entry*> told;
    RunningTotal total;
    int64_t last_end_ms = -1;
    int64_t samples = 0;
    for (const auto& [end_ms, value] : rows.values) {
      row.interval = scale.At(absl::FromUnixMillis(end_ms)) - 1;
      row.partial = rows.partial.count(end_ms) > 0;
      row.value = value;
      const RunningTotal before = total;
      if (HasTotal(type)) {
        total += AddedBy(value);
        row.total = total;
        const bool follows = last_end_ms == end_ms - rows.length_ms;
        row.total->since = follows ? row.interval - 1 : row.interval;  // a new total makes a point at its start
      }
      last_end_ms = end_ms;
      for (Point& point : PointsOf(row, scale, options)) {
        if (point.unix_ms < start_ms_) continue;
        const bool at_start = point.unix_ms < end_ms;
        if (at_start)
          point.value = absl::EndsWith(point.name, "_sum") ? before.sum.ToDouble() : before.count.ToDouble();
        TRIBUTARY_ASSIGN_OR_RETURN(Entry * entry, EntryOf(std::move(point.labels), point.name, told));
        if (!entry->second.wanted) continue;
        prometheus::Sample& sample = *entry->second.samples.Add();
        sample.set_value(point.value);
        sample.set_timestamp(point.unix_ms);
        ++samples;
        TRIBUTARY_RETURN_IF_ERROR(AddBytes(kSampleBytes));
      }
    }
    return context_.AddSamples(samples);
  }

  // `told` are those of the same stored series.
  absl::StatusOr<Entry*> EntryOf(Labels labels, absl::string_view name, std::vector<Entry*>& told) {
    SetLabel(labels, promql::kMetricName, name);
    for (Entry* entry : told) {
      if (entry->first == labels) return entry;
    }
    const auto [place, is_new] = series_.try_emplace(std::move(labels));
    Entry& entry = *place;
    if (!is_new) {
      if (entry.second.wanted) return SpelledAlike(entry.first);
    } else {
      entry.second.wanted = std::all_of(patterns_.begin(), patterns_.end(), [&](const LabelPattern& pattern) {
        return pattern.Matches(promql::LabelValue(entry.first, pattern.label()));
      });
      if (entry.second.wanted) {
        TRIBUTARY_RETURN_IF_ERROR(context_.AddSeries(1));
        uint64_t bytes = 0;
        for (const auto& [label, value] : entry.first) bytes += label.size() + value.size() + kLabelBytes;
        TRIBUTARY_RETURN_IF_ERROR(AddBytes(bytes));
      }
    }
    told.push_back(&entry);
    return &entry;
  }

  static absl::Status SpelledAlike(const Labels& labels) {
    return absl::FailedPreconditionError(
        absl::StrCat("two metrics would both be ", promql::ToString(labels),
                     " to Prometheus; rename one of them by a rule, or ask for a narrower selector"));
  }

  absl::Status AddBytes(uint64_t bytes) {
    bytes_ += bytes;
    if (bytes_ <= options_.max_bytes) return absl::OkStatus();
    return absl::ResourceExhaustedError(absl::StrCat("the answer is over ", options_.max_bytes,
                                                     " bytes (query.max_answer_bytes); narrow the selector or its "
                                                     "time"));
  }

  prometheus::QueryResult Result() {
    prometheus::QueryResult result;
    for (auto& [labels, told] : series_) {
      if (told.samples.empty()) continue;
      prometheus::TimeSeries& series = *result.add_timeseries();
      for (const auto& [name, value] : labels) AddLabel(name, value, series);
      series.mutable_samples()->Swap(&told.samples);
    }
    return result;
  }

  const RemoteReader& reader_;
  const Options& options_;
  uint64_t& bytes_;
  promql::QueryContext& context_;
  int64_t start_ms_ = 0;  // both ends belong to it
  int64_t end_ms_ = 0;
  std::vector<LabelPattern> patterns_;
  std::vector<LabelMatcher> pushed_;  // what globals can be asked
  std::optional<std::string> name_;
  std::vector<double> quantiles_;
  std::map<Labels, Told> series_;
};

absl::StatusOr<prometheus::ReadResponse> RemoteReader::Read(const prometheus::ReadRequest& request,
                                                            const Options& options,
                                                            promql::QueryContext& context) const {
  if (request.queries_size() > kMaxQueries) {
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxQueries, " queries in one request"));
  }
  prometheus::ReadResponse response;
  uint64_t bytes = 0;
  for (const prometheus::Query& query : request.queries()) {
    TRIBUTARY_ASSIGN_OR_RETURN(*response.add_results(), Query(*this, options, bytes, context).Answer(query));
  }
  return response;
}

}  // namespace tributary
