#include "tests/sim/checker.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/aggregate/aggregate_merger.h"
#include "common/hash/hash128.h"

namespace tributary::sim {

namespace {

constexpr double kHalf = 0.7;  // of the instances that have something: less is "from half the fleet"

using Names = std::set<std::pair<InstanceId, uint32_t>>;

Names NamedIn(const WindowCommit& commit, const Disk& disk) {
  Names names;
  const auto add = [&](const Manifest& manifest) {
    for (const ManifestChunk& chunk : manifest.chunks) names.emplace(chunk.instance, chunk.chunk);
  };
  add(commit.manifest);
  const auto before = disk.state.manifests.find({commit.interval, commit.partition});
  if (before != disk.state.manifests.end()) std::for_each(before->second.begin(), before->second.end(), add);
  return names;
}

bool IsExpected(const RosterEntry& entry) {
  return entry.state != RosterEntry::State::kLeft && entry.state != RosterEntry::State::kDead;
}

bool Holds(const RosterEntry& entry) {
  return entry.state == RosterEntry::State::kActive || entry.state == RosterEntry::State::kSilent;
}

}  // namespace

void Checker::CheckPlan(const std::string& global, absl::Time clock, const std::vector<RosterEntry>& roster,
                        const Disk& disk, const CommitPlan& plan) {
  for (const WindowCommit& commit : plan.windows) {
    if (commit.kind == CloseKind::kEarly) world_.Hit(Mark::kEarlyClose);
    if (commit.kind == CloseKind::kLate) world_.Hit(Mark::kLateVersion);
    if (commit.kind == CloseKind::kSuperset) world_.Hit(Mark::kSuperset);
    const bool partial = commit.kind == CloseKind::kPartial;
    const absl::Time half = world_.scale().End(commit.interval) + options_.interval / 2;
    if (commit.kind == CloseKind::kComplete && clock > half) world_.Hit(Mark::kHold);
    if (partial) world_.Hit(Mark::kPartialClose);
    if (!partial && commit.kind != CloseKind::kComplete && commit.kind != CloseKind::kSuperset) continue;
    const Names names = NamedIn(commit, disk);
    const auto window = truth_.windows().find({commit.interval, commit.partition});
    if (window == truth_.windows().end()) continue;
    const absl::Time due = world_.scale().End(commit.interval) + options_.hold * options_.interval;
    for (const uint32_t number : window->second) {
      const Chunk& chunk = truth_.at(number);
      if (chunk.chunk_count == 0 || chunk.is_twin || chunk.was_refused) continue;
      if (names.contains({chunk.instance, chunk.chunk})) continue;
      const auto entry = std::find_if(roster.begin(), roster.end(),
                                      [&](const RosterEntry& each) { return each.instance == chunk.instance; });
      // Of what died with it, and had told nobody of, nothing can be known.
      if (entry != roster.end() && chunk.was_lost && entry->first_interval > commit.interval) continue;
      if (entry == roster.end() || (partial ? !Holds(*entry) || clock >= due : !IsExpected(*entry))) continue;
      world_.Violate(partial ? "early" : "incomplete",
                     absl::StrFormat("%s closes %d/%d without chunk %d of agent %d", global,
                                     commit.interval - World::kStart, commit.partition, number, chunk.agent));
    }
  }
}

void Checker::NoteWritten(const std::string& global, absl::Time planned, WindowName window) {
  std::map<std::string, absl::Time>& writers = written_[window];
  if (!writers.emplace(global, world_.now()).second || writers.size() == 1) return;
  world_.Hit(Mark::kTwoOwners);
  const bool overtaken = std::any_of(writers.begin(), writers.end(), [&](const auto& writer) {
    return writer.first != global && writer.second > planned;
  });
  if (overtaken) world_.Hit(Mark::kZombieCommit);
}

void Checker::NoteStart(const std::string& global, const std::vector<RosterEntry>& roster) {
  Known& known = known_[global];
  known.started = world_.now();
  if (roster.empty()) {
    for (auto& [instance, heard] : known.instances) heard.since_the_start = false;
    return;
  }
  std::erase_if(known.instances, [&](const auto& heard) {
    return std::none_of(roster.begin(), roster.end(),
                        [&](const RosterEntry& entry) { return entry.instance == heard.first; });
  });
}

void Checker::NoteHello(const std::string& global, const InstanceId& instance, IntervalIndex first) {
  Heard& heard = known_[global].instances.try_emplace(instance, Heard{first, world_.now()}).first->second;
  heard.since_the_start = true;
}

std::vector<StoredRow> Checker::TakeRows(const std::string& global, absl::Time planned, const Disk& disk,
                                         const WindowCommit& commit) {
  planned_ = planned;
  NoteWritten(global, planned, {commit.interval, commit.partition});
  std::vector<StoredRow> rows;
  for (const Row& row : commit.rows) {
    if (row.key->type != MetricType::kCounter) continue;
    StoredRow stored{{commit.interval, commit.partition}, global, row, {}, 0, 0};
    stored.content = Content::Of(std::get<CounterAggregate>(row.value));
    for (const Row& other : commit.rows) {
      if (other.key->type == row.key->type || other.version != row.version) continue;
      std::string bytes;
      std::get<DistributionAggregate>(other.value).digest.Encode(bytes);
      stored.timer_hash = Xxh3Hash64(bytes, 0);
    }
    CheckRow(global, disk, commit.kind, stored);
    rows.push_back(std::move(stored));
  }
  return rows;
}

void Checker::CheckRow(const std::string& global, const Disk& disk, CloseKind kind, const StoredRow& row) {
  const auto [interval, partition] = row.window;
  static constexpr const char* kKinds[] = {"complete", "early", "partial", "late", "superset"};
  const std::string what = absl::StrFormat("%s, %d/%d version %d (%s)", global, interval - World::kStart, partition,
                                           row.counter.version, kKinds[static_cast<int>(kind)]);
  world_.Trace("%s: %s%s", what, Describe(row), row.counter.partial ? ", partial" : "");
  for (const uint8_t times : row.content.times) {
    if (times > 1) return world_.Violate("double", what + " has " + Describe(row));
  }
  if (row.content.times.size() > truth_.windows().at(row.window).size()) {
    return world_.Violate("double", what + " has chunks that were never sent");
  }
  if (row.timer_hash != HashOf(row.window, row.content)) {
    world_.Violate("digest", what + " differs from a fault-free run over " + Describe(row));
  }
  if (!row.counter.partial && !row.counter.late) CheckShare(what, disk, row);
}

// How many of the instances that have something, and from whom it could be expected, are in a value that is not
// flagged.
void Checker::CheckShare(const std::string& what, const Disk& disk, const StoredRow& row) {
  std::set<InstanceId> needed;
  std::set<InstanceId> here;
  for (const uint32_t number : truth_.windows().at(row.window)) {
    const Chunk& chunk = truth_.at(number);
    if (chunk.chunk_count == 0 || chunk.was_lost || chunk.was_refused || chunk.is_twin) continue;
    if (!IsForeseen(disk, row, chunk)) continue;
    needed.insert(chunk.instance);
    const bool is_here = row.content.TimesOf(chunk.digit) > 0;
    if (is_here || (chunk.twin != nullptr && row.content.TimesOf(chunk.twin->digit) > 0)) here.insert(chunk.instance);
  }
  if (static_cast<double>(here.size()) >= kHalf * static_cast<double>(needed.size())) return;
  world_.Violate(
      "half", absl::StrFormat("%s is made of %d instances of %d, and not flagged", what, here.size(), needed.size()));
}

// It was in the series' last row there, or had not begun then.
bool Checker::IsForeseen(const Disk& disk, const StoredRow& row, const Chunk& chunk) const {
  const Known& known = known_.at(row.emitter);
  const auto heard = known.instances.find(chunk.instance);
  if (heard == known.instances.end() || heard->second.at >= planned_) return false;
  // A start without a roster waits for who speaks meanwhile.
  if (!heard->second.since_the_start && chunk.up_since > known.started) return false;
  for (IntervalIndex interval = row.window.first - 1; interval >= World::kStart - 2; --interval) {
    const auto before = disk.rows.find({interval, row.window.second});
    if (before == disk.rows.end()) continue;
    return heard->second.first_interval > interval || Contains(before->second, chunk.instance);
  }
  return true;
}

bool Checker::Contains(const std::vector<StoredRow>& rows, const InstanceId& instance) const {
  return std::any_of(rows.begin(), rows.end(), [&](const StoredRow& row) {
    const std::vector<uint32_t>& numbers = truth_.windows().at(row.window);
    return std::any_of(numbers.begin(), numbers.end(), [&](uint32_t number) {
      const Chunk& chunk = truth_.at(number);
      return chunk.instance == instance && chunk.chunk_count > 0 && row.content.TimesOf(chunk.digit) > 0;
    });
  });
}

// Digit, agent and life of each chunk.
std::string Checker::Describe(const StoredRow& row) const {
  std::string text;
  const std::vector<uint32_t>& numbers = truth_.windows().at(row.window);
  for (size_t digit = 0; digit < row.content.times.size(); ++digit) {
    if (row.content.times[digit] == 0) continue;
    absl::StrAppend(&text, text.empty() ? "" : " ", digit);
    if (digit < numbers.size()) {
      const Chunk& chunk = truth_.at(numbers[digit]);
      absl::StrAppend(&text, "=", chunk.agent, ".", chunk.life, chunk.is_twin ? "t" : "");
    }
    if (row.content.times[digit] > 1) absl::StrAppend(&text, "x", row.content.times[digit]);
  }
  return absl::StrCat("{", text, "}");
}

uint64_t Checker::HashOf(WindowName window, const Content& content) {
  const auto [known, is_new] = hashes_.try_emplace({window, content.times}, 0);
  if (!is_new) return known->second;
  AggregateMerger merger(MetricType::kTimer, options_.merge);
  const std::vector<uint32_t>& numbers = truth_.windows().at(window);
  for (size_t digit = 0; digit < content.times.size(); ++digit) {
    const Chunk& chunk = truth_.at(numbers[digit]);
    if (content.times[digit] > 0) merger.Add(chunk.timer, chunk.instance);
  }
  const Aggregate merged = merger.Finish();
  std::string bytes;
  std::get<DistributionAggregate>(merged).digest.Encode(bytes);
  return known->second = Xxh3Hash64(bytes, 0);
}

}  // namespace tributary::sim
