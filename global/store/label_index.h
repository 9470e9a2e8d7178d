#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/metric/series_key.h"
#include "global/store/label_condition.h"

namespace tributary {

// A series inside one store; never crosses processes.
using KeyId = uint32_t;

// Which series have a label of a value: for each the ids, ascending.
//
// Labels:  PrometheusLabels of the tags, and the name as kNameLabel. A name that Prometheus cannot spell has its own
//          spelling beside that, for conditions.
// Cost:    4 bytes for each label of a series, and its values once. Finding goes over the lists of the values that
//          match; regular expressions over all values of their label.
// Threads: thread-compatible.
class LabelIndex {
 public:
  using Postings = std::vector<KeyId>;                          // ascending
  using Values = std::map<std::string, Postings, std::less<>>;  // none is empty

  // Cheapest when ids ascend. REQUIRES: `id` is new.
  void Add(KeyId id, const SeriesKey& key);
  // `keys` are those of `ids`, which ascend.
  void Remove(absl::Span<const KeyId> ids, absl::Span<const SeriesKey* const> keys);

  // Those that every condition holds of.
  Postings Find(absl::Span<const LabelCondition> conditions) const;
  // By label, in order.
  const std::map<std::string, Values, std::less<>>& labels() const { return labels_; }
  // As clients spell them; every series is under one.
  const Values& names() const { return names_; }

 private:
  template <class Change>
  void ForEachPostings(const SeriesKey& key, Change change);
  Postings Holding(const LabelCondition& condition, bool holds) const;
  Postings All() const;

  std::map<std::string, Values, std::less<>> labels_;
  Values names_;
};

}  // namespace tributary
