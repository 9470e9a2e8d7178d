#include "global/receive/receiver.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/log.h"
#include "common/wire/block_runs.h"
#include "common/wire/messages.h"
#include "common/wire/payload.h"
#include "global/receive/answers.h"

namespace tributary {
namespace {

constexpr uint32_t kProtocolVersion = 1;
constexpr absl::Duration kDrainPoll = absl::Milliseconds(20);

template <class Message>
std::optional<v1::Books> BooksIn(const Message& message) {
  return message.has_books() ? std::optional(message.books()) : std::nullopt;
}

uint64_t RandomIncarnation() {
  std::random_device random;
  return (static_cast<uint64_t>(random()) << 32) | random();
}

}  // namespace

Receiver::Receiver(EventLoop& loop, const Clock& clock, Options options, WindowBookState state, Committer& committer,
                   Telemetry& telemetry)
    : loop_(loop),
      clock_(clock),
      options_(std::move(options)),
      scale_(options_.interval),
      committer_(committer),
      metrics_(telemetry),
      incarnation_(RandomIncarnation()),
      audit_(state),
      book_(options_.book, std::move(state), clock.Now()),
      keys_(options_.book.max_series),
      departure_(options_.node_id, scale_, clock.Now()) {}

DeliveryServer::Callbacks Receiver::callbacks() {
  return {[this](Session& session) { sessions_[&session]; },
          [this](Session& session, v1::Up message) { OnMessage(session, std::move(message)); },
          [this](Session& session) { OnClose(session); }};
}

void Receiver::SetExpectedAgents(int agents) {
  if (!loop_.TryPost([this, agents] { book_.SetExpectedAgents(agents); })) {
    TRIBUTARY_LOG_WARN("expected_agents stays as it was: too much to do");
  }
}

void Receiver::Start() {
  const absl::Duration period = std::clamp(options_.interval / 10, absl::Milliseconds(20), absl::Milliseconds(500));
  loop_.RunEvery(period, [this] { Tick(); });
}

void Receiver::Tick() {
  Emit(book_.Step(clock_.Now(), tributary::Tick{}));
  warm_ = book_.warm();
  if (std::exchange(told_standing_, standing()) != standing()) {
    for (const InstanceId& proxy : proxies_) TellStanding(proxy);
  }
  metrics_.Publish(book_.stats());
  ShowRoster();
}

void Receiver::ShowRoster() {
  const uint64_t revision = book_.roster_revision();
  if (std::exchange(shown_revision_, revision) != revision) board_.SetRoster(book_.roster());
}

void Receiver::Describe(const v1::InspectRequest& request, v1::InspectResponse& response) const {
  const WindowBookStats stats = metrics_.stats();
  response.set_windows_open(stats.open_windows);
  response.set_committed_through_unix_ms(absl::ToUnixMillis(scale_.End(stats.sealed_through)));
  v1::Books& books = *response.mutable_books();
  books.set_accepted(stats.samples_accepted);
  books.set_committed(stats.samples_committed);
  books.set_open(stats.samples_open);
  if (stats.samples_dropped > 0) {
    v1::Drop& drop = *books.add_dropped();
    drop.set_reason("not_owner");
    drop.set_sample_count(stats.samples_dropped);
  }
  board_.Describe(response);
  if (request.audit_intervals() > 0) audit_.Describe(request.audit_intervals(), response);
}

void Receiver::OnClose(Session& session) {
  for (const InstanceId& instance : sessions_[&session]) {
    const auto route = route_.find(instance);
    if (route == route_.end() || route->second != &session) continue;
    route_.erase(route);
    proxies_.erase(instance);
  }
  sessions_.erase(&session);
}

void Receiver::OnMessage(Session& session, v1::Up message) {
  UnpackBlocks(message);
  // A batch is looked at block by block: one that is wrong must be answered, or it would come again for ever.
  const auto instance = InstanceId::FromBytes(message.instance());
  if (!instance || (!message.has_batch() && !Validate(message).ok())) {
    metrics_.messages_refused.Increment();
    return;
  }
  if (message.has_hello()) return OnHello(session, *instance, message.hello());
  if (!sessions_[&session].contains(*instance)) {
    metrics_.messages_refused.Increment();
    return;
  }
  route_[*instance] = &session;
  WindowOutputs out;
  if (message.has_batch()) {
    OnBatch(*instance, message.batch(), out);
  } else if (message.has_marker()) {
    OnMarker(*instance, message.marker(), out);
  } else if (message.has_view()) {
    OnView(message.view(), out);
  } else if (message.has_goodbye()) {
    board_.Take(*instance, message.goodbye().final_interval(), BooksIn(message.goodbye()));
    Append(book_.Step(clock_.Now(), AgentGoodbye{*instance, message.goodbye().final_interval()}), out);
  }
  Emit(std::move(out));
}

void Receiver::OnHello(Session& session, const InstanceId& instance, const v1::Hello& hello) {
  if (const std::string mismatch = MismatchOf(hello); !mismatch.empty()) {
    metrics_.hellos_refused.Increment();
    TRIBUTARY_LOG_WARN("refusing a peer at {}: {}", session.peer(), absl::CHexEscape(mismatch));
    v1::Down refusal;
    refusal.set_instance(std::string(instance.bytes()));
    refusal.set_owner(options_.node_id);
    refusal.mutable_refusal()->set_reason(mismatch);
    session.Send(std::move(refusal));
    if (hello.role() == v1::ROLE_PROXY) session.Close();
    return;
  }
  std::set<InstanceId>& instances = sessions_[&session];
  if (instances.size() > WindowBook::kMaxRoster) {
    metrics_.messages_refused.Increment();
    return;
  }
  instances.insert(instance);
  route_[instance] = &session;
  if (hello.role() == v1::ROLE_PROXY) {
    proxies_.insert(instance);
    for (const View& view : views_.views()) TellView(instance, view);
    return TellStanding(instance);
  }
  AgentHello joined{instance, hello.host(), hello.first_interval(), std::nullopt};
  if (!hello.supersedes().empty()) joined.supersedes = InstanceId::FromBytes(hello.supersedes());
  Emit(book_.Step(clock_.Now(), std::move(joined)));
}

std::string Receiver::MismatchOf(const v1::Hello& hello) const {
  const auto differs = [](absl::string_view what, const auto& theirs, const auto& ours) {
    return absl::StrCat(what, " is ", theirs, " there and ", ours, " here");
  };
  const auto interval_ms = static_cast<uint32_t>(absl::ToInt64Milliseconds(options_.interval));
  if (hello.protocol_version() != kProtocolVersion) {
    return differs("protocol_version", hello.protocol_version(), kProtocolVersion);
  }
  if (hello.cluster() != options_.cluster) return differs("cluster", hello.cluster(), options_.cluster);
  if (hello.interval_ms() != interval_ms) return differs("interval_ms", hello.interval_ms(), interval_ms);
  if (hello.partition_count() != kPartitionCount) {
    return differs("partition_count", hello.partition_count(), kPartitionCount);
  }
  return "";
}

void Receiver::OnBatch(const InstanceId& instance, const v1::Batch& batch, WindowOutputs& out) {
  for (const v1::Block& block : batch.blocks()) {
    if (Decode(instance, block)) {
      Append(book_.Step(clock_.Now(), std::move(unit_)), out);
    } else if (block.partition() < kPartitionCount) {
      const auto partition = static_cast<PartitionId>(block.partition());
      out.received.push_back({{instance, block.interval(), partition, block.chunk()}, UnitStatus::kInvalid});
    }
  }
}

bool Receiver::Decode(const InstanceId& instance, const v1::Block& block) {
  payload_.series.swap(unit_.series);
  if (!Validate(block).ok() || !DecodePayload(block, instance, keys_, payload_).ok()) {
    metrics_.units_undecodable.Increment();
    return false;
  }
  if (!options_.sinks_take_events) {
    metrics_.events_dropped.Increment(payload_.events.size());
    payload_.events.clear();
  }
  unit_.instance = instance;
  unit_.interval = block.interval();
  unit_.partition = static_cast<PartitionId>(block.partition());
  unit_.chunk = block.chunk();
  unit_.chunk_count = block.chunk_count();
  unit_.sample_count = block.sample_count();
  unit_.crc32c = block.crc32c();
  unit_.series.swap(payload_.series);
  unit_.events.swap(payload_.events);
  return true;
}

void Receiver::OnMarker(const InstanceId& instance, const v1::Marker& marker, WindowOutputs& out) {
  for (const v1::Drop& drop : marker.dropped()) metrics_.announced_drops.Increment(drop.sample_count());
  board_.Take(instance, marker.interval(), BooksIn(marker));
  // One of the future would make the past be forgotten.
  if (marker.interval() <= scale_.At(clock_.Now()) + 1) audit_.Announce(instance, marker);
  const AgentMarker taken{instance, marker.interval(), DecodePartitions(marker.nonempty()).value_or(PartitionSet())};
  Append(book_.Step(clock_.Now(), taken), out);
}

void Receiver::OnView(const v1::View& view, WindowOutputs& out) {
  absl::StatusOr<View> taken = FromProto(view);
  if (!taken.ok() || !views_.Add(*taken)) return;
  {
    MutexLock lock(mutex_);
    known_views_ = views_.views();
  }
  for (const InstanceId& proxy : proxies_) TellView(proxy, *taken);
  WarnUnlessMember(*taken);
  Append(book_.Step(clock_.Now(), *std::move(taken)), out);
}

// A mistyped node_id, or one that is not what DNS gives: its windows would only ever close complete.
void Receiver::WarnUnlessMember(const View& view) const {
  std::vector<std::string> ids;
  for (const Member& member : view.members) ids.push_back(member.id);
  if (std::find(ids.begin(), ids.end(), options_.node_id) != ids.end()) return;
  TRIBUTARY_LOG_WARN("from interval {} on the proxies' globals are {}; {} is none of them", view.effective_from,
                     absl::CHexEscape(absl::StrJoin(ids, ", ")), options_.node_id);
}

// Proxies learn from globals what was before them, and what other proxies have made.
void Receiver::TellView(const InstanceId& proxy, const View& view) {
  v1::Down down;
  *down.mutable_view() = ToProto(view);
  Send(proxy, std::move(down));
}

v1::Standing Receiver::standing() const {
  if (departure_.begun()) return v1::STANDING_LEAVING;
  return book_.warm() ? v1::STANDING_READY : v1::STANDING_COLD;
}

void Receiver::TellStanding(const InstanceId& proxy) {
  v1::Down down;
  down.mutable_welcome()->set_sealed_through(book_.stats().sealed_through);
  down.mutable_welcome()->set_standing(standing());
  Send(proxy, std::move(down));
}

void Receiver::Emit(WindowOutputs out) {
  for (const WindowOutputs::Welcome& welcome : out.welcomes) {
    v1::Down down;
    down.mutable_welcome()->set_sealed_through(welcome.sealed_through);
    Send(welcome.instance, std::move(down));
  }
  for (auto& [instance, received] : ReceivedBy(out)) {
    v1::Down down;
    *down.mutable_received() = std::move(received);
    Send(instance, std::move(down));
  }
  for (auto& [instance, committed] : CommittedBy(out)) {
    v1::Down down;
    *down.mutable_committed() = std::move(committed);
    Send(instance, std::move(down));
  }
  for (const WindowOutputs::Pull& pull : out.pulls) {
    v1::Down down;
    down.mutable_pull()->set_interval(pull.interval);
    for (const PartitionId partition : pull.partitions) down.mutable_pull()->add_partitions(partition);
    Send(pull.instance, std::move(down));
  }
  if (out.commit) Commit(*std::move(out.commit));
}

void Receiver::Commit(CommitPlan plan) {
  const uint64_t number = plan.number;
  for (const WindowCommit& window : plan.windows) {
    for (const Row& row : window.rows) metrics_.rows_approximate.Increment(row.approximate_order ? 1 : 0);
  }
  committer_.Commit(std::move(plan), [this, number](const CommitPlan& written) {
    audit_.Commit(written);
    // As a timer, for those cannot be refused.
    loop_.RunAfter(absl::ZeroDuration(), [this, number] { Emit(book_.Step(clock_.Now(), CommitDone{number})); });
  });
}

void Receiver::Send(const InstanceId& instance, v1::Down message) {
  const auto route = route_.find(instance);
  if (route == route_.end()) return;
  message.set_instance(std::string(instance.bytes()));
  message.set_owner(options_.node_id);
  if (message.has_welcome()) {
    message.mutable_welcome()->set_incarnation(incarnation_);
    message.mutable_welcome()->set_server_unix_ms(absl::ToUnixMillis(clock_.Now()));
  }
  PackNames(message);
  const bool is_welcome = message.has_welcome();
  if (route->second->Send(std::move(message))) return;
  metrics_.sends_dropped.Increment();
  // What else is lost is asked for again. Without its Welcome an agent keeps from us what it had sent before.
  if (is_welcome) route->second->Close();
}

Receiver::Left Receiver::Leave(absl::Duration grace) {
  leaving_ = true;
  Left left;
  for (const absl::Time until = absl::Now() + grace; !left.is_over && absl::Now() < until;) {
    std::atomic<bool> has_looked{false};
    const auto look = [&] {
      const absl::Time now = clock_.Now();
      departure_.Begin(now, views_);
      left = {departure_.IsOver(now, views_, book_.idle(), book_.stats().open_windows), departure_.was_removed()};
      has_looked = true;
    };
    if (!loop_.TryPost(look)) return {};
    while (!has_looked) absl::SleepFor(absl::Milliseconds(1));
    if (!left.is_over) absl::SleepFor(kDrainPoll);
  }
  return left;
}

std::vector<View> Receiver::KnownViews() const {
  MutexLock lock(mutex_);
  return known_views_;
}

absl::Status Receiver::Ready() const {
  if (leaving_) return absl::UnavailableError("leaving");
  if (!warm_) return absl::UnavailableError("waiting for agents after a start without a roster");
  return committer_.status();
}

}  // namespace tributary
