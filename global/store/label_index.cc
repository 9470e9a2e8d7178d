#include "global/store/label_index.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "common/sink/labels.h"
#include "common/sink/prometheus_name.h"

namespace tributary {
namespace {

using Postings = LabelIndex::Postings;

// Sorted and unique again, after lists were put behind each other.
Postings Union(Postings lists) {
  std::sort(lists.begin(), lists.end());
  lists.erase(std::unique(lists.begin(), lists.end()), lists.end());
  return lists;
}

Postings Intersection(const Postings& a, const Postings& b) {
  Postings both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both;
}

Postings Difference(const Postings& a, const Postings& b) {
  Postings left;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(left));
  return left;
}

void Insert(Postings& postings, KeyId id) {
  if (postings.empty() || postings.back() < id) {
    postings.push_back(id);
  } else {
    postings.insert(std::lower_bound(postings.begin(), postings.end(), id), id);
  }
}

}  // namespace

// Each list that a series is in, made when it is not there.
template <class Change>
void LabelIndex::ForEachPostings(const SeriesKey& key, Change change) {
  for (auto& [label, value] : PrometheusLabels(key.tags)) change(labels_[label], value);
  change(labels_[std::string(kNameLabel)], PrometheusMetricName(key.name));
  change(names_, key.name);
}

void LabelIndex::Add(KeyId id, const SeriesKey& key) {
  ForEachPostings(key, [id](Values& values, const std::string& value) { Insert(values[value], id); });
}

void LabelIndex::Remove(absl::Span<const KeyId> ids, absl::Span<const SeriesKey* const> keys) {
  std::set<std::pair<Values*, std::string>> lists;
  for (const SeriesKey* key : keys) {
    ForEachPostings(*key, [&](Values& values, const std::string& value) { lists.emplace(&values, value); });
  }
  for (const auto& [values, value] : lists) {
    const auto list = values->find(value);
    if (list == values->end()) continue;
    auto& postings = list->second;
    postings.erase(std::remove_if(postings.begin(), postings.end(),
                                  [&](KeyId id) { return std::binary_search(ids.begin(), ids.end(), id); }),
                   postings.end());
    if (postings.empty()) values->erase(list);
  }
  for (auto label = labels_.begin(); label != labels_.end();) {
    label = label->second.empty() ? labels_.erase(label) : std::next(label);
  }
}

// The ids of every value that the condition holds of, or does not. A name counts in both of its spellings.
Postings LabelIndex::Holding(const LabelCondition& condition, bool holds) const {
  Postings found;
  const auto gather = [&](const Values& values) {
    const auto add = [&](const Postings& postings) { found.insert(found.end(), postings.begin(), postings.end()); };
    const bool is_one_value =
        holds == (condition.op() == LabelCondition::Op::kEqual) &&
        (condition.op() == LabelCondition::Op::kEqual || condition.op() == LabelCondition::Op::kNotEqual);
    if (is_one_value) {
      if (const auto value = values.find(condition.value()); value != values.end()) add(value->second);
      return;
    }
    for (const auto& [value, postings] : values) {
      if (condition.Holds(value) == holds) add(postings);
    }
  };
  if (const auto label = labels_.find(condition.label()); label != labels_.end()) gather(label->second);
  if (condition.label() == kNameLabel) gather(names_);
  return Union(std::move(found));
}

Postings LabelIndex::All() const {
  Postings all;
  for (const auto& [name, postings] : names_) all.insert(all.end(), postings.begin(), postings.end());
  return Union(std::move(all));
}

Postings LabelIndex::Find(absl::Span<const LabelCondition> conditions) const {
  std::vector<Postings> wanted, unwanted;
  for (const LabelCondition& condition : conditions) {
    // What holds of an absent label holds of every series but those of a value that it does not hold of.
    const bool is_optional = condition.Holds("");
    (is_optional ? unwanted : wanted).push_back(Holding(condition, !is_optional));
  }
  std::sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  Postings found = wanted.empty() ? All() : std::move(wanted.front());
  for (size_t i = 1; i < wanted.size(); ++i) found = Intersection(found, wanted[i]);
  for (const Postings& postings : unwanted) found = Difference(found, postings);
  return found;
}

}  // namespace tributary
