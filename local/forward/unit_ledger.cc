#include "local/forward/unit_ledger.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/hash/hash128.h"
#include "common/wire/messages.h"
#include "common/wire/payload.h"

namespace tributary {

namespace {

constexpr uint32_t kProtocolVersion = 1;
constexpr int kUncommittedIntervals = 30;  // for Committed, after Received
constexpr double kSpread = 0.3;            // of an interval: sending of all agents is spread over it
constexpr size_t kMaxEarlyWelcomes = 1024;

// In [0, 1).
double Fraction(absl::string_view bytes, uint64_t seed) {
  return static_cast<double>(Xxh3Hash64(bytes, seed) >> 11) * 0x1p-53;
}

}  // namespace

const char* UnitDropName(UnitDrop reason) {
  switch (reason) {
    case UnitDrop::kForwardMemory:
      return "forward_memory";
    case UnitDrop::kInvalid:
      return "invalid";
    case UnitDrop::kTooOld:
      return "too_old";
    case UnitDrop::kConflict:
      return "conflict";
    case UnitDrop::kSpoolBound:
      return "spool_bound";
    case UnitDrop::kSpoolLost:
      return "spool_lost";
  }
  return "";
}

UnitLedger::UnitLedger(Options options, UnitSpool* spool)
    : options_(std::move(options)),
      spool_(spool),
      spread_(options_.interval * kSpread * Fraction(options_.instance.bytes(), 0)),
      markers_(options_.interval * kUnansweredIntervals, options_.retain_age),
      retained_({options_.retain_bytes, options_.retain_disk_bytes, options_.retain_age}, spool) {
  if (!options_.supersedes.empty()) superseded_.push_back(options_.supersedes);
}

// Inputs.

void UnitLedger::Close(absl::Time now, ClosedInterval closed) {
  const absl::Time due = hurried_ ? now : now + spread_;
  newest_closed_ = std::max(newest_closed_, closed.interval);
  std::set<BlockName> names;
  for (std::vector<v1::Block>* blocks : {&closed.blocks, &closed.late_blocks}) {
    for (v1::Block& block : *blocks) {
      names.insert(NameOf(block));
      Accept(std::move(block), due);
    }
  }
  if (options_.spool_always && spool_ != nullptr) SpoolNew(names);
  taken_.Add(closed.counts);
  local_samples_ += closed.local_samples;
  EnforceMemory();
  AnnounceDrops(closed.marker);
  *closed.marker.mutable_books() = MakeBooks();
  newest_marker_ = closed.marker;
  NoteMarker();
  markers_.Add(due, std::move(closed.marker));
  PassTime(now);
}

void UnitLedger::StreamOpened(absl::Time now) {
  stream_open_ = true;
  hellos_due_ = std::max<size_t>(superseded_.size(), 1);
  for (auto& [id, owner] : owners_) {
    owner.closed_until = now + kUnansweredIntervals * options_.interval;  // or its Welcome
  }
}

void UnitLedger::StreamClosed(absl::Time now) {
  stream_open_ = false;
  early_welcomes_.clear();
  markers_.StreamClosed();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->second.state == State::kSent) MakeReady(it);
  }
  PassTime(now);
}

void UnitLedger::Receive(absl::Time now, const v1::Down& down) {
  if (down.instance() != options_.instance.bytes()) return;
  switch (down.message_case()) {
    case v1::Down::kWelcome:
      return HandleWelcome(now, down.owner(), down.welcome());
    case v1::Down::kView:
      return AddView(now, down.view());
    case v1::Down::kReceived:
      return HandleReceived(now, down.owner(), down.received());
    case v1::Down::kCommitted:
      return HandleCommitted(now, down.committed());
    case v1::Down::kPull:
      return HandlePull(now, down.pull());
    case v1::Down::kCredit:
      if (Owner* owner = FindOwner(down.owner())) owner->credit_bytes = down.credit().bytes();
      return;
    case v1::Down::kRefusal:  // the stream ends; the shell tells the reason
    case v1::Down::MESSAGE_NOT_SET:
      return;
  }
}

void UnitLedger::Hurry(absl::Time now) {
  hurried_ = true;
  markers_.Hurry(now);
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->second.state == State::kHeld) MakeReady(it);
  }
}

void UnitLedger::Supersede(const InstanceId& instance) {
  superseded_.push_back(instance);
  if (stream_open_) hellos_due_ = superseded_.size();
}

void UnitLedger::SayGoodbye(IntervalIndex final_interval) { goodbye_ = final_interval; }

bool UnitLedger::drained() const { return counts_.samples_pending == 0 && markers_.EveryMemberHasAll(); }

// What owners say.

void UnitLedger::HandleWelcome(absl::Time now, const std::string& owner_id, const v1::Welcome& welcome) {
  Owner* owner = FindOwner(owner_id);
  if (owner == nullptr) {
    if (early_welcomes_.size() < kMaxEarlyWelcomes) early_welcomes_[owner_id] = welcome;
    return;
  }
  const bool forgot = owner->incarnation.has_value() && *owner->incarnation != welcome.incarnation();
  owner->incarnation = welcome.incarnation();
  owner->closed_until = absl::InfinitePast();
  if (welcome.credit_bytes() > 0) owner->credit_bytes = welcome.credit_bytes();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->second.owner != owner) continue;
    const State state = it->second.state;
    if (state == State::kSent || (forgot && state == State::kReceived)) MakeReady(it);
  }
  markers_.Welcome(now, owner_id, forgot, welcome.sealed_through());
}

void UnitLedger::HandleReceived(absl::Time now, const std::string& owner_id, const v1::Received& received) {
  Owner* speaker = FindOwner(owner_id);
  for (const v1::Received::Blocks& blocks : received.blocks()) {
    for (int i = 0; i < blocks.partitions_size(); ++i) {
      const auto it =
          entries_.find({blocks.interval(), static_cast<PartitionId>(blocks.partitions(i)), blocks.chunks(i)});
      if (it != entries_.end()) HandleStatus(now, speaker, blocks.status(), it);
    }
  }
  for (const IntervalIndex interval : received.markers()) markers_.Acknowledge(owner_id, interval);
}

void UnitLedger::HandleStatus(absl::Time now, Owner* speaker, v1::BlockStatus status, Entries::iterator it) {
  const bool awaited = it->second.state == State::kSent;
  switch (status) {
    case v1::BLOCK_STATUS_OK:
    case v1::BLOCK_STATUS_DUPLICATE:
      if (speaker == nullptr || it->second.state == State::kReceived) return;
      counts_.units_received += 1;
      return MoveTo(it, State::kReceived, speaker, now + kUncommittedIntervals * options_.interval);
    case v1::BLOCK_STATUS_UNAVAILABLE:
      if (!awaited) return;
      NoteRefusal(it);
      it->second.owner->closed_until = now + kUnansweredIntervals * options_.interval;
      return MakeReady(it);
    case v1::BLOCK_STATUS_BUSY:
    case v1::BLOCK_STATUS_TOO_NEW:
      if (!awaited) return;
      NoteRefusal(it);
      return Hold(it, BusyUntil(now, it->first));
    case v1::BLOCK_STATUS_INVALID:
      return DropEntry(it, UnitDrop::kInvalid);
    case v1::BLOCK_STATUS_TOO_OLD:
      return DropEntry(it, UnitDrop::kTooOld);
    case v1::BLOCK_STATUS_CONFLICT:
      return DropEntry(it, UnitDrop::kConflict);
    default:
      return;
  }
}

void UnitLedger::HandleCommitted(absl::Time now, const v1::Committed& committed) {
  for (int i = 0; i < committed.partitions_size(); ++i) {
    const auto it =
        entries_.find({committed.interval(), static_cast<PartitionId>(committed.partitions(i)), committed.chunks(i)});
    if (it == entries_.end()) continue;
    if (!it->second.was_committed) {
      counts_.units_committed += 1;
      counts_.samples_committed += it->second.block.sample_count();
    }
    Retain(now, it);
  }
  NoteProgress();
}

void UnitLedger::HandlePull(absl::Time now, const v1::Pull& pull) {
  std::set<PartitionId> partitions;
  for (const uint32_t partition : pull.partitions()) partitions.insert(static_cast<PartitionId>(partition));
  for (auto it = entries_.lower_bound({pull.interval(), 0, 0});
       it != entries_.end() && it->first.interval == pull.interval(); ++it) {
    if (it->second.state != State::kReady && partitions.contains(it->first.partition)) MakeReady(it);
  }
  const size_t room = options_.retain_bytes - std::min(options_.retain_bytes, pulled_bytes_);
  for (v1::Block& block : retained_.Take(pull.interval(), partitions, room)) {
    if (entries_.contains(NameOf(block))) continue;  // pulled before
    pulled_bytes_ += BytesOf(block);
    Insert(std::move(block), now)->second.was_committed = true;
  }
  PassTime(now);
}

void UnitLedger::AddView(absl::Time now, const v1::View& message) {
  absl::StatusOr<View> view = FromProto(message);
  if (!view.ok() || !views_.Add(*std::move(view))) return;
  std::set<std::string> known;
  std::set<std::string> members;
  for (const View& kept : views_.views()) {
    for (const Member& member : kept.members) known.insert(member.id);
  }
  for (const Member& member : views_.newest()->members) members.insert(member.id);
  for (auto& [id, owner] : owners_) owner.is_known = known.contains(id);
  for (const std::string& id : known) {
    const auto [owner, is_new] = owners_.try_emplace(id);
    if (is_new) owner->second.closed_until = now + kUnansweredIntervals * options_.interval;
    owner->second.is_member = members.contains(id);
  }
  markers_.SetOwners(std::move(members), known);
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    // Whoever has it is in no view any more: it is sent again, and counts once by its name.
    if (!it->second.owner->is_known) MakeReady(it);
  }
  Readdress();
  std::erase_if(owners_, [](const auto& owner) { return !owner.second.is_known; });
  for (const std::string& id : known) {
    if (const auto early = early_welcomes_.extract(id)) HandleWelcome(now, id, early.mapped());
  }
}

// Blocks and their states.

void UnitLedger::Accept(v1::Block block, absl::Time ready_at) {
  counts_.units_closed += 1;
  counts_.samples_accepted += block.sample_count();
  counts_.samples_pending += block.sample_count();
  counts_.pending_bytes += BytesOf(block);
  untaken_.insert(NameOf(block));
  Insert(std::move(block), ready_at);
}

UnitLedger::Entries::iterator UnitLedger::Insert(v1::Block block, absl::Time ready_at) {
  const BlockName name = NameOf(block);
  const auto [it, is_new] = entries_.try_emplace(name);
  TRIBUTARY_CHECK(is_new);
  it->second.block = std::move(block);
  Hold(it, ready_at);
  return it;
}

void UnitLedger::MakeReady(Entries::iterator it) { MoveTo(it, State::kReady, OwnerFor(it->first)); }

// Refused every time it was sent, it is with nobody.
void UnitLedger::NoteRefusal(Entries::iterator it) {
  if (--it->second.unanswered == 0 && !it->second.was_committed) untaken_.insert(it->first);
}

void UnitLedger::Hold(Entries::iterator it, absl::Time until) { MoveTo(it, State::kHeld, &nowhere_, until); }

void UnitLedger::MoveTo(Entries::iterator it, State state, Owner* owner, absl::Time deadline) {
  Leave(it);
  Entry& entry = it->second;
  entry.state = state;
  entry.owner = owner;
  entry.deadline = deadline;
  if (state == State::kReady) owner->ready.insert(it->first);
  if (state == State::kSent) CountSent(it, 1);
  if (deadline != absl::InfiniteFuture()) deadlines_.emplace(deadline, it->first);
}

void UnitLedger::CountSent(Entries::iterator it, int sign) {
  const uint64_t bytes = it->second.block.payload().size();
  Owner& owner = *it->second.owner;
  owner.sent_bytes += sign * static_cast<int64_t>(bytes);
  if (it->second.sent_old) owner.sent_old_bytes += sign * static_cast<int64_t>(bytes);
}

void UnitLedger::Leave(Entries::iterator it) {
  Entry& entry = it->second;
  if (entry.state == State::kReady) entry.owner->ready.erase(it->first);
  if (entry.state == State::kSent) CountSent(it, -1);
  deadlines_.erase({entry.deadline, it->first});
}

void UnitLedger::Remove(Entries::iterator it) {
  const v1::Block& block = it->second.block;
  if (it->second.was_committed) {
    pulled_bytes_ -= BytesOf(block);
  } else {
    counts_.samples_pending -= block.sample_count();
    counts_.pending_bytes -= BytesOf(block);
  }
  if (it->second.group != 0) FinishIn(it->second.group, block);
  Leave(it);
  untaken_.erase(it->first);
  entries_.erase(it);
}

void UnitLedger::Retain(absl::Time now, Entries::iterator it) {
  v1::Block block = it->second.block;
  Remove(it);
  retained_.Add(now, std::move(block));
}

void UnitLedger::DropEntry(Entries::iterator it, UnitDrop reason) {
  if (!it->second.was_committed) CountDropped(1, it->second.block.sample_count(), reason);
  Remove(it);
}

void UnitLedger::CountDropped(uint64_t blocks, uint64_t samples, UnitDrop reason) {
  counts_.units_dropped += blocks;
  counts_.samples_dropped[static_cast<int>(reason)] += samples;
  unannounced_[static_cast<int>(reason)] += samples;
}

// What an owner may have merged is kept; credit bounds it. A backlog for one that refuses is the first to go, as the
// oldest, and not what others would take.
void UnitLedger::EnforceMemory() {
  while (counts_.pending_bytes > options_.memory_bytes && !untaken_.empty()) {
    if (spool_ != nullptr && SpillOldest()) continue;
    DropEntry(entries_.find(*untaken_.begin()), UnitDrop::kForwardMemory);
  }
}

void UnitLedger::PassTime(absl::Time now) {
  NoteLostGroups();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto it = entries_.find(deadlines_.begin()->second);
    if (it->second.was_committed && it->second.state != State::kHeld) {
      Retain(now, it);  // whoever wanted it asks again
    } else {
      MakeReady(it);
    }
  }
  retained_.Expire(now);
}

void UnitLedger::Readdress() {
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->second.state == State::kReady && it->second.owner != OwnerFor(it->first)) MakeReady(it);
  }
}

// As proxies decide it: what an owner that has left still owned goes to the newest view's.
UnitLedger::Owner* UnitLedger::OwnerFor(const BlockName& name) {
  const Member* member = views_.OwnerOf(name.partition, name.interval);
  if (member == nullptr) return &nowhere_;
  Owner* owner = FindOwner(member->id);
  if (owner->is_member) return owner;
  return FindOwner(views_.OwnerOf(name.partition, views_.newest()->effective_from)->id);
}

UnitLedger::Owner* UnitLedger::FindOwner(const std::string& id) {
  const auto it = owners_.find(id);
  return it == owners_.end() ? nullptr : &it->second;
}

// Half an interval, give or take a quarter of it by name and time, so that not all come back at once.
absl::Time UnitLedger::BusyUntil(absl::Time now, const BlockName& name) const {
  const uint64_t seed = static_cast<uint64_t>(absl::ToUnixNanos(now)) ^ (uint64_t{name.partition} << 32) ^ name.chunk;
  return now + options_.interval * (0.375 + 0.25 * Fraction(options_.instance.bytes(), seed));
}

// Outputs.

std::optional<v1::Up> UnitLedger::Next(absl::Time now) {
  PassTime(now);
  if (!stream_open_) return std::nullopt;
  Load(now);
  v1::Up up;
  up.set_instance(std::string(options_.instance.bytes()));
  if (hellos_due_ > 0) {
    hellos_due_ -= 1;
    *up.mutable_hello() = MakeHello();
  } else if (std::optional<v1::Marker> marker = markers_.Next(now)) {
    *up.mutable_marker() = *std::move(marker);
  } else if (std::optional<v1::Batch> batch = NextBatch(now)) {
    *up.mutable_batch() = *std::move(batch);
  } else if (goodbye_.has_value()) {
    up.mutable_goodbye()->set_final_interval(*std::exchange(goodbye_, std::nullopt));
    *up.mutable_goodbye()->mutable_books() = MakeBooks();
  } else {
    return std::nullopt;
  }
  return up;
}

v1::Hello UnitLedger::MakeHello() const {
  v1::Hello hello;
  hello.set_protocol_version(kProtocolVersion);
  hello.set_cluster(options_.cluster);
  hello.set_role(v1::ROLE_AGENT);
  hello.set_host(options_.host);
  hello.set_interval_ms(static_cast<uint32_t>(absl::ToInt64Milliseconds(options_.interval)));
  hello.set_partition_count(kPartitionCount);
  hello.set_first_interval(options_.first_interval);
  if (hellos_due_ < superseded_.size()) hello.set_supersedes(std::string(superseded_[hellos_due_].bytes()));
  return hello;
}

v1::Books UnitLedger::MakeBooks() const {
  v1::Books books = inherited_;
  books.set_accepted(books.accepted() + taken_.accepted);
  books.set_committed(books.committed() + counts_.samples_committed);
  books.set_local(books.local() + local_samples_);
  books.set_pending(counts_.samples_pending);
  const auto add = [&](absl::string_view reason, uint64_t samples) {
    if (samples == 0) return;
    for (v1::Drop& known : *books.mutable_dropped()) {
      if (known.reason() == reason) return known.set_sample_count(known.sample_count() + samples);
    }
    v1::Drop* drop = books.add_dropped();
    drop->set_reason(std::string(reason));
    drop->set_sample_count(samples);
  };
  for (int i = 0; i < kDropReasonCount; ++i) add(DropReasonName(static_cast<DropReason>(i)), taken_.dropped[i]);
  for (int i = 0; i < kUnitDrops; ++i) add(UnitDropName(static_cast<UnitDrop>(i)), counts_.samples_dropped[i]);
  return books;
}

void UnitLedger::AnnounceDrops(v1::Marker& marker) {
  for (int reason = 0; reason < kUnitDrops; ++reason) {
    const uint64_t samples = std::exchange(unannounced_[reason], 0);
    if (samples == 0) continue;
    v1::Drop* drop = marker.add_dropped();
    drop->set_reason(UnitDropName(static_cast<UnitDrop>(reason)));
    drop->set_sample_count(samples);
  }
}

// What is live first, whoever owns it: a backlog delays nothing.
std::optional<v1::Batch> UnitLedger::NextBatch(absl::Time now) {
  for (const bool old : {false, true}) {
    Owner* best = nullptr;
    const std::string* best_id = nullptr;
    BlockName oldest;
    for (auto& [id, owner] : owners_) {
      if (owner.closed_until > now) continue;
      const BlockName* candidate = Candidate(owner, old);
      if (candidate == nullptr || (best != nullptr && oldest < *candidate)) continue;
      best = &owner;
      best_id = &id;
      oldest = *candidate;
    }
    if (best == nullptr) continue;
    v1::Batch batch;
    batch.set_owner(*best_id);
    FillBatch(now, *best, old, batch);
    return batch;
  }
  return std::nullopt;
}

// The oldest of the lane that may be sent now.
const BlockName* UnitLedger::Candidate(const Owner& owner, bool old) const {
  const auto first = old ? owner.ready.begin() : owner.ready.lower_bound({newest_closed_ - kLiveIntervals, 0, 0});
  if (first == owner.ready.end() || IsOld(*first) != old || !HasCredit(owner, *first)) return nullptr;
  return &*first;
}

void UnitLedger::FillBatch(absl::Time now, Owner& owner, bool old, v1::Batch& batch) {
  size_t bytes = 0;
  while (const BlockName* name = Candidate(owner, old)) {
    const auto it = entries_.find(*name);
    bytes += it->second.block.payload().size();
    const bool full = bytes > kMaxPayloadBytes || static_cast<size_t>(batch.blocks_size()) == kMaxGroupBlocks;
    if (batch.blocks_size() > 0 && full) return;
    *batch.add_blocks() = it->second.block;
    untaken_.erase(it->first);
    it->second.unanswered += 1;
    counts_.units_sent += 1;
    counts_.payload_bytes_sent += it->second.block.payload().size();
    it->second.sent_old = old;
    MoveTo(it, State::kSent, &owner, now + kUnansweredIntervals * options_.interval);
  }
}

// One block may always be under way in each lane, or a large one would never be.
bool UnitLedger::HasCredit(const Owner& owner, const BlockName& name) const {
  const uint64_t bytes = entries_.at(name).block.payload().size();
  if (IsOld(name)) {
    return owner.sent_old_bytes == 0 || owner.sent_old_bytes + bytes <= owner.credit_bytes / kBackfillShare;
  }
  const uint64_t live_bytes = owner.sent_bytes - owner.sent_old_bytes;
  return live_bytes == 0 || owner.sent_bytes + bytes <= owner.credit_bytes;
}

}  // namespace tributary
