#include "proxy/route/router.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/wire/messages.h"
#include "common/wire/payload.h"

namespace tributary {

namespace {

constexpr uint32_t kProtocolVersion = 1;
constexpr uint64_t kMinCreditBytes = 64u << 10;
constexpr uint64_t kMaxCreditBytes = 1u << 20;

void AddAnswer(std::map<std::pair<IntervalIndex, v1::BlockStatus>, v1::Received::Blocks>& answers,
               const v1::Block& block, v1::BlockStatus status) {
  v1::Received::Blocks& blocks = answers[{block.interval(), status}];
  blocks.set_interval(block.interval());
  blocks.set_status(status);
  blocks.add_partitions(block.partition());
  blocks.add_chunks(block.chunk());
}

// A block that is not well-formed can be answered only if its name is.
bool HasName(const v1::Block& block) {
  return block.interval() >= 0 && block.interval() <= kMaxInterval && block.partition() < kPartitionCount;
}

ViewMaker::Standing StandingIn(const v1::Welcome& welcome) {
  if (welcome.standing() == v1::STANDING_COLD) return ViewMaker::Standing::kCold;
  if (welcome.standing() == v1::STANDING_LEAVING) return ViewMaker::Standing::kLeaving;
  return ViewMaker::Standing::kReady;
}

uint64_t SampleCount(const v1::Batch& batch) {
  uint64_t samples = 0;
  for (const v1::Block& block : batch.blocks()) samples += block.sample_count();
  return samples;
}

}  // namespace

// Agents.

void Router::SessionOpened(SessionId session) { sessions_.emplace(session, Session()); }

void Router::SessionMessage(absl::Time now, SessionId id, v1::Up message) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;  // closed, but not yet gone
  Session& session = found->second;
  const InstanceId instance = InstanceId::FromBytes(message.instance()).value_or(InstanceId());
  if (message.has_hello()) return HandleHello(now, id, session, std::move(message));
  if (session.instance.empty()) return Refuse(id, instance, "Hello comes first");
  if (instance != session.instance) return Refuse(id, session.instance, "one instance per stream");
  if (message.has_batch()) return HandleBatch(id, session, std::move(*message.mutable_batch()));
  if (!Validate(message).ok() || message.has_view()) return Refuse(id, instance, "malformed message");
  SendToAll(session, message);  // a marker or a goodbye
}

void Router::SessionClosed(SessionId session) { Forget(session); }

void Router::HandleHello(absl::Time now, SessionId id, Session& session, v1::Up message) {
  const InstanceId instance = InstanceId::FromBytes(message.instance()).value_or(InstanceId());
  if (!Validate(message).ok()) return Refuse(id, instance, "malformed hello");
  if (const auto mismatch = Mismatch(message.hello())) return Refuse(id, instance, *mismatch);
  if (!session.instance.empty() && session.instance != instance) return Refuse(id, instance, "one instance per stream");
  if (const auto other = by_instance_.find(instance); other != by_instance_.end() && other->second != id) {
    Drop(other->second);
  }
  session.instance = instance;
  session.hello = std::move(message);
  by_instance_[instance] = id;
  counts_.agents = by_instance_.size();

  v1::Down welcome = FromProxy(instance);
  welcome.mutable_welcome()->set_incarnation(options_.incarnation);
  welcome.mutable_welcome()->set_server_unix_ms(absl::ToUnixMillis(now));
  ports_.SendDown(id, std::move(welcome));
  for (const View& view : views_.views()) {
    v1::Down down = FromProxy(instance);
    *down.mutable_view() = ToProto(view);
    ports_.SendDown(id, std::move(down));
  }
  for (auto& [owner, upstream] : upstreams_) SendHello(owner, upstream, session);
}

std::optional<std::string> Router::Mismatch(const v1::Hello& hello) const {
  const auto differs = [](absl::string_view what, const auto& theirs, const auto& ours) {
    return absl::StrCat(what, " is ", theirs, " at the agent and ", ours, " at the proxy");
  };
  const auto interval_ms = static_cast<uint32_t>(absl::ToInt64Milliseconds(options_.interval));
  if (hello.protocol_version() != kProtocolVersion) {
    return differs("protocol_version", hello.protocol_version(), kProtocolVersion);
  }
  if (hello.role() != v1::ROLE_AGENT) return "a proxy serves agents only";
  if (hello.cluster() != options_.cluster) return differs("cluster", hello.cluster(), options_.cluster);
  if (hello.interval_ms() != interval_ms) return differs("interval_ms", hello.interval_ms(), interval_ms);
  if (hello.partition_count() != kPartitionCount) {
    return differs("partition_count", hello.partition_count(), kPartitionCount);
  }
  return std::nullopt;
}

void Router::HandleBatch(SessionId id, const Session& session, v1::Batch batch) {
  std::map<std::string, v1::Batch> by_owner;
  Answers answers;
  size_t payload_bytes = 0;
  for (v1::Block& block : *batch.mutable_blocks()) {
    payload_bytes += block.payload().size();
    if (!Validate(block).ok() || payload_bytes > kMaxPayloadBytes) {
      counts_.blocks_invalid += 1;
      if (HasName(block)) AddAnswer(answers, block, v1::BLOCK_STATUS_INVALID);
    } else if (const std::string* owner = OwnerOf(static_cast<PartitionId>(block.partition()), block.interval())) {
      by_owner[*owner].add_blocks()->Swap(&block);
    } else {
      counts_.blocks_unowned += 1;
      AddAnswer(answers, block, v1::BLOCK_STATUS_UNAVAILABLE);
    }
  }
  for (auto& [owner, blocks] : by_owner) SendBlocks(session, owner, std::move(blocks), answers);
  if (answers.empty()) return;
  v1::Down down = FromProxy(session.instance);
  for (auto& [key, blocks] : answers) *down.mutable_received()->add_blocks() = std::move(blocks);
  if (!ports_.SendDown(id, std::move(down))) counts_.answers_dropped += 1;
}

void Router::SendBlocks(const Session& session, const std::string& owner, v1::Batch batch, Answers& answers) {
  OwnerCounts& counts = owner_counts_[owner];
  const auto upstream = upstreams_.find(owner);
  const bool open = upstream != upstreams_.end();
  if (open && !upstream->second.unheard.contains(session.instance)) {
    v1::Up up;
    up.set_instance(std::string(session.instance.bytes()));
    batch.set_owner(owner);
    *up.mutable_batch() = batch;
    if (ports_.SendUp(owner, std::move(up))) {
      counts.blocks_routed += static_cast<uint64_t>(batch.blocks_size());
      counts.samples_routed += SampleCount(batch);
      return;
    }
  }
  (open ? counts.blocks_busy : counts.blocks_unavailable) += static_cast<uint64_t>(batch.blocks_size());
  for (const v1::Block& block : batch.blocks()) {
    AddAnswer(answers, block, open ? v1::BLOCK_STATUS_BUSY : v1::BLOCK_STATUS_UNAVAILABLE);
  }
}

// Needs no answer: what a full queue does not take, the agent sends again until it is acknowledged.
void Router::SendToAll(const Session& session, const v1::Up& message) {
  for (const auto& [owner, upstream] : upstreams_) {
    if (!upstream.unheard.contains(session.instance)) ports_.SendUp(owner, message);
  }
}

bool Router::SendHello(const std::string& owner, Upstream& upstream, const Session& session) {
  const bool sent = ports_.SendUp(owner, session.hello);
  if (sent) {
    upstream.unheard.erase(session.instance);
  } else {
    upstream.unheard.insert(session.instance);
  }
  return sent;
}

void Router::Refuse(SessionId id, const InstanceId& instance, const std::string& reason) {
  counts_.agents_refused += 1;
  v1::Down down = FromProxy(instance);
  down.mutable_refusal()->set_reason(reason);
  ports_.SendDown(id, std::move(down));
  Drop(id);
}

void Router::Drop(SessionId id) {
  Forget(id);
  ports_.Close(id);
}

void Router::Forget(SessionId id) {
  const auto session = sessions_.find(id);
  if (session == sessions_.end()) return;
  const InstanceId instance = session->second.instance;
  sessions_.erase(session);
  const auto current = by_instance_.find(instance);
  if (current == by_instance_.end() || current->second != id) return;
  by_instance_.erase(current);
  for (auto& [owner, upstream] : upstreams_) upstream.unheard.erase(instance);
  counts_.agents = by_instance_.size();
}

// Owners.

void Router::UpstreamOpened(const std::string& owner) {
  Upstream& upstream = upstreams_[owner] = Upstream();
  v1::Up hello = ToOwner();
  hello.mutable_hello()->set_protocol_version(kProtocolVersion);
  hello.mutable_hello()->set_cluster(options_.cluster);
  hello.mutable_hello()->set_role(v1::ROLE_PROXY);
  hello.mutable_hello()->set_interval_ms(static_cast<uint32_t>(absl::ToInt64Milliseconds(options_.interval)));
  hello.mutable_hello()->set_partition_count(kPartitionCount);
  ports_.SendUp(owner, std::move(hello));
  SendViews(owner, upstream);
  for (const auto& [instance, session] : by_instance_) SendHello(owner, upstream, sessions_.at(session));
}

void Router::UpstreamMessage(absl::Time now, const std::string& owner, v1::Down message) {
  if (!Validate(message).ok()) {
    counts_.upstream_invalid += 1;
    return;
  }
  if (message.instance() == options_.instance.bytes()) return Learn(now, owner, message);
  const auto session = by_instance_.find(*InstanceId::FromBytes(message.instance()));
  if (session == by_instance_.end()) {
    counts_.answers_dropped += 1;
    return;
  }
  const SessionId id = session->second;
  message.set_owner(owner);
  const bool is_welcome = message.has_welcome();
  if (is_welcome) message.mutable_welcome()->set_credit_bytes(CreditBytes());
  const uint64_t committed = static_cast<uint64_t>(message.committed().partitions_size());
  if (ports_.SendDown(id, std::move(message))) {
    owner_counts_[owner].blocks_committed += committed;
    return;
  }
  counts_.answers_dropped += 1;
  if (is_welcome) Drop(id);  // agents send again what is not answered, but before that they wait for a Welcome
}

void Router::UpstreamClosed(const std::string& owner) {
  upstreams_.erase(owner);
  maker_.Lost(owner);
}

// What a global says to the proxy itself: the views it knows, then Welcome; later, views that others have made.
void Router::Learn(absl::Time now, const std::string& owner, const v1::Down& message) {
  if (message.has_view()) AddView(*FromProto(message.view()));
  if (message.has_welcome()) maker_.Heard(now, owner, StandingIn(message.welcome()));
  MakeView(now);
}

void Router::SetMembers(absl::Time now, std::vector<Member> members, std::vector<Member> others) {
  maker_.SetMembers(now, std::move(members));
  others_ = std::move(others);
  MakeView(now);
}

void Router::MakeView(absl::Time now) {
  if (std::optional<View> view = maker_.Take(now, views_.newest())) AddView(*std::move(view));
}

// False when it is known already, or too old.
bool Router::AddView(View view) {
  const v1::View message = ToProto(view);
  if (!views_.Add(std::move(view))) return false;
  newest_members_.clear();
  for (const Member& member : views_.newest()->members) newest_members_.insert(member.id);
  for (auto& [owner, upstream] : upstreams_) SendViews(owner, upstream);
  const std::map<InstanceId, SessionId> agents = by_instance_;
  for (const auto& [instance, session] : agents) {
    v1::Down down = FromProxy(instance);
    *down.mutable_view() = message;
    if (!ports_.SendDown(session, std::move(down))) Drop(session);  // it hears every view when it comes back
  }
  return true;
}

// All of them: who knows one already is not disturbed.
void Router::SendViews(const std::string& owner, Upstream& upstream) {
  upstream.views_unheard = false;
  for (const View& view : views_.views()) {
    v1::Up up = ToOwner();
    *up.mutable_view() = ToProto(view);
    if (!ports_.SendUp(owner, std::move(up))) upstream.views_unheard = true;
  }
}

void Router::Tick(absl::Time now) {
  MakeView(now);
  for (auto& [owner, upstream] : upstreams_) {
    if (upstream.views_unheard) SendViews(owner, upstream);
    const std::set<InstanceId> unheard = upstream.unheard;
    for (const InstanceId& instance : unheard) {
      if (!SendHello(owner, upstream, sessions_.at(by_instance_.at(instance)))) break;
    }
  }
}

std::vector<Member> Router::OwnersAt(IntervalIndex now) const {
  std::map<std::string, Member> owners;
  for (const Member& member : maker_.members()) owners.try_emplace(member.id, member);
  for (const Member& member : others_) owners.try_emplace(member.id, member);
  const std::vector<View> views = views_.views();
  for (size_t i = views.size(); i-- > 0;) {
    const bool over = i + 1 < views.size() && views[i + 1].effective_from + kUnderwayIntervals < now;
    if (over) break;
    for (const Member& member : views[i].members) owners.try_emplace(member.id, member);  // newer addresses first
  }
  std::vector<Member> list;
  for (auto& [id, member] : owners) list.push_back(std::move(member));
  return list;
}

const std::vector<Member>& Router::members() const {
  return views_.empty() ? maker_.members() : views_.newest()->members;
}

// An owner that leaves goes on with the intervals it owned. Once it is gone they go to the newest view's: globals take
// them over by the same rule.
const std::string* Router::OwnerOf(PartitionId partition, IntervalIndex interval) const {
  const Member* member = views_.OwnerOf(partition, interval);
  if (member == nullptr) return nullptr;
  if (newest_members_.contains(member->id) || upstreams_.contains(member->id)) return &member->id;
  return &views_.OwnerOf(partition, views_.newest()->effective_from)->id;
}

uint64_t Router::CreditBytes() const {
  const uint64_t agents = std::max<uint64_t>(1, by_instance_.size());
  return std::clamp(options_.owner_queue_bytes / agents, kMinCreditBytes, kMaxCreditBytes);
}

v1::Down Router::FromProxy(const InstanceId& instance) const {
  v1::Down down;
  down.set_instance(std::string(instance.bytes()));
  return down;
}

v1::Up Router::ToOwner() const {
  v1::Up up;
  up.set_instance(std::string(options_.instance.bytes()));
  return up;
}

}  // namespace tributary
