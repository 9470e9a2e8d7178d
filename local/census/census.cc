#include "local/census/census.h"

#include <algorithm>

#include "common/base/printable.h"

namespace tributary {

std::string Census::Report::NameOf(const Peer& client) const {
  if (!client.is_known()) return "other";
  const auto found = process_names.find(client);
  return found == process_names.end() ? client.ToString() : found->second;
}

const Ranking& Census::Report::ranking() const {
  std::call_once(ranked_, [this] { ranking_ = Rank(activity); });
  return ranking_;
}

Census::Census(const IntervalScale& scale, const SeriesLimiter& limiter, const Clock& clock, Telemetry& telemetry)
    : scale_(scale), limiter_(limiter), telemetry_(telemetry), log_(clock), latest_(std::make_shared<const Report>()) {
  readings_.push_back(AddGauges("tributary_local_metric_series",
                                "Series of the metrics that had most of them in the last interval.",
                                [](const Report& report, std::vector<Telemetry::LabelledValue>& values) {
                                  for (const Ranking::Metric& metric : report.ranking().metrics) {
                                    values.push_back({{{"metric", metric.name}}, static_cast<double>(metric.series)});
                                  }
                                }));
  readings_.push_back(AddGauges("tributary_local_tag_values",
                                "Values of the tags that had most of them in the last interval.",
                                [](const Report& report, std::vector<Telemetry::LabelledValue>& values) {
                                  for (const Ranking::Tag& tag : report.ranking().tags) {
                                    values.push_back({{{"tag", tag.key}}, static_cast<double>(tag.values)});
                                  }
                                }));
  readings_.push_back(
      AddGauges("tributary_local_client_samples", "Samples of the clients that sent most of them in the last interval.",
                [](const Report& report, std::vector<Telemetry::LabelledValue>& values) {
                  for (const Client& client : report.ranking().clients) {
                    values.push_back({{{"client", report.NameOf(client.peer)}}, static_cast<double>(client.samples)});
                  }
                }));
  readings_.push_back(
      AddGauges("tributary_local_client_series", "Series of the clients that wrote most of them in the last interval.",
                [](const Report& report, std::vector<Telemetry::LabelledValue>& values) {
                  for (const Client& client : report.ranking().clients_by_series) {
                    values.push_back({{{"client", report.NameOf(client.peer)}}, static_cast<double>(client.series)});
                  }
                }));
  readings_.push_back(AddGauges("tributary_local_folded_samples",
                                "Samples that went to __other__ in the last interval, of those of whom most did.",
                                [](const Report& report, std::vector<Telemetry::LabelledValue>& values) {
                                  for (const Fold& fold : report.ranking().folds) {
                                    values.push_back({{{"metric", fold.metric},
                                                       {"client", report.NameOf(fold.client)},
                                                       {"reason", std::string(FoldReasonName(fold.reason))}},
                                                      static_cast<double>(fold.samples)});
                                  }
                                }));
}

Telemetry::Reading Census::AddGauges(
    absl::string_view name, absl::string_view help,
    std::function<void(const Report& report, std::vector<Telemetry::LabelledValue>& values)> read) {
  return telemetry_.AddFamily(Telemetry::Kind::kGauge, name, help, [this, read = std::move(read)] {
    std::vector<Telemetry::LabelledValue> all;
    read(*Latest(), all);
    std::vector<Telemetry::LabelledValue> values;
    for (Telemetry::LabelledValue& value : all) {
      if (values.size() == kGauges) break;
      for (auto& [label, text] : value.labels) text = Printable(text);
      const bool is_told =
          std::any_of(values.begin(), values.end(), [&value](const auto& told) { return told.labels == value.labels; });
      if (!is_told) values.push_back(std::move(value));
    }
    return values;
  });
}

void Census::OnActivity(IntervalActivity activity) {
  auto report = std::make_shared<Report>();
  report->interval = activity.interval;
  report->length = scale_.length();
  report->series = limiter_.series_count();
  report->series_limit = limiter_.max_series();
  report->dropped = ChangesOf("tributary_local_samples_dropped_total", "reason");
  report->rejected = ChangesOf("tributary_local_lines_rejected_total", "reason");
  for (const auto& [listener, datagrams] : ChangesOf("tributary_local_kernel_drops_total", "listener")) {
    report->kernel_drops += datagrams;
  }
  for (const ShardActivity& shard : activity.shards) {
    for (const Client& client : shard.clients) report->samples += client.samples;
  }
  report->process_names = NamesOf(activity);
  report->activity = std::move(activity);

  const auto name_of = [&report](const Peer& client) { return report->NameOf(client); };
  log_.Tell(RankFolds(report->activity), RankClients(report->activity), name_of);
  const MutexLock lock(mutex_);
  latest_ = std::move(report);
}

std::shared_ptr<const Census::Report> Census::Latest() const {
  const MutexLock lock(mutex_);
  return latest_;
}

Census::Changes Census::ChangesOf(absl::string_view family, absl::string_view label) {
  Changes changes;
  std::map<std::string, double>& seen = seen_[std::string(family)];
  for (const auto& [labels, value] : telemetry_.Values(family)) {
    const auto found =
        std::find_if(labels.begin(), labels.end(), [label](const auto& pair) { return pair.first == label; });
    if (found == labels.end()) continue;
    const double before = std::exchange(seen[found->second], value);
    if (value > before) changes.emplace_back(found->second, static_cast<uint64_t>(value - before));
  }
  std::stable_sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return changes;
}

// A process is looked up when it is new, and keeps its name as long as it sends.
absl::flat_hash_map<Peer, std::string> Census::NamesOf(const IntervalActivity& activity) const {
  const std::shared_ptr<const Report> last = Latest();
  absl::flat_hash_map<Peer, std::string> names;
  for (const ShardActivity& shard : activity.shards) {
    for (const Client& client : shard.clients) {
      if (client.peer.pid() == 0 || names.contains(client.peer)) continue;
      const auto known = last->process_names.find(client.peer);
      names.emplace(client.peer, known == last->process_names.end() ? client.peer.Describe() : known->second);
    }
  }
  return names;
}

}  // namespace tributary
