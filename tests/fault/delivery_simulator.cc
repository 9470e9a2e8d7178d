#include "tests/fault/delivery_simulator.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/aggregate/aggregate.h"
#include "common/base/check.h"
#include "common/base/instance_id.h"
#include "common/wire/messages.h"
#include "common/wire/payload.h"
#include "global/merge/window_book.h"
#include "global/receive/answers.h"
#include "local/forward/unit_ledger.h"
#include "proxy/route/router.h"

namespace tributary {

namespace {

constexpr IntervalIndex kStart = 100'000;
constexpr size_t kLinkBytes = 1 << 20;
constexpr absl::Duration kTick = absl::Seconds(1);

std::string GlobalId(int number) { return absl::StrCat("global-", number); }

}  // namespace

// A process: what it is to do while it is frozen waits for it; what it was to do when it was killed is forgotten.
class DeliverySimulator::Node {
 public:
  explicit Node(DeliverySimulator& sim) : sim_(sim) {}
  virtual ~Node() = default;

  bool alive() const { return alive_; }
  bool responsive() const { return alive_ && !frozen_; }
  uint64_t life() const { return life_; }
  // When it last began to run, or to run again after more than an interval.
  absl::Time running_since() const { return running_since_; }
  void Do(uint64_t life, std::function<void()> work) { Do(life, std::move(work), inbox_); }
  void DoAfter(absl::Duration delay, std::function<void()> work) {
    sim_.After(delay, [this, life = life_, work = std::move(work)] { Do(life, work, timers_); });
  }
  void Freeze() {
    frozen_ = true;
    frozen_at_ = sim_.now_;
  }
  void Thaw() {
    if (!std::exchange(frozen_, false)) return;
    if (sim_.now_ - frozen_at_ > sim_.scale_.length()) running_since_ = sim_.now_;
    std::deque<std::function<void()>> first = std::exchange(inbox_, {});
    std::deque<std::function<void()>> second = std::exchange(timers_, {});
    if (sim_.Chance() < 0.5) std::swap(first, second);
    const uint64_t life = life_;
    for (const auto& work : first) Do(life, work);
    for (const auto& work : second) Do(life, work);
  }

 protected:
  void Die() {
    alive_ = false;
    frozen_ = false;
    inbox_.clear();
    timers_.clear();
  }
  void Live() {
    alive_ = true;
    running_since_ = sim_.now_;
    ++life_;
  }

  DeliverySimulator& sim_;

 private:
  void Do(uint64_t life, std::function<void()> work, std::deque<std::function<void()>>& later) {
    if (!alive_ || life != life_) return;
    if (frozen_) return later.push_back(std::move(work));
    work();
  }

  bool alive_ = true;
  bool frozen_ = false;
  uint64_t life_ = 0;
  absl::Time frozen_at_;
  absl::Time running_since_ = sim_.now_;
  // While it is frozen. Which of the two comes first afterwards is up to the scheduler.
  std::deque<std::function<void()>> inbox_;
  std::deque<std::function<void()>> timers_;
};

// A stream: in order both ways, with random delays and bounded bytes, until it breaks; then both ends hear of it.
class DeliverySimulator::Link : public std::enable_shared_from_this<Link> {
 public:
  struct End {
    Node* node = nullptr;
    uint64_t life = 0;
    std::function<void()> on_close;
    size_t queued_bytes = 0;  // towards this end
    absl::Time last_arrival = absl::InfinitePast();
  };
  Link(DeliverySimulator& sim, uint64_t id, End client, End server)
      : sim_(sim), id_(id), client_(std::move(client)), server_(std::move(server)) {}

  uint64_t id() const { return id_; }
  bool SendUp(size_t bytes, std::function<void()> arrive) { return Send(server_, bytes, std::move(arrive)); }
  bool SendDown(size_t bytes, std::function<void()> arrive) { return Send(client_, bytes, std::move(arrive)); }
  void Break() {
    if (std::exchange(broken_, true)) return;
    for (End* end : {&client_, &server_}) {
      sim_.After(sim_.Between(0, 0.02), [self = shared_from_this(), end] { end->node->Do(end->life, end->on_close); });
    }
  }

 private:
  bool Send(End& to, size_t bytes, std::function<void()> arrive) {
    if (broken_ || to.queued_bytes + bytes > kLinkBytes) return false;
    to.queued_bytes += bytes;
    to.last_arrival = std::max(to.last_arrival, sim_.now_ + sim_.Between(0.0001, 0.01));
    sim_.At(to.last_arrival, [self = shared_from_this(), &to, bytes, arrive = std::move(arrive)] {
      to.node->Do(to.life, [self, &to, bytes, arrive] {
        to.queued_bytes -= bytes;
        if (!self->broken_) arrive();
      });
    });
    return true;
  }

  DeliverySimulator& sim_;
  const uint64_t id_;
  End client_;
  End server_;
  bool broken_ = false;
};

class DeliverySimulator::Global : public Node {
 public:
  Global(DeliverySimulator& sim, int number) : Node(sim), id_(GlobalId(number)) {
    options_.node_id = id_;
    options_.expected_agents = kAgents;
    Start();
  }
  const std::string& id() const { return id_; }

  void Freeze() {
    NoteLost();
    Node::Freeze();
  }
  void Kill() {
    if (!alive()) return;
    NoteLost();
    joined_.clear();
    if (plan_.has_value()) {
      const bool on_disk = sim_.Chance() < 0.5;
      ++(on_disk ? sim_.marks_.commits_untold : sim_.marks_.commits_lost);
      if (on_disk) Write(*plan_);
      plan_.reset();
    }
    ++sim_.marks_.globals_killed;
    Die();
    for (const auto& [id, session] : sessions_) session.link->Break();
    sessions_.clear();
    route_.clear();
    book_.reset();
  }
  void Restart() {
    if (alive()) return;
    Live();
    Start();
  }

  void Open(const std::shared_ptr<Link>& link, std::function<void(const v1::Down&)> answer) {
    sessions_[link->id()] = {link, std::move(answer), {}};
  }
  void Close(uint64_t link) {
    sessions_.erase(link);
    std::erase_if(route_, [&](const auto& route) { return route.second == link; });
  }
  void Receive(uint64_t link, const v1::Up& up) {
    const InstanceId instance = *InstanceId::FromBytes(up.instance());
    std::set<InstanceId>& instances = sessions_.at(link).instances;
    if (up.has_hello()) instances.insert(instance);
    if (!instances.contains(instance)) return;
    route_[instance] = link;
    if (!up.has_view() && !(up.has_hello() && up.hello().role() == v1::ROLE_PROXY)) {
      joined_.insert(instance);
      heard_[instance] = sim_.now_;
      lost_.erase(instance);
    }
    WindowOutputs out;
    if (up.has_hello() && up.hello().role() == v1::ROLE_AGENT) {
      Append(book_->Step(sim_.now_, AgentHello{instance, up.hello().host(), up.hello().first_interval(), std::nullopt}),
             out);
    } else if (up.has_batch()) {
      for (const v1::Block& block : up.batch().blocks()) Append(book_->Step(sim_.now_, Decode(instance, block)), out);
    } else if (up.has_marker()) {
      Append(book_->Step(sim_.now_,
                         AgentMarker{instance, up.marker().interval(), *DecodePartitions(up.marker().nonempty())}),
             out);
    } else if (up.has_view()) {
      TakeView(*FromProto(up.view()), out);
    } else if (up.has_hello()) {
      proxies_.insert(instance);
      for (const View& view : views_.views()) TellView(instance, view);
      v1::Down down;
      down.mutable_welcome()->set_incarnation(incarnation_);
      Answer(instance, std::move(down));
    }
    Emit(std::move(out));
  }
  bool BooksBalance() const {
    if (book_ == nullptr) return true;
    const WindowBookStats stats = book_->stats();
    return stats.samples_accepted == stats.samples_committed + stats.samples_dropped + stats.samples_open;
  }

 private:
  struct Session {
    std::shared_ptr<Link> link;
    std::function<void(const v1::Down&)> answer;
    std::set<InstanceId> instances;
  };

  void Start() {
    incarnation_ = sim_.random_();
    views_ = ViewHistory();
    proxies_.clear();
    book_ = std::make_unique<WindowBook>(options_, disk_, sim_.now_);
    Tick();
  }
  void Tick() {
    Emit(book_->Step(sim_.now_, tributary::Tick{}));
    DoAfter(kTick, [this] { Tick(); });
  }
  void TakeView(const View& view, WindowOutputs& out) {
    if (!views_.Add(view)) return;
    for (const InstanceId& proxy : proxies_) TellView(proxy, view);
    Append(book_->Step(sim_.now_, view), out);
  }
  void TellView(const InstanceId& proxy, const View& view) {
    v1::Down down;
    *down.mutable_view() = ToProto(view);
    Answer(proxy, std::move(down));
  }
  UnitChunk Decode(const InstanceId& instance, const v1::Block& block) {
    UnitChunk unit;
    unit.instance = instance;
    unit.interval = block.interval();
    unit.partition = static_cast<PartitionId>(block.partition());
    unit.chunk = block.chunk();
    unit.chunk_count = block.chunk_count();
    unit.sample_count = block.sample_count();
    unit.crc32c = block.crc32c();
    unit.series = DecodePayload(block, instance)->series;
    return unit;
  }
  void Emit(WindowOutputs out) {
    for (const WindowOutputs::Welcome& welcome : out.welcomes) {
      v1::Down down;
      down.mutable_welcome()->set_incarnation(incarnation_);
      down.mutable_welcome()->set_sealed_through(welcome.sealed_through);
      Answer(welcome.instance, std::move(down));
    }
    for (auto& [instance, received] : ReceivedBy(out)) {
      v1::Down down;
      *down.mutable_received() = std::move(received);
      Answer(instance, std::move(down));
    }
    for (auto& [instance, committed] : CommittedBy(out)) {
      v1::Down down;
      *down.mutable_committed() = std::move(committed);
      Answer(instance, std::move(down));
    }
    for (const WindowOutputs::Pull& pull : out.pulls) {
      ++sim_.marks_.pulls;
      v1::Down down;
      down.mutable_pull()->set_interval(pull.interval);
      for (const PartitionId partition : pull.partitions) down.mutable_pull()->add_partitions(partition);
      Answer(pull.instance, std::move(down));
    }
    if (!out.commit.has_value()) return;
    plan_ = std::move(out.commit);
    for (const WindowCommit& window : plan_->windows) {
      if (window.kind == CloseKind::kComplete) CheckComplete(window);
      if (window.kind == CloseKind::kPartial) CheckWaited({window.interval, window.partition});
    }
    DoAfter(sim_.Between(0.001, 0.05), [this] {
      const CommitPlan plan = *std::exchange(plan_, std::nullopt);
      Write(plan);
      Emit(book_->Step(sim_.now_, CommitDone{plan.number}));
    });
  }
  void Answer(const InstanceId& instance, v1::Down down) {
    const auto route = route_.find(instance);
    if (route == route_.end()) return;
    down.set_instance(std::string(instance.bytes()));
    down.set_owner(id_);
    const Session& session = sessions_.at(route->second);
    session.link->SendDown(down.ByteSizeLong(), [answer = session.answer, down] { answer(down); });
  }
  void Write(const CommitPlan& plan) {
    for (const WindowCommit& window : plan.windows) {
      disk_.manifests[{window.interval, window.partition}].push_back(window.manifest);
      sim_.marks_.partial_closes += window.kind == CloseKind::kPartial ? 1 : 0;
      const Window name(window.interval, window.partition);
      Stored& stored = sim_.stored_[name][id_];
      for (const Row& row : window.rows) stored.rows += std::get<CounterAggregate>(row.value).total.ToDouble();
      for (const ManifestChunk& chunk : window.manifest.chunks) stored.named.emplace(chunk.instance, chunk.chunk);
      stored.closed |= window.manifest.closed;
    }
    for (const SeriesTotal& total : plan.totals) {
      std::erase_if(disk_.totals, [&](const SeriesTotal& old) { return old.key == total.key; });
      disk_.totals.push_back(total);
    }
    if (plan.roster) disk_.roster = *plan.roster;
    disk_.sealed_through = plan.sealed_through;
  }
  // An agent that has never reached this global is not on its roster, and not waited for.
  void CheckComplete(const WindowCommit& window) {
    const Window name(window.interval, window.partition);
    std::set<ChunkName> here = sim_.stored_[name][id_].named;
    for (const ManifestChunk& chunk : window.manifest.chunks) here.emplace(chunk.instance, chunk.chunk);
    for (const auto& [chunk, sent] : sim_.sent_[name]) {
      const bool announced = chunk.second < kFirstLateChunk && IsOnRoster(chunk.first);
      if (announced && !here.contains(chunk)) {
        sim_.Violate(absl::StrFormat("%s closed (%d, %d) as complete without chunk %d of %s", id_, name.first,
                                     name.second, chunk.second, chunk.first.ToString()));
      }
    }
  }

  // What is missing is waited for until the deadline, or until the lease of an agent that is cut off has ended; both in
  // time that the global itself has seen.
  void CheckWaited(const Window& name) {
    NoteLost();
    if (!lost_.empty()) return;
    const absl::Duration waited = sim_.now_ - std::max(sim_.scale_.End(name.first), running_since());
    if (waited >= options_.hold * sim_.scale_.length()) return;
    sim_.Violate(absl::StrFormat("%s closed (%d, %d) as partial after %s", id_, name.first, name.second,
                                 absl::FormatDuration(waited)));
  }

  bool IsOnRoster(const InstanceId& instance) const {
    return joined_.contains(instance) || std::any_of(disk_.roster.begin(), disk_.roster.end(),
                                                     [&](const auto& entry) { return entry.instance == instance; });
  }
  void NoteLost() {
    for (const auto& [instance, heard] : heard_) {
      const absl::Duration silence = sim_.now_ - std::max(heard, running_since());
      if (silence >= options_.lease * sim_.scale_.length()) lost_.insert(instance);
    }
  }

  const std::string id_;
  WindowBookOptions options_;
  WindowBookState disk_;
  uint64_t incarnation_ = 0;
  std::unique_ptr<WindowBook> book_;
  std::optional<CommitPlan> plan_;  // being written
  ViewHistory views_;
  std::set<InstanceId> proxies_;            // some may be gone
  std::map<uint64_t, Session> sessions_;    // by link
  std::map<InstanceId, uint64_t> route_;    // the link that last spoke for it
  std::set<InstanceId> joined_;             // agents heard in this life
  std::map<InstanceId, absl::Time> heard_;  // in any
  std::set<InstanceId> lost_;               // silent beyond their lease
};

class DeliverySimulator::Proxy : public Node, public RouterPorts {
 public:
  Proxy(DeliverySimulator& sim, std::vector<Member> members) : Node(sim), members_(std::move(members)) { Start(); }

  void Kill() {
    if (!alive()) return;
    ++sim_.marks_.proxies_killed;
    Die();
    for (const auto& [id, session] : sessions_) session.link->Break();
    for (const auto& [owner, link] : upstreams_) link->Break();
    sessions_.clear();
    upstreams_.clear();
  }
  void Restart() {
    if (alive()) return;
    Live();
    Start();
  }
  // The configuration changes, whether the proxy runs or not.
  void SetMembers(const std::vector<Member>& members) {
    members_ = members;
    Do(life(), [this] {
      router_->SetMembers(sim_.now_, members_);
      ConnectAll();
    });
  }
  void BreakUpstream(const std::string& owner) {
    if (const auto link = upstreams_.find(owner); link != upstreams_.end()) link->second->Break();
  }

  SessionId Open(const std::shared_ptr<Link>& link, std::function<void(const v1::Down&)> answer) {
    const SessionId id = ++last_session_;
    sessions_[id] = {link, std::move(answer)};
    router_->SessionOpened(id);
    return id;
  }
  void Receive(SessionId session, const v1::Up& up) { router_->SessionMessage(sim_.now_, session, up); }
  void Closed(SessionId session) {
    sessions_.erase(session);
    router_->SessionClosed(session);
  }

 private:
  struct Session {
    std::shared_ptr<Link> link;
    std::function<void(const v1::Down&)> answer;
  };

  void Start() {
    Router::Options options;
    options.cluster = "sim";
    options.instance = *InstanceId::FromBytes(absl::StrFormat("proxy%011d", sim_.random_() % 1'000'000'000));
    options.incarnation = sim_.random_();
    options.owner_queue_bytes = kLinkBytes;
    router_ = std::make_unique<Router>(options, *this);
    router_->SetMembers(sim_.now_, members_);
    connecting_.clear();
    ConnectAll();
    Tick();
  }
  void Tick() {
    router_->Tick(sim_.now_);
    ConnectAll();
    DoAfter(kTick, [this] { Tick(); });
  }
  void ConnectAll() {
    for (const Member& member : router_->OwnersAt(sim_.scale_.At(sim_.now_))) {
      if (connecting_.insert(member.id).second) Connect(member.id);
    }
  }
  void Connect(const std::string& owner) {
    Global& global = *sim_.globals_[owner == GlobalId(0) ? 0 : 1];
    if (!global.responsive()) {
      DoAfter(sim_.Between(0.02, 0.5), [this, owner] { Connect(owner); });
      return;
    }
    const uint64_t id = ++sim_.link_count_;
    Link::End client{this, life(), [this, owner] {
                       upstreams_.erase(owner);
                       router_->UpstreamClosed(owner);
                       DoAfter(sim_.Between(0.02, 0.5), [this, owner] { Connect(owner); });
                     }};
    Link::End server{&global, global.life(), [&global, id] { global.Close(id); }};
    const auto link = std::make_shared<Link>(sim_, id, std::move(client), std::move(server));
    global.Open(link, [this, owner](const v1::Down& down) { router_->UpstreamMessage(sim_.now_, owner, down); });
    upstreams_[owner] = link;
    router_->UpstreamOpened(owner);
  }

  bool SendUp(const std::string& owner, v1::Up message) override {
    const auto link = upstreams_.find(owner);
    if (link == upstreams_.end()) return false;
    Global& global = *sim_.globals_[owner == GlobalId(0) ? 0 : 1];
    const size_t bytes = message.ByteSizeLong();
    return link->second->SendUp(
        bytes, [&global, id = link->second->id(), message = std::move(message)] { global.Receive(id, message); });
  }
  bool SendDown(SessionId session, v1::Down message) override {
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return false;
    const size_t bytes = message.ByteSizeLong();
    return found->second.link->SendDown(
        bytes, [answer = found->second.answer, message = std::move(message)] { answer(message); });
  }
  void Close(SessionId session) override {
    if (const auto found = sessions_.find(session); found != sessions_.end()) found->second.link->Break();
  }

  std::vector<Member> members_;
  std::unique_ptr<Router> router_;
  std::map<SessionId, Session> sessions_;
  SessionId last_session_ = 0;
  std::map<std::string, std::shared_ptr<Link>> upstreams_;
  std::set<std::string> connecting_;
};

class DeliverySimulator::Agent : public Node {
 public:
  Agent(DeliverySimulator& sim, int number)
      : Node(sim),
        instance_(*InstanceId::FromBytes(absl::StrFormat("agent%d%010d", number, sim.random_() % 1'000'000'000))),
        next_proxy_(static_cast<size_t>(number)),
        ledger_(MakeOptions(sim, instance_)) {
    Connect();
    Tick();
  }

  const UnitCounts& counts() const { return ledger_.counts(); }
  void BreakStream() {
    if (link_ != nullptr) link_->Break();
  }
  // No proxy is within reach for a while.
  void CutOff(absl::Duration time) {
    cut_off_until_ = sim_.now_ + time;
    BreakStream();
  }

  // Ends an interval with random units, or none.
  void CloseInterval(IntervalIndex interval, bool busy) {
    ClosedInterval closed;
    closed.interval = interval;
    closed.marker.set_interval(interval);
    PartitionSet nonempty;
    for (int units = busy ? sim_.Below(5) : 0; units > 0; --units) AddUnit(interval, nonempty, closed);
    if (busy && sim_.Chance() < 0.1) AddLateUnit(interval, closed);
    if (nonempty.any()) closed.marker.set_nonempty(EncodePartitions(nonempty));
    ledger_.Close(sim_.now_, std::move(closed));
    Pump();
  }
  void CheckBooks() {
    const UnitCounts& counts = ledger_.counts();
    uint64_t dropped = 0;
    for (const uint64_t samples : counts.samples_dropped) dropped += samples;
    if (counts.samples_accepted != counts.samples_committed + dropped + counts.samples_pending) {
      sim_.Violate("an agent's books do not balance");
    }
    if (counts.pending_bytes > sim_.options_.agent_memory_bytes) sim_.Violate("an agent holds more than its bound");
  }

 private:
  static UnitLedger::Options MakeOptions(const DeliverySimulator& sim, const InstanceId& instance) {
    UnitLedger::Options options;
    options.cluster = "sim";
    options.host = "host";
    options.instance = instance;
    options.interval = sim.scale_.length();
    options.first_interval = kStart;
    options.memory_bytes = sim.options_.agent_memory_bytes;
    return options;
  }

  // A unit of one series, with a value that says which it is.
  UnitBuilder Fill(PartitionId partition, Sent& sent) {
    sent.value = 1 + sim_.Below(1'000'000);
    sent.samples = static_cast<uint64_t>(1 + sim_.Below(100));
    CounterAggregate counter;
    counter.Add(sent.value, 1);
    UnitBuilder builder(instance_);
    const SeriesKey key{absl::StrCat("series-", partition), {}, MetricType::kCounter};
    TRIBUTARY_CHECK(builder.Add(key, counter, sent.samples));
    return builder;
  }
  // One partition's unit, of one or two chunks.
  void AddUnit(IntervalIndex interval, PartitionSet& nonempty, ClosedInterval& closed) {
    const auto partition = static_cast<PartitionId>(sim_.Below(8) * 512);
    if (nonempty[partition]) return;
    nonempty.set(partition);
    const uint32_t chunks = sim_.Chance() < 0.2 ? 2 : 1;
    for (uint32_t chunk = 0; chunk < chunks; ++chunk) {
      Sent& sent = sim_.sent_[{interval, partition}][{instance_, chunk}];
      v1::Block block = Fill(partition, sent).Finish(interval, partition).front();
      block.set_chunk(chunk);
      block.set_chunk_count(chunks);
      closed.blocks.push_back(std::move(block));
    }
  }
  void AddLateUnit(IntervalIndex closing, ClosedInterval& closed) {
    const IntervalIndex interval = closing - 1 - sim_.Below(5);
    if (interval < kStart) return;
    ++sim_.marks_.late_units;
    const auto partition = static_cast<PartitionId>(sim_.Below(8) * 512);
    Sent& sent = sim_.sent_[{interval, partition}][{instance_, LateChunk(interval, closing, 0)}];
    closed.late_blocks = Fill(partition, sent).FinishLate(interval, partition, closing);
  }

  void Tick() {
    Pump();
    DoAfter(kTick / 2, [this] { Tick(); });
  }
  void Pump() {
    while (link_ != nullptr) {
      std::optional<v1::Up> up = ledger_.Next(sim_.now_);
      if (!up.has_value()) return;
      const size_t bytes = up->ByteSizeLong();
      link_->SendUp(
          bytes, [proxy = proxy_, session = session_, message = *std::move(up)] { proxy->Receive(*session, message); });
    }
  }
  void Connect() {
    proxy_ = sim_.proxies_[next_proxy_++ % sim_.proxies_.size()].get();
    if (!proxy_->responsive() || sim_.now_ < cut_off_until_) {
      DoAfter(sim_.Between(0.02, 0.5), [this] { Connect(); });
      return;
    }
    session_ = std::make_shared<SessionId>();
    Link::End client{this, life(), [this] {
                       link_ = nullptr;
                       ledger_.StreamClosed(sim_.now_);
                       DoAfter(sim_.Between(0.02, 0.5), [this] { Connect(); });
                     }};
    Link::End server{proxy_, proxy_->life(), [proxy = proxy_, session = session_] { proxy->Closed(*session); }};
    link_ = std::make_shared<Link>(sim_, ++sim_.link_count_, std::move(client), std::move(server));
    *session_ = proxy_->Open(link_, [this](const v1::Down& down) {
      if (!Validate(down).ok()) sim_.Violate("a malformed message reached an agent");
      if (down.has_refusal()) sim_.Violate("an agent was refused: " + down.refusal().reason());
      ledger_.Receive(sim_.now_, down);
      Pump();
    });
    ledger_.StreamOpened(sim_.now_);
    Pump();
  }

  const InstanceId instance_;
  size_t next_proxy_;
  absl::Time cut_off_until_ = absl::InfinitePast();
  UnitLedger ledger_;
  Proxy* proxy_ = nullptr;
  std::shared_ptr<Link> link_;
  std::shared_ptr<SessionId> session_;  // at proxy_
};

DeliverySimulator::DeliverySimulator(Options options)
    : options_(options), random_(options.seed), now_(scale_.Start(kStart) + absl::Milliseconds(100)) {
  std::vector<Member> members;
  for (int i = 0; i < kGlobals; ++i) {
    globals_.push_back(std::make_unique<Global>(*this, i));
    members.push_back({.id = GlobalId(i), .address = "here", .weight = 1});
  }
  const std::vector<Member> both = members;
  const std::vector<Member> one(members.begin(), members.begin() + 1);
  const int change = Below(5);  // 0: a member joins; 1: one leaves; else: none
  const int proxies = 1 + Below(2);
  for (int i = 0; i < proxies; ++i) proxies_.push_back(std::make_unique<Proxy>(*this, change == 0 ? one : both));
  for (int i = 0; i < kAgents; ++i) agents_.push_back(std::make_unique<Agent>(*this, i));
  if (change > 1) return;
  ++marks_.members_changed;
  member_leaves_ = change == 1;
  const absl::Duration when = Between(2, options_.fault_intervals);
  for (const auto& proxy : proxies_) {
    // Each finds out by itself.
    After(when + Between(0, 3), [&proxy, members = change == 0 ? both : one] { proxy->SetMembers(members); });
  }
}

DeliverySimulator::~DeliverySimulator() { events_.clear(); }

void DeliverySimulator::Run() {
  const IntervalIndex last = kStart + options_.fault_intervals + kHealIntervals;
  for (IntervalIndex interval = kStart; interval < last; ++interval) {
    At(scale_.End(interval), [this, interval] {
      const bool busy = interval < kStart + options_.fault_intervals;
      for (const auto& agent : agents_) agent->CloseInterval(interval, busy);
      CheckBooks();
    });
  }
  const absl::Time faults_end = scale_.Start(kStart + options_.fault_intervals);
  InjectFaults(faults_end);
  RunUntil(faults_end);
  Heal();
  while (!Settled() && now_ < scale_.Start(last)) RunUntil(now_ + scale_.length());
  if (!Settled()) Violate("units are still pending long after the last fault");
  CheckSums();
  for (const auto& agent : agents_) {
    marks_.units_dropped += static_cast<int>(agent->counts().units_dropped);
    marks_.units_sent_again += static_cast<int>(agent->counts().units_sent - agent->counts().units_committed);
  }
}

void DeliverySimulator::At(absl::Time time, std::function<void()> event) {
  events_.emplace(std::pair(std::max(time, now_), ++event_count_), std::move(event));
}

void DeliverySimulator::RunUntil(absl::Time time) {
  while (!events_.empty() && events_.begin()->first.first <= time) {
    auto event = events_.extract(events_.begin());
    now_ = event.key().first;
    event.mapped()();
  }
  now_ = time;
}

// Each seed has some kinds of faults and not others, so that each kind is seen alone, too.
void DeliverySimulator::InjectFaults(absl::Time until) {
  const auto repeat = [&](double mean_intervals, const std::function<void()>& fault) {
    if (Chance() < 0.4) return;
    for (absl::Time at = now_ + Between(0, 2 * mean_intervals); at < until; at += Between(0, 2 * mean_intervals)) {
      At(at, fault);
    }
  };
  repeat(2, [this] {
    ++marks_.streams_broken;
    agents_[static_cast<size_t>(Below(kAgents))]->BreakStream();
  });
  repeat(3, [this] {
    ++marks_.streams_broken;
    proxies_[static_cast<size_t>(Below(static_cast<int>(proxies_.size())))]->BreakUpstream(GlobalId(Below(kGlobals)));
  });
  // What a member has committed without an agent that was out of reach, its heir does not make whole.
  if (member_leaves_) return;
  repeat(10, [this] {
    ++marks_.agents_cut_off;
    agents_[static_cast<size_t>(Below(kAgents))]->CutOff(Between(1, 15));
  });
  repeat(8, [this] {
    Global* global = globals_[static_cast<size_t>(Below(kGlobals))].get();
    if (!global->responsive()) return;
    ++marks_.globals_frozen;
    global->Freeze();
    After(Between(0.1, 18), [global] { global->Thaw(); });
  });
  // Views are not on disk: who starts anew may not learn what was before a change, and two owners may then commit a
  // window, each under its own name. Here, nobody dies where members change.
  if (marks_.members_changed > 0) return;
  repeat(6, [this] {
    Proxy* proxy = proxies_[static_cast<size_t>(Below(static_cast<int>(proxies_.size())))].get();
    proxy->Kill();
    After(Between(0.1, 3), [proxy] { proxy->Restart(); });
  });
  repeat(6, [this] {
    Global* global = globals_[static_cast<size_t>(Below(kGlobals))].get();
    global->Kill();
    After(Between(0.1, 3), [global] { global->Restart(); });
  });
}

void DeliverySimulator::Heal() {
  for (const auto& proxy : proxies_) proxy->Restart();
  for (const auto& global : globals_) {
    global->Restart();
    global->Thaw();
  }
}

bool DeliverySimulator::Settled() const {
  return std::all_of(agents_.begin(), agents_.end(),
                     [](const auto& agent) { return agent->counts().samples_pending == 0; });
}

void DeliverySimulator::CheckBooks() {
  for (const auto& agent : agents_) agent->CheckBooks();
  for (const auto& global : globals_) {
    if (!global->BooksBalance()) Violate(global->id() + ": books do not balance");
  }
}

std::set<DeliverySimulator::ChunkName> DeliverySimulator::Stored::Whole() const {
  std::set<ChunkName> whole;
  for (const ChunkName& chunk : named) {
    if (closed || chunk.second >= kFirstLateChunk) whole.insert(chunk);
  }
  return whole;
}

void DeliverySimulator::CheckSums() {
  uint64_t committed = 0;
  uint64_t dropped = 0;
  for (const auto& agent : agents_) {
    committed += agent->counts().samples_committed;
    for (const uint64_t samples : agent->counts().samples_dropped) dropped += samples;
  }
  uint64_t stored = 0;
  for (const auto& [window, chunks] : sent_) {
    std::map<ChunkName, int> times;
    for (const auto& [global, said] : stored_[window]) CheckWindow(window, global, said, times);
    for (const auto& [chunk, sent] : chunks) {
      const bool right = marks_.members_changed > 0 ? times[chunk] >= 1 : times[chunk] == 1;
      stored += times[chunk] > 0 ? sent.samples : 0;
      if (right || (times[chunk] == 0 && dropped > 0)) continue;
      Violate(absl::StrFormat("chunk %d of %s in window (%d, %d) is merged %d times", chunk.second,
                              chunk.first.ToString(), window.first - kStart, window.second, times[chunk]));
    }
  }
  if (committed == stored) return;
  Violate(absl::StrFormat("agents had %d samples committed, the manifests name %d", committed, stored));
}

void DeliverySimulator::CheckWindow(const Window& window, const std::string& global, const Stored& said,
                                    std::map<ChunkName, int>& times) {
  double sum = 0;
  for (const ChunkName& chunk : said.Whole()) {
    ++times[chunk];
    sum += sent_[window][chunk].value;
  }
  if (!said.closed || said.rows == sum) return;
  Violate(absl::StrFormat("%s: rows of window (%d, %d) hold %.0f, its chunks %.0f", global, window.first - kStart,
                          window.second, said.rows, sum));
}

void DeliverySimulator::Violate(const std::string& what) {
  if (violations_.size() < 20) {
    violations_.push_back(absl::StrFormat("seed %d, interval %.2f: %s", options_.seed,
                                          absl::FDivDuration(now_ - scale_.Start(kStart), scale_.length()), what));
  }
}

double DeliverySimulator::Chance() { return static_cast<double>(random_() >> 11) * 0x1p-53; }
int DeliverySimulator::Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
absl::Duration DeliverySimulator::Between(double min_intervals, double max_intervals) {
  return scale_.length() * (min_intervals + (max_intervals - min_intervals) * Chance());
}

}  // namespace tributary
