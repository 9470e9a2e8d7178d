#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "global/store/row_reader.h"
#include "global/store/series_catalog.h"

namespace tributary {

// A store in memory: rows are read back as they were put in. Filled before it is read.
class FakeRowReader : public RowReader {
 public:
  explicit FakeRowReader(absl::Duration interval = absl::Seconds(10)) : scale_(interval) {}

  KeyId AddSeries(std::string name, std::vector<std::string> tags, MetricType type = MetricType::kTimer) {
    SeriesKey key{std::move(name), std::move(tags), type};
    key.Canonicalise();
    series_.push_back({static_cast<KeyId>(series_.size()), std::move(key)});
    return series_.back().id;
  }

  // A row of these samples, each of weight 1.
  Row& AddRow(KeyId id, IntervalIndex interval, const std::vector<double>& samples, uint32_t version = 1) {
    Row row;
    row.key = series_[id].key;
    row.interval = interval;
    row.version = version;
    row.contributors = 1;
    row.value = MakeAggregate(row.key->type);
    for (const double sample : samples) {
      if (auto* distribution = std::get_if<DistributionAggregate>(&row.value))
        TRIBUTARY_CHECK(distribution->Add(sample, 1));
      if (auto* counter = std::get_if<CounterAggregate>(&row.value)) TRIBUTARY_CHECK(counter->Add(sample, 1));
      if (auto* gauge = std::get_if<GaugeAggregate>(&row.value)) {
        TRIBUTARY_CHECK(
            gauge->Add(sample, interval * 1'000'000'000 + static_cast<int64_t>(gauge->count), InstanceId()));
      }
      if (auto* set = std::get_if<SetAggregate>(&row.value)) TRIBUTARY_CHECK(set->Add(std::to_string(sample)));
    }
    rows_.emplace_back(id, std::move(row));
    return rows_.back().second;
  }

  void set_sealed_through(IntervalIndex interval) { sealed_through_ = interval; }
  // Called before every row that is read.
  void set_before_row(std::function<void()> before_row) { before_row_ = std::move(before_row); }

  std::vector<absl::Duration> Resolutions() const override { return {scale_.length()}; }
  absl::Duration ResolutionFor(absl::Time) const override { return scale_.length(); }

  std::vector<KeptRows> Kept() const override {
    return {{scale_.length(), absl::UnixEpoch(), scale_.End(sealed_through_)}};
  }

  std::vector<std::string> Names() const override {
    std::set<std::string> names;
    for (const StoredSeries& series : series_) names.insert(series.key->name);
    return {names.begin(), names.end()};
  }

  std::vector<StoredSeries> FindSeries(absl::string_view name) const override {
    std::vector<StoredSeries> found;
    for (const StoredSeries& series : series_) {
      if (series.key->name == name) found.push_back(series);
    }
    return found;
  }

  FoundSeries FindSeries(absl::Span<const LabelCondition> conditions, absl::Time from, absl::Time to,
                         size_t limit) const override {
    return Catalog()->FindByLabels(conditions, Meeting(from, to), limit);
  }
  FoundTexts LabelNames(absl::Span<const LabelCondition> conditions, absl::Time from, absl::Time to,
                        size_t limit) const override {
    return Catalog()->LabelNames(conditions, Meeting(from, to), limit);
  }
  FoundTexts LabelValues(absl::string_view label, absl::Span<const LabelCondition> conditions, absl::Time from,
                         absl::Time to, size_t limit) const override {
    return Catalog()->LabelValues(label, conditions, Meeting(from, to), limit);
  }

  absl::Status ReadRows(absl::Duration resolution, absl::Span<const KeyId> series, absl::Time from, absl::Time to,
                        Visit visit) const override {
    if (resolution != scale_.length()) return absl::InvalidArgumentError("no such resolution");
    const std::set<KeyId> wanted(series.begin(), series.end());
    for (const auto& [id, row] : rows_) {
      if (before_row_) before_row_();
      const absl::Time end = scale_.End(row.interval);
      if (wanted.count(id) > 0 && end > from && end <= to && !visit(id, row)) break;
    }
    return absl::OkStatus();
  }

  IntervalIndex sealed_through() const override { return sealed_through_; }

 private:
  Lifetime Meeting(absl::Time from, absl::Time to) const { return {scale_.At(from), scale_.At(to) - 1}; }
  std::unique_ptr<SeriesCatalog> Catalog() const {
    std::map<KeyId, Lifetime> lifetimes;
    for (const auto& [id, row] : rows_) {
      Lifetime& lifetime = lifetimes[id];
      lifetime = {std::min(lifetime.first, row.interval), std::max(lifetime.last, row.interval)};
    }
    auto catalog = std::make_unique<SeriesCatalog>();
    for (const StoredSeries& series : series_) catalog->Restore(series.id, series.key, lifetimes[series.id]);
    return catalog;
  }

  IntervalScale scale_;
  std::vector<StoredSeries> series_;
  std::vector<std::pair<KeyId, Row>> rows_;
  IntervalIndex sealed_through_ = 0;
  std::function<void()> before_row_;
};

}  // namespace tributary
