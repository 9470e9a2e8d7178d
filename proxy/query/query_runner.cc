#include "proxy/query/query_runner.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace tributary {

QueryRunner::QueryRunner(FanOut& fan_out, GridSource::Globals globals, const Clock& clock, Telemetry& telemetry,
                         const Options& options)
    : fan_out_(fan_out),
      globals_(std::move(globals)),
      clock_(clock),
      options_(options),
      metrics_(telemetry),
      source_(fan_out, globals_, options.former),
      reader_(fan_out, source_),
      engine_(source_, {.refuse_quantiles_of_numbers = true}) {}

absl::Status QueryRunner::Ready() const {
  return globals_().empty() ? absl::UnavailableError("no global is known") : absl::OkStatus();
}

class QueryRunner::Place {
 public:
  explicit Place(QueryRunner& runner)
      : running_(runner.running_), taken_(running_.fetch_add(1) < runner.options_.max_concurrent) {
    if (!taken_) runner.metrics_.CountBusy();
  }
  ~Place() { running_.fetch_sub(1); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  bool taken() const { return taken_; }

 private:
  std::atomic<int>& running_;
  const bool taken_;
};

namespace {

absl::Status Busy(int max_concurrent) {
  return absl::UnavailableError(
      absl::StrCat("more than ", max_concurrent, " queries at once (query.max_concurrent); ask again"));
}

}  // namespace

absl::StatusOr<promql::Answer> QueryRunner::Instant(absl::string_view query, absl::Time time,
                                                    std::optional<absl::Duration> timeout) {
  promql::Answer answer;
  TRIBUTARY_RETURN_IF_ERROR(Run(timeout, [&](promql::QueryContext& context) -> absl::Status {
    TRIBUTARY_ASSIGN_OR_RETURN(answer, engine_.Instant(query, absl::ToUnixMillis(time), context));
    return absl::OkStatus();
  }));
  return answer;
}

absl::StatusOr<promql::Answer> QueryRunner::Range(absl::string_view query, absl::Time start, absl::Time end,
                                                  absl::Duration step, std::optional<absl::Duration> timeout) {
  promql::Answer answer;
  TRIBUTARY_RETURN_IF_ERROR(Run(timeout, [&](promql::QueryContext& context) -> absl::Status {
    TRIBUTARY_ASSIGN_OR_RETURN(answer, engine_.Range(query, absl::ToUnixMillis(start), absl::ToUnixMillis(end),
                                                     absl::ToInt64Milliseconds(step), context));
    return absl::OkStatus();
  }));
  return answer;
}

absl::StatusOr<prometheus::ReadResponse> QueryRunner::Read(const prometheus::ReadRequest& request, bool allow_partial) {
  prometheus::ReadResponse response;
  TRIBUTARY_RETURN_IF_ERROR(Run(std::nullopt, [&](promql::QueryContext& context) -> absl::Status {
    TRIBUTARY_ASSIGN_OR_RETURN(
        response, reader_.Read(request, {options_.max_answer_bytes, allow_partial, clock_.Now()}, context));
    return absl::OkStatus();
  }));
  return response;
}

absl::Status QueryRunner::Run(std::optional<absl::Duration> timeout, Evaluate evaluate) {
  const Place place(*this);
  if (!place.taken()) return Busy(options_.max_concurrent);
  const absl::Time start = clock_.Now();
  const absl::Duration patience = std::min(timeout.value_or(options_.default_timeout), options_.max_timeout);
  promql::QueryContext context(clock_, start + patience, options_.limits);
  metrics_.AddRunning(1);
  const absl::Status status = evaluate(context);
  metrics_.AddRunning(-1);
  metrics_.CountMerged(context);
  metrics_.CountResult(status, clock_.Now() - start);
  return status;
}

absl::StatusOr<Listing> QueryRunner::List(const v1::LabelsRequest& request) {
  const Place place(*this);
  if (!place.taken()) return Busy(options_.max_concurrent);
  std::vector<std::pair<Member, absl::Status>> statuses;
  std::set<std::string> texts;
  std::map<Labels, MetricType> series;
  Listing listing;
  bool more = false;
  const std::vector<LabelsAnswer> answers = source_.ListLabels(request, options_.default_timeout);
  for (const LabelsAnswer& answer : answers) {
    statuses.emplace_back(answer.global, answer.status);
    if (!answer.status.ok()) {
      listing.warnings.push_back(absl::StrCat("no answer from global ", Describe(answer.global, answer.status),
                                              "; what it holds is missing here"));
      continue;
    }
    more |= answer.response.more();
    texts.insert(answer.response.texts().begin(), answer.response.texts().end());
    for (const v1::LabelSet& set : answer.response.series()) {
      Labels labels;
      for (const v1::Label& label : set.labels()) SetLabel(labels, label.name(), label.value());
      series.emplace(std::move(labels), static_cast<MetricType>(set.type()));
    }
  }
  TRIBUTARY_RETURN_IF_ERROR(CheckAnswered(statuses));
  listing.texts.assign(texts.begin(), texts.end());
  listing.series.assign(series.begin(), series.end());
  const size_t limit = request.limit() == 0 ? SIZE_MAX : request.limit();
  more |= listing.texts.size() > limit || listing.series.size() > limit;
  if (listing.texts.size() > limit) listing.texts.resize(limit);
  if (listing.series.size() > limit) listing.series.resize(limit);
  if (more) listing.warnings.push_back("results truncated due to limit");
  return listing;
}

}  // namespace tributary
