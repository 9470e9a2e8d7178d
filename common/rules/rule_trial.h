#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "common/metric/sample.h"
#include "common/rules/rule_set.h"

namespace tributary {

// What a rule set would make of samples, without an agent: takes what a parser hands on, and tells how many series
// there are before and after, and which rules, names and limits make the difference.
//
// Bounds:  kMaxSeries series as sent; samples of further ones are counted as not tried.
// Threads: thread-compatible.
class RuleTrial : public SampleReceiver {
 public:
  static constexpr size_t kMaxSeries = 1'000'000;

  struct Limits {
    uint64_t max_series = 200'000;
    uint64_t max_series_per_metric = 100'000;
    uint64_t max_values_per_tag = 10'000;
  };
  struct RuleEffect {
    uint64_t samples = 0;
    uint64_t series = 0;  // as sent
  };
  // Of one name, as sent.
  struct MetricEffect {
    std::string name;
    uint64_t samples = 0;
    uint64_t series_before = 0;
    uint64_t series_after = 0;
    std::set<std::string> becomes;  // "dropped", "queue (global)"; only what is not as it would be without rules
  };
  // A name after the rules, with more series, or a tag of it with more values, than a limit lets it have.
  struct Fold {
    std::string name;     // empty: all names together
    uint64_t series = 0;  // or values of the tag
    uint64_t limit = 0;
    std::string tag = {};  // empty: it is the series
  };
  struct Result {
    uint64_t samples = 0;
    uint64_t samples_dropped = 0;
    uint64_t samples_not_tried = 0;
    uint64_t series_before = 0;
    uint64_t series_after = 0;
    std::vector<RuleEffect> rules;      // in their order
    std::vector<MetricEffect> metrics;  // the largest change first
    std::vector<Fold> folds;
  };

  // `rules` holds `rule_count` rules; `host` is the agent's.
  RuleTrial(RuleSet rules, size_t rule_count, const Limits& limits, std::string host);

  void Add(const Sample& sample) override;
  void Add(const CheckSample& check) override;
  void Add(const EventSample&) override {}  // no series

  Result Finish() const;

 private:
  struct Series {
    std::vector<size_t> rules;
    bool dropped = false;
    uint64_t samples = 0;
  };

  void Count(absl::string_view name, absl::string_view tags, MetricType type, uint64_t samples);
  Series Try(const SeriesKey& raw);
  // The values of tags that are one too many become `__other__`, as an agent has them.
  void FoldValues(SeriesKey& key);
  std::vector<Fold> Folds() const;

  const RuleSet rules_;
  const size_t rule_count_;
  const Limits limits_;
  const std::string host_;
  absl::flat_hash_map<std::string, Series> series_;             // by canonical bytes, as sent
  absl::flat_hash_map<std::string, MetricEffect> metrics_;      // by name, as sent
  absl::flat_hash_set<std::string> after_;                      // canonical bytes and scope
  absl::flat_hash_map<std::string, uint64_t> after_of_metric_;  // series, by name after the rules
  // By name after the rules and tag: the values that are kept, and how many there are.
  struct TagValues {
    absl::flat_hash_set<std::string> kept;
    absl::flat_hash_set<std::string> beyond;
  };
  absl::flat_hash_map<std::pair<std::string, std::string>, TagValues> values_;
  uint64_t samples_not_tried_ = 0;
};

}  // namespace tributary
