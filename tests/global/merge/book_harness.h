#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/aggregate/aggregate.h"
#include "common/base/check.h"
#include "global/merge/window_book.h"

namespace tributary {

inline InstanceId AgentId(int number) {
  std::string bytes(InstanceId::kBytes, 'a');
  bytes[0] = static_cast<char>(number);
  bytes[1] = static_cast<char>(number >> 8);
  return *InstanceId::FromBytes(bytes);
}

inline SeriesKey CounterKey(const std::string& name) { return {name, {}, MetricType::kCounter}; }

inline Aggregate CounterOf(double value) {
  CounterAggregate counter;
  counter.Add(value, 1);
  return counter;
}

inline double ValueOf(const Row& row) { return std::get<CounterAggregate>(row.value).total.ToDouble(); }

// A book with a disk that survives Restart(), time moved by hand, and agents that say what they are told to.
class BookHarness {
 public:
  static constexpr IntervalIndex kFirst = 1000;
  static constexpr PartitionId kPartition = 7;

  explicit BookHarness(int expected_agents = 0) {
    options.node_id = "global-0";
    options.expected_agents = expected_agents;
    Restart();
  }

  // A member list of one: everything is owned from the first interval on.
  void OwnEverything() { SetView(1, 0, {"global-0"}); }
  void SetView(uint64_t sequence, IntervalIndex from, const std::vector<std::string>& ids) {
    View view{sequence, from, {}};
    for (const std::string& id : ids) view.members.push_back({id, id + ":8129", 1});
    Apply(book->Step(now, view));
  }
  // What was not committed is lost.
  void Restart() {
    in_flight.reset();
    book = std::make_unique<WindowBook>(options, disk, now);
  }
  void Hello(int agent, IntervalIndex first = kFirst) {
    Apply(book->Step(now, AgentHello{AgentId(agent), "host", first, std::nullopt}));
  }
  void Marker(int agent, IntervalIndex interval, const std::vector<int>& partitions = {kPartition}) {
    AgentMarker marker{AgentId(agent), interval, {}};
    for (const int partition : partitions) marker.nonempty.set(static_cast<size_t>(partition));
    Apply(book->Step(now, marker));
  }
  static UnitChunk Chunk(int agent, IntervalIndex interval, const std::map<std::string, double>& counters) {
    UnitChunk unit{AgentId(agent), interval, kPartition, 0, 1, counters.size(), 0, {}, {}};
    for (const auto& [name, value] : counters) unit.series.emplace_back(CounterKey(name), CounterOf(value));
    return unit;
  }
  UnitStatus Unit(UnitChunk unit) {
    received.clear();
    Apply(book->Step(now, std::move(unit)));
    return received.empty() ? UnitStatus::kDuplicate : received.back().second;  // else it was answered Committed
  }
  UnitStatus Unit(int agent, IntervalIndex interval, const std::map<std::string, double>& counters) {
    return Unit(Chunk(agent, interval, counters));
  }
  // Marker and unit.
  void Report(int agent, IntervalIndex interval, const std::map<std::string, double>& counters) {
    Marker(agent, interval);
    Unit(agent, interval, counters);
  }
  // In steps of a second, as a shell would.
  void AdvanceTo(absl::Time time) {
    while (now < time) {
      now = std::min(now + absl::Seconds(1), time);
      Apply(book->Step(now, Tick{}));
    }
  }
  void Advance(absl::Duration by) { AdvanceTo(now + by); }
  void Freeze(absl::Duration by) { now += by; }
  absl::Time End(IntervalIndex interval) const { return scale.End(interval); }

  void Apply(WindowOutputs out) {
    for (auto& answer : out.received) received.push_back(answer);
    for (auto& name : out.committed) committed.push_back(name);
    for (auto& pull : out.pulls) pulls.push_back(pull);
    for (auto& welcome : out.welcomes) welcomes.push_back(welcome);
    for (auto& marker : out.markers) markers.push_back(marker);
    if (!out.commit) return;
    in_flight = std::move(out.commit);
    if (auto_commit) Confirm();
  }
  // The plan under way reaches the disk.
  void Confirm() {
    CommitPlan plan = *std::exchange(in_flight, std::nullopt);
    for (WindowCommit& window : plan.windows) {
      disk.manifests[{window.interval, window.partition}].push_back(window.manifest);
      for (const Row& row : window.rows) Store(row);
      for (const Event& event : window.events) events.push_back(event.title);
      kinds.push_back(window.kind);
    }
    for (const SeriesTotal& total : plan.totals) {
      std::erase_if(disk.totals, [&](const SeriesTotal& old) { return old.key == total.key; });
      disk.totals.push_back(total);
    }
    if (plan.roster) disk.roster = *plan.roster;
    if (plan.views) disk.views = *plan.views;
    disk.sealed_through = plan.sealed_through;
    Apply(book->Step(now, CommitDone{plan.number}));
  }

  // As the store and the sinks do: a whole row takes the place of the partial one.
  void Store(const Row& row) {
    const auto same = std::find_if(rows.begin(), rows.end(), [&](const Row& other) {
      return other.key == row.key && other.interval == row.interval && other.version == row.version;
    });
    if (same == rows.end()) {
      rows.push_back(row);
    } else {
      TRIBUTARY_CHECK(same->partial && !row.partial && same->total == row.total);
      *same = row;
    }
  }

  // Rows of an interval by name; late ones of version v as "name/v".
  std::map<std::string, double> Values(IntervalIndex interval) const {
    std::map<std::string, double> values;
    for (const Row& row : rows) {
      if (row.interval != interval) continue;
      values[row.version == 1 ? row.key->name : row.key->name + "/" + std::to_string(row.version)] += ValueOf(row);
    }
    return values;
  }
  const Row* Find(const std::string& name, IntervalIndex interval, uint32_t version = 1) const {
    const Row* found = nullptr;
    for (const Row& row : rows) {
      if (row.key->name == name && row.interval == interval && row.version == version) found = &row;
    }
    return found;
  }
  bool WasCommitted(int agent, IntervalIndex interval, uint32_t chunk = 0) const {
    return std::count(committed.begin(), committed.end(), UnitName{AgentId(agent), interval, kPartition, chunk}) > 0;
  }
  bool BooksBalance() const {
    const WindowBookStats stats = book->stats();
    return stats.samples_accepted == stats.samples_committed + stats.samples_dropped + stats.samples_open;
  }

  const IntervalScale scale{absl::Seconds(10)};
  absl::Time now = scale.Start(kFirst);
  WindowBookOptions options;
  WindowBookState disk;
  std::unique_ptr<WindowBook> book;
  bool auto_commit = true;
  std::optional<CommitPlan> in_flight;
  std::vector<Row> rows;
  std::vector<std::string> events;  // committed, by title
  std::vector<CloseKind> kinds;
  std::vector<UnitName> committed;
  std::vector<std::pair<UnitName, UnitStatus>> received;
  std::vector<WindowOutputs::Pull> pulls;
  std::vector<WindowOutputs::Welcome> welcomes;
  std::vector<std::pair<InstanceId, IntervalIndex>> markers;
};

// A harness past its cold start, with that many agents that have said Hello.
inline std::unique_ptr<BookHarness> WarmHarness(int agents) {
  auto harness = std::make_unique<BookHarness>(agents);
  harness->OwnEverything();
  for (int agent = 0; agent < agents; ++agent) harness->Hello(agent);
  harness->Advance(absl::Seconds(6));
  return harness;
}

}  // namespace tributary
