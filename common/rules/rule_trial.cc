#include "common/rules/rule_trial.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace tributary {
namespace {

constexpr absl::string_view kOther = "__other__";

// "" when it is what would become of it without rules.
std::string Outcome(const SeriesKey& raw, const RoutedSeries& routed, size_t outcomes) {
  if (outcomes == 1 && routed.key.name == raw.name && routed.scope == DefaultScope(raw.type)) return "";
  return absl::StrCat(routed.key.name, " (", ScopeName(routed.scope), ")");
}

uint64_t Change(const RuleTrial::MetricEffect& metric) {
  return std::max(metric.series_before, metric.series_after) - std::min(metric.series_before, metric.series_after);
}

}  // namespace

RuleTrial::RuleTrial(RuleSet rules, size_t rule_count, const Limits& limits, std::string host)
    : rules_(std::move(rules)), rule_count_(rule_count), limits_(limits), host_(std::move(host)) {}

void RuleTrial::Add(const Sample& sample) { Count(sample.name, sample.tags, sample.type, sample.count()); }
void RuleTrial::Add(const CheckSample& check) { Count(check.name, check.tags, MetricType::kCheck, 1); }

void RuleTrial::Count(absl::string_view name, absl::string_view tags, MetricType type, uint64_t samples) {
  SeriesKey raw{.name = std::string(name), .tags = absl::StrSplit(tags, ',', absl::SkipEmpty()), .type = type};
  raw.Canonicalise();
  const std::string bytes = CanonicalBytes(raw);
  auto known = series_.find(bytes);
  if (known == series_.end()) {
    if (series_.size() >= kMaxSeries) {
      samples_not_tried_ += samples;
      return;
    }
    known = series_.emplace(bytes, Try(raw)).first;
  }
  known->second.samples += samples;
  metrics_[raw.name].samples += samples;
}

RuleTrial::Series RuleTrial::Try(const SeriesKey& raw) {
  const RoutedSeriesList routed = rules_.Apply(raw, host_);
  MetricEffect& metric = metrics_[raw.name];
  metric.name = raw.name;
  ++metric.series_before;
  if (routed.empty()) metric.becomes.insert("dropped");
  for (RoutedSeries series : routed) {
    const std::string outcome = Outcome(raw, series, routed.size());
    if (!outcome.empty()) metric.becomes.insert(outcome);
    FoldValues(series.key);
    if (!after_.insert(absl::StrCat(CanonicalBytes(series.key), ScopeName(series.scope))).second) continue;
    ++metric.series_after;
    ++after_of_metric_[series.key.name];
  }
  return {.rules = rules_.Matching(raw), .dropped = routed.empty(), .samples = 0};
}

void RuleTrial::FoldValues(SeriesKey& key) {
  for (std::string& tag : key.tags) {
    const size_t colon = tag.find(':');
    if (colon == std::string::npos) continue;
    TagValues& values = values_[{key.name, tag.substr(0, colon)}];
    const std::string value = tag.substr(colon + 1);
    if (values.kept.contains(value)) continue;
    if (values.kept.size() < limits_.max_values_per_tag) {
      values.kept.insert(value);
    } else {
      values.beyond.insert(value);
      tag = absl::StrCat(tag.substr(0, colon + 1), kOther);
    }
  }
  key.Canonicalise();
}

std::vector<RuleTrial::Fold> RuleTrial::Folds() const {
  std::vector<Fold> folds;
  for (const auto& [tag, values] : values_) {
    if (values.beyond.empty()) continue;
    folds.push_back({tag.first, values.kept.size() + values.beyond.size(), limits_.max_values_per_tag, tag.second});
  }
  uint64_t kept = 0;
  for (const auto& [name, series] : after_of_metric_) {
    kept += std::min(series, limits_.max_series_per_metric);
    if (series > limits_.max_series_per_metric) folds.push_back({name, series, limits_.max_series_per_metric});
  }
  std::sort(folds.begin(), folds.end(), [](const Fold& a, const Fold& b) {
    return a.series != b.series ? a.series > b.series : std::tie(a.name, a.tag) < std::tie(b.name, b.tag);
  });
  if (kept > limits_.max_series) folds.insert(folds.begin(), {"", kept, limits_.max_series});
  return folds;
}

RuleTrial::Result RuleTrial::Finish() const {
  Result result;
  result.rules.resize(rule_count_);
  result.samples = result.samples_not_tried = samples_not_tried_;
  result.series_before = series_.size();
  result.series_after = after_.size();
  for (const auto& [bytes, series] : series_) {
    result.samples += series.samples;
    if (series.dropped) result.samples_dropped += series.samples;
    for (const size_t rule : series.rules) {
      ++result.rules[rule].series;
      result.rules[rule].samples += series.samples;
    }
  }
  for (const auto& [name, metric] : metrics_) result.metrics.push_back(metric);
  std::sort(result.metrics.begin(), result.metrics.end(), [](const MetricEffect& a, const MetricEffect& b) {
    return Change(a) != Change(b) ? Change(a) > Change(b) : a.name < b.name;
  });
  result.folds = Folds();
  return result;
}

}  // namespace tributary
