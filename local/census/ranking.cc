#include "local/census/ranking.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace tributary {
namespace {

// The largest of `items` by `size`, which yields values to compare.
template <class Item, class Size>
void KeepLargest(std::vector<Item>& items, const Size& size) {
  const size_t kept = std::min(items.size(), Ranking::kMaxRanked);
  std::partial_sort(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(kept), items.end(),
                    [&size](const Item& a, const Item& b) { return size(a) > size(b); });
  items.resize(kept);
}

std::vector<Ranking::Metric> RankMetrics(const IntervalActivity& activity) {
  absl::flat_hash_map<absl::string_view, std::pair<uint64_t, uint64_t>> by_name;
  for (const auto& [series, samples] : activity.series) {
    auto& [series_count, sample_count] = by_name[series->key.name];
    ++series_count;
    sample_count += samples;
  }
  std::vector<Ranking::Metric> metrics;
  for (const auto& [name, counts] : by_name) metrics.push_back({std::string(name), counts.first, counts.second});
  KeepLargest(metrics,
              [](const Ranking::Metric& metric) { return std::tie(metric.series, metric.samples, metric.name); });
  return metrics;
}

std::vector<Ranking::Tag> RankTags(const IntervalActivity& activity) {
  struct Counts {
    uint64_t values = 0;
    uint64_t series = 0;
  };
  absl::flat_hash_map<absl::string_view, Counts> by_key;
  absl::flat_hash_set<absl::string_view> distinct;
  for (const IntervalActivity::ActiveSeries& active : activity.series) {
    if (distinct.size() >= kMaxRankedTags) break;
    absl::string_view last_key;
    for (const absl::string_view tag : active.series->key.tags) {
      Counts& counts = by_key[TagKey(tag)];
      if (distinct.insert(tag).second) ++counts.values;
      if (TagKey(tag) != last_key) ++counts.series;  // sorted: a key that repeats follows itself
      last_key = TagKey(tag);
    }
  }
  std::vector<Ranking::Tag> tags;
  for (const auto& [key, counts] : by_key) tags.push_back({std::string(key), counts.values, counts.series});
  KeepLargest(tags, [](const Ranking::Tag& tag) { return std::tie(tag.values, tag.series, tag.key); });
  return tags;
}

// What all shards have of each.
std::vector<Client> MergeClients(const IntervalActivity& activity) {
  absl::flat_hash_map<Peer, size_t> index;
  std::vector<Client> clients;
  for (const ShardActivity& shard : activity.shards) {
    for (const Client& client : shard.clients) {
      const auto [found, is_new] = index.try_emplace(client.peer, clients.size());
      if (is_new) {
        clients.push_back(client);
      } else {
        clients[found->second] += client;
      }
    }
  }
  return clients;
}

}  // namespace

std::vector<Client> RankClients(const IntervalActivity& activity) {
  std::vector<Client> clients = MergeClients(activity);
  KeepLargest(clients, [](const Client& client) { return std::tie(client.samples, client.lines, client.bytes); });
  return clients;
}

std::vector<Fold> RankFolds(const IntervalActivity& activity) {
  absl::flat_hash_map<std::tuple<absl::string_view, Peer, FoldReason>, uint64_t> samples;
  for (const ShardActivity& shard : activity.shards) {
    for (const Fold& fold : shard.folds) samples[{fold.metric, fold.client, fold.reason}] += fold.samples;
  }
  std::vector<Fold> folds;
  for (const auto& [fold, count] : samples) {
    const auto& [metric, client, reason] = fold;
    folds.push_back({std::string(metric), client, reason, count});
  }
  KeepLargest(folds, [](const Fold& fold) { return std::tie(fold.samples, fold.metric); });
  return folds;
}

Ranking Rank(const IntervalActivity& activity) {
  Ranking ranking;
  ranking.busiest = activity.series;
  KeepLargest(ranking.busiest, [](const IntervalActivity::ActiveSeries& active) { return active.samples; });
  ranking.metrics = RankMetrics(activity);
  ranking.tags = RankTags(activity);
  ranking.clients = RankClients(activity);
  ranking.clients_by_series = MergeClients(activity);
  KeepLargest(ranking.clients_by_series, [](const Client& client) { return std::tie(client.series, client.samples); });
  ranking.folds = RankFolds(activity);
  return ranking;
}

}  // namespace tributary
