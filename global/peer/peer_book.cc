#include "global/peer/peer_book.h"

#include <algorithm>
#include <utility>

namespace tributary {
namespace {

constexpr size_t kMaxParts = 256;  // as many as there are steps
constexpr uint32_t kRosterStates = 5;

size_t ChunksOf(const Claim& claim) {
  size_t chunks = 0;
  for (const ClaimPart& part : claim) chunks += part.chunks.size();
  return chunks;
}

void AddPart(const ClaimPart& part, v1::Claim& claim) {
  v1::ClaimPart& message = *claim.add_parts();
  message.set_first_step(part.first_step);
  message.set_main(part.main);
  message.set_closed(part.closed);
  v1::ClaimUnit* unit = nullptr;
  for (const ClaimChunk& chunk : part.chunks) {
    if (unit == nullptr || unit->instance() != chunk.instance.bytes()) {
      unit = message.add_units();
      unit->set_instance(std::string(chunk.instance.bytes()));
    }
    unit->add_chunks(chunk.chunk);
    unit->add_crc32c(chunk.crc32c);
  }
}

v1::Claim ToProto(WindowName name, const Claim& claim) {
  v1::Claim message;
  message.set_interval(name.first);
  message.set_partition(name.second);
  for (const ClaimPart& part : claim) AddPart(part, message);
  return message;
}

bool IsWindow(int64_t interval, uint32_t partition) {
  return interval >= 0 && interval <= kMaxInterval && partition < kPartitionCount;
}

std::optional<Claim> FromProto(const v1::Claim& message) {
  if (!IsWindow(message.interval(), message.partition())) return std::nullopt;
  if (static_cast<size_t>(message.parts_size()) > kMaxParts) return std::nullopt;
  Claim claim;
  for (const v1::ClaimPart& part : message.parts()) {
    claim.push_back({});
    claim.back().first_step = static_cast<uint8_t>(part.first_step());
    claim.back().main = part.main();
    claim.back().closed = part.closed();
    for (const v1::ClaimUnit& unit : part.units()) {
      const auto instance = InstanceId::FromBytes(unit.instance());
      if (!instance || unit.chunks_size() != unit.crc32c_size()) return std::nullopt;
      for (int i = 0; i < unit.chunks_size(); ++i) {
        claim.back().chunks.push_back({*instance, unit.chunks(i), unit.crc32c(i)});
      }
    }
    std::vector<ClaimChunk>& chunks = claim.back().chunks;
    std::sort(chunks.begin(), chunks.end());
    chunks.erase(std::unique(chunks.begin(), chunks.end()), chunks.end());
  }
  return claim;
}

template <class Visit>
void ForEachIn(const PartitionSet& partitions, Visit visit) {
  for (size_t p = partitions._Find_first(); p < partitions.size(); p = partitions._Find_next(p)) {
    visit(static_cast<PartitionId>(p));
  }
}

}  // namespace

void AddRoster(const std::vector<RosterEntry>& roster, v1::PeerResponse& response) {
  response.set_warm(true);
  for (const RosterEntry& entry : roster) {
    v1::PeerInstance& instance = *response.add_roster();
    instance.set_instance(std::string(entry.instance.bytes()));
    instance.set_host(entry.host);
    instance.set_first_interval(entry.first_interval);
    if (entry.final_interval) instance.set_final_interval(*entry.final_interval);
    instance.set_last_heard_unix_ms(absl::ToUnixMillis(entry.last_heard));
    instance.set_state(static_cast<uint32_t>(entry.state));
  }
}

std::vector<RosterEntry> RosterIn(const v1::PeerResponse& response) {
  std::vector<RosterEntry> roster;
  for (const v1::PeerInstance& instance : response.roster()) {
    const auto id = InstanceId::FromBytes(instance.instance());
    if (!id || instance.host().size() > kMaxLabelBytes || instance.state() >= kRosterStates) continue;
    RosterEntry entry{*id, instance.host(), instance.first_interval(), std::nullopt, {}};
    if (instance.has_final_interval()) entry.final_interval = instance.final_interval();
    entry.last_heard = absl::FromUnixMillis(instance.last_heard_unix_ms());
    entry.state = static_cast<RosterEntry::State>(instance.state());
    roster.push_back(std::move(entry));
  }
  return roster;
}

PeerBook::PeerBook(Options options, uint64_t incarnation, const WindowBookState& state,
                   std::map<WindowName, LeftOut> left_out, ReadSteps read_steps, absl::Time now)
    : options_(std::move(options)),
      incarnation_(incarnation),
      read_steps_(std::move(read_steps)),
      returned_(now),
      left_out_(std::move(left_out)) {
  for (const auto& [name, steps] : state.manifests) held_[name.first].partitions.set(name.second);
  for (auto& [interval, held] : held_) held.revision = ++revision_;
  for (const auto& [name, out] : left_out_) contests_.try_emplace(name);
  for (const View& view : state.views) {
    const bool has_us = std::any_of(view.members.begin(), view.members.end(),
                                    [&](const Member& member) { return member.id == options_.node_id; });
    if (!has_us) views_without_.emplace(view.effective_from, view.sequence);
  }
  SetPeers(now, state.views);
}

void PeerBook::SetPeers(absl::Time now, const std::vector<View>& views) {
  addresses_.clear();
  for (const View& view : views) {
    bool has_us = false;
    for (const Member& member : view.members) {
      if (member.id == options_.node_id) {
        has_us = true;
      } else {
        addresses_[member.id] = member.address;  // the newest
      }
    }
    if (!has_us && views_without_.emplace(view.effective_from, view.sequence).second) returned_ = now;
  }
  while (views_without_.size() > 2 * ViewHistory::kKept) views_without_.erase(views_without_.begin());
  for (const auto& [id, address] : addresses_) peers_.try_emplace(id);
  std::erase_if(peers_, [&](const auto& peer) { return !addresses_.contains(peer.first); });
}

v1::PeerRequest PeerBook::Ask(const std::string& id) const {
  v1::PeerRequest request;
  request.set_cluster(options_.cluster);
  const auto peer = peers_.find(id);
  if (peer == peers_.end()) return request;
  request.set_incarnation(peer->second.incarnation);
  request.set_revision(peer->second.revision);
  std::map<IntervalIndex, PartitionSet> wanted;
  size_t asked = 0;
  for (const WindowName& name : peer->second.wanted) {
    if (++asked > kMaxAsked) break;
    wanted[name.first].set(name.second);
  }
  for (const auto& [interval, partitions] : wanted) {
    v1::WindowSet& set = *request.add_wanted();
    set.set_interval(interval);
    set.set_partitions(EncodePartitions(partitions));
  }
  return request;
}

v1::PeerResponse PeerBook::Answer(const v1::PeerRequest& request) const {
  v1::PeerResponse response;
  response.set_node_id(options_.node_id);
  response.set_incarnation(incarnation_);
  const uint64_t known = request.incarnation() == incarnation_ ? request.revision() : 0;
  std::map<uint64_t, IntervalIndex> changed;
  for (const auto& [interval, held] : held_) {
    if (held.revision > known) changed[held.revision] = interval;
  }
  response.set_revision(revision_);
  for (const auto& [revision, interval] : changed) {
    if (static_cast<size_t>(response.held_size()) == kMaxHeld) {
      response.set_more(true);
      break;
    }
    response.set_revision(revision);
    v1::WindowSet& set = *response.add_held();
    set.set_interval(interval);
    set.set_partitions(EncodePartitions(held_.at(interval).partitions));
  }
  if (!response.more()) response.set_revision(revision_);
  size_t windows = 0;
  size_t chunks = 0;
  for (const v1::WindowSet& set : request.wanted()) {
    const auto partitions = DecodePartitions(set.partitions());
    const auto held = held_.find(set.interval());
    if (!partitions || held == held_.end()) continue;
    ForEachIn(*partitions & held->second.partitions, [&](PartitionId partition) {
      if (windows >= kMaxAsked || (windows > 0 && chunks > kMaxAnswerChunks)) return;
      const WindowName name(set.interval(), partition);
      const Claim claim = ClaimOf(read_steps_(name));
      windows += 1;
      chunks += ChunksOf(claim);
      *response.add_claims() = ToProto(name, claim);
    });
  }
  return response;
}

void PeerBook::Heard(absl::Time asked, const std::string& id, const v1::PeerResponse& response) {
  const auto found = peers_.find(id);
  if (found == peers_.end() || response.node_id() != id || response.incarnation() == 0) return;
  Peer& peer = found->second;
  TakeHeld(id, peer, response);
  TakeClaims(id, peer, response);
  if (!peer.is_complete || response.more() || !peer.wanted.empty()) return;
  peer.heard = std::max(peer.heard, asked);
  if (std::exchange(peer.is_known, true)) return;
  // What waited for it, since a start of ours or its own.
  for (const auto& [name, out] : left_out_) {
    if (out.for_whom.contains(id)) undecided_.insert(name);
  }
}

void PeerBook::TakeHeld(const std::string& id, Peer& peer, const v1::PeerResponse& response) {
  if (peer.incarnation != response.incarnation()) {
    peer.incarnation = response.incarnation();
    peer.revision = 0;
    peer.is_complete = false;
    peer.is_known = false;
    peer.held.clear();
    peer.wanted.clear();
  }
  for (const v1::WindowSet& set : response.held()) {
    if (set.interval() < floor_ || set.interval() > kMaxInterval || !DecodePartitions(set.partitions())) continue;
    peer.held[set.interval()] = set.partitions();
    const PartitionSet partitions = *DecodePartitions(set.partitions());
    ForEachIn(partitions & Interest(set.interval()),
              [&](PartitionId partition) { peer.wanted.emplace(set.interval(), partition); });
  }
  peer.revision = std::max(peer.revision, response.revision());
  if (response.more() || std::exchange(peer.is_complete, true)) return;
  // What an earlier process of it had and this one has not.
  std::vector<WindowName> gone;
  for (const auto& [name, contest] : contests_) {
    if (!contest.claims.contains(id)) continue;
    const auto held = peer.held.find(name.first);
    const auto partitions = held == peer.held.end() ? std::nullopt : DecodePartitions(held->second);
    if (!partitions || !partitions->test(name.second)) gone.push_back(name);
  }
  for (const WindowName& name : gone) DropClaim(id, name);
}

void PeerBook::TakeClaims(const std::string& id, Peer& peer, const v1::PeerResponse& response) {
  for (const v1::Claim& message : response.claims()) {
    std::optional<Claim> claim = FromProto(message);
    if (!claim) continue;
    const WindowName name(message.interval(), static_cast<PartitionId>(message.partition()));
    if (peer.wanted.erase(name) == 0) continue;
    DropClaim(id, name);
    known_chunks_ += ChunksOf(*claim);
    contests_[name].claims[id] = *std::move(claim);
    undecided_.insert(name);
  }
  BoundClaims();
}

void PeerBook::DropClaim(const std::string& id, WindowName name) {
  const auto contest = contests_.find(name);
  if (contest == contests_.end()) return;
  const auto claim = contest->second.claims.find(id);
  if (claim == contest->second.claims.end()) return;
  known_chunks_ -= ChunksOf(claim->second);
  contest->second.claims.erase(claim);
  undecided_.insert(name);
}

void PeerBook::BoundClaims() {
  while (known_chunks_ > kMaxKnownChunks && contests_.size() > 1) {
    const auto oldest = contests_.begin();
    for (const auto& [id, claim] : oldest->second.claims) known_chunks_ -= ChunksOf(claim);
    missing_chunks_ -= oldest->second.missing;
    undecided_.erase(oldest->first);
    contests_.erase(oldest);
  }
}

PartitionSet PeerBook::Interest(IntervalIndex interval) const {
  PartitionSet interest;
  if (const auto held = held_.find(interval); held != held_.end()) interest |= held->second.partitions;
  if (const auto open = open_.find(interval); open != open_.end()) interest |= open->second;
  return interest;
}

void PeerBook::MeetAll(IntervalIndex interval) {
  for (auto& [id, peer] : peers_) Meet(id, peer, interval);
}

// What is of interest since now, and known of the other.
void PeerBook::Meet(const std::string& id, Peer& peer, IntervalIndex interval) {
  const auto held = peer.held.find(interval);
  if (held == peer.held.end()) return;
  ForEachIn(*DecodePartitions(held->second) & Interest(interval), [&](PartitionId partition) {
    const WindowName name(interval, partition);
    const auto contest = contests_.find(name);
    if (contest == contests_.end() || !contest->second.claims.contains(id)) peer.wanted.insert(name);
  });
}

void PeerBook::Committed(const std::vector<WindowName>& windows) {
  std::set<IntervalIndex> intervals;
  for (const WindowName& name : windows) {
    held_[name.first].partitions.set(name.second);
    intervals.insert(name.first);
    if (contests_.contains(name)) undecided_.insert(name);
  }
  for (const IntervalIndex interval : intervals) {
    held_[interval].revision = ++revision_;
    MeetAll(interval);
  }
}

void PeerBook::SetOpen(IntervalIndex floor, std::map<IntervalIndex, PartitionSet> open) {
  ForgetBefore(floor);
  std::swap(open_, open);
  for (const auto& [interval, partitions] : open_) {
    const auto before = open.find(interval);
    if (before != open.end() && (partitions & ~before->second).none()) continue;
    MeetAll(interval);
    // What is open again has to be told what is read elsewhere.
    ForEachIn(before == open.end() ? partitions : partitions & ~before->second, [&](PartitionId partition) {
      if (contests_.contains({interval, partition})) undecided_.insert({interval, partition});
    });
  }
}

void PeerBook::ForgetBefore(IntervalIndex floor) {
  if (floor <= floor_) return;
  floor_ = floor;
  held_.erase(held_.begin(), held_.lower_bound(floor));
  left_out_.erase(left_out_.begin(), left_out_.lower_bound({floor, 0}));
  for (auto& [id, peer] : peers_) {
    peer.held.erase(peer.held.begin(), peer.held.lower_bound(floor));
    peer.wanted.erase(peer.wanted.begin(), peer.wanted.lower_bound({floor, 0}));
  }
  while (!contests_.empty() && contests_.begin()->first.first < floor) {
    const auto oldest = contests_.begin();
    for (const auto& [id, claim] : oldest->second.claims) known_chunks_ -= ChunksOf(claim);
    missing_chunks_ -= oldest->second.missing;
    undecided_.erase(oldest->first);
    contests_.erase(oldest);
  }
}

absl::Time PeerBook::HeardAsOf(absl::Time now) const {
  const absl::Time excused = now - options_.patience * options_.interval;
  absl::Time all = absl::InfiniteFuture();
  for (const auto& [id, peer] : peers_) all = std::min(all, std::max({peer.heard, excused}));
  return all;
}

bool PeerBook::IsReturning(absl::Time now) const {
  if (now - returned_ >= options_.patience * options_.interval) return false;
  return std::any_of(peers_.begin(), peers_.end(), [&](const auto& peer) { return peer.second.heard < returned_; });
}

bool PeerBook::KnowsAll(const LeftOut& left_out) const {
  return std::all_of(left_out.for_whom.begin(), left_out.for_whom.end(), [&](const std::string& id) {
    const auto peer = peers_.find(id);
    return peer != peers_.end() && peer->second.is_known;
  });
}

void PeerBook::Decide(WindowName name) {
  Contest& contest = contests_.at(name);
  const Claim own = ClaimOf(read_steps_(name));
  std::vector<ClaimOn> claims = {{&options_.node_id, &own}};
  for (const auto& [id, claim] : contest.claims) claims.push_back({&id, &claim});
  const std::vector<std::vector<bool>> read = ChooseRead(claims);

  WindowContest told{name.first, name.second, false, {}, {}};
  std::set<ClaimChunk> here;
  LeftOut out;
  for (size_t i = 0; i < claims.size(); ++i) {
    for (size_t j = 0; j < claims[i].claim->size(); ++j) {
      const ClaimPart& part = (*claims[i].claim)[j];
      if (!read[i][j]) continue;
      here.insert(part.chunks.begin(), part.chunks.end());
      told.main_is_elsewhere |= i > 0 && part.main && part.closed;
    }
  }
  for (size_t j = 0; j < own.size(); ++j) {
    if (!read[0][j]) out.versions |= own[j].versions;
  }
  if (out.versions.any()) {
    for (const auto& [id, claim] : contest.claims) out.for_whom.insert(id);
  }
  std::set<InstanceId> missing;
  std::set<ClaimChunk> missing_chunks;
  for (const ClaimOn& claim : claims) {
    for (const ClaimPart& part : *claim.claim) {
      for (const ClaimChunk& chunk : part.chunks) {
        if (here.contains(chunk)) continue;
        missing.insert(chunk.instance);
        missing_chunks.insert(chunk);
      }
    }
  }
  missing_chunks_ += missing_chunks.size();
  missing_chunks_ -= std::exchange(contest.missing, missing_chunks.size());
  for (const ClaimChunk& chunk : here) told.read.push_back({chunk.instance, chunk.chunk, chunk.crc32c});
  told.missing.assign(missing.begin(), missing.end());
  changed_contests_[name] = std::move(told);
  const auto before = left_out_.find(name);
  if (out.versions.none() ? before == left_out_.end() : before != left_out_.end() && before->second == out) return;
  changed_left_out_[name] = out;
  if (out.versions.none()) {
    left_out_.erase(name);
  } else {
    left_out_[name] = out;
  }
}

PeerBook::Changes PeerBook::TakeChanges() {
  Changes changes;
  if (options_.chooses) {
    for (const WindowName& name : std::exchange(undecided_, {})) {
      if (!contests_.contains(name)) continue;
      const auto known = left_out_.find(name);
      if (known != left_out_.end() && !KnowsAll(known->second)) continue;  // Heard comes back to it
      Decide(name);
    }
  }
  for (auto& [name, contest] : std::exchange(changed_contests_, {})) changes.contests.push_back(std::move(contest));
  for (auto& [name, out] : std::exchange(changed_left_out_, {})) changes.left_out.emplace_back(name, std::move(out));
  return changes;
}

}  // namespace tributary
