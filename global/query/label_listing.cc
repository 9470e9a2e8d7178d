#include "global/query/label_listing.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/sink/labels.h"
#include "common/sink/prometheus_name.h"
#include "global/query/request_check.h"

namespace tributary {
namespace {

constexpr int kMaxSets = 32;

// What one set of conditions finds.
class Listing {
 public:
  Listing(const RowReader& reader, const v1::LabelsRequest& request, size_t limit)
      : reader_(reader),
        request_(request),
        limit_(limit),
        from_(absl::FromUnixMillis(request.from_unix_ms())),
        to_(absl::FromUnixMillis(request.to_unix_ms())) {}

  void Add(const std::vector<LabelCondition>& conditions) {
    switch (request_.kind()) {
      case v1::LabelsRequest::KIND_NAMES:
        return AddTexts(reader_.LabelNames(conditions, from_, to_, limit_));
      case v1::LabelsRequest::KIND_VALUES:
        return AddTexts(reader_.LabelValues(request_.label(), conditions, from_, to_, limit_));
      default:
        return AddSeries(reader_.FindSeries(conditions, from_, to_, limit_));
    }
  }

  void Write(v1::LabelsResponse& response) const {
    response.set_more(more_ || texts_.size() > limit_ || series_.size() > limit_);
    for (const std::string& text : texts_) {
      if (static_cast<size_t>(response.texts_size()) < limit_) response.add_texts(text);
    }
    for (const auto& [labels, type] : series_) {
      if (static_cast<size_t>(response.series_size()) == limit_) break;
      v1::LabelSet& set = *response.add_series();
      set.set_type(static_cast<v1::MetricType>(type));  // the same numbers
      for (const auto& [name, value] : labels) {
        v1::Label& label = *set.add_labels();
        label.set_name(name);
        label.set_value(value);
      }
    }
  }

 private:
  void AddTexts(FoundTexts found) {
    more_ |= found.more;
    texts_.insert(found.texts.begin(), found.texts.end());
  }
  void AddSeries(FoundSeries found) {
    more_ |= found.more;
    for (const StoredSeries& series : found.series) {
      Labels labels = PrometheusLabels(series.key->tags);
      SetLabel(labels, kNameLabel, PrometheusMetricName(series.key->name));
      series_.emplace(std::move(labels), series.key->type);
    }
  }

  const RowReader& reader_;
  const v1::LabelsRequest& request_;
  const size_t limit_;
  const absl::Time from_;
  const absl::Time to_;
  std::set<std::string> texts_;
  std::map<Labels, MetricType> series_;
  bool more_ = false;
};

}  // namespace

absl::Status ListLabels(const RowReader& reader, const v1::LabelsRequest& request, v1::LabelsResponse& response) {
  if (request.kind() == v1::LabelsRequest::KIND_UNSPECIFIED || !v1::LabelsRequest::Kind_IsValid(request.kind())) {
    return absl::InvalidArgumentError("an unknown kind of listing");
  }
  if (request.any_of_size() > kMaxSets)
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxSets, " selectors"));
  const size_t limit = request.limit() == 0 ? kMaxListed : std::min<size_t>(kMaxListed, request.limit());
  Listing listing(reader, request, limit);
  if (request.any_of().empty()) listing.Add({});
  for (const v1::MatcherSet& set : request.any_of()) {
    TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<LabelCondition> conditions, ConditionsOf(set.matchers()));
    listing.Add(conditions);
  }
  listing.Write(response);
  return absl::OkStatus();
}

}  // namespace tributary
