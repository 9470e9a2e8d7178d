#include "global/copies/copy_sender.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "rocksdb/write_batch.h"

namespace tributary {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);  // with one call
constexpr absl::Duration kTellEvery = absl::Seconds(10);
constexpr absl::Duration kFirstBackoff = absl::Seconds(1), kMaxBackoff = absl::Seconds(10);
constexpr absl::Duration kAnnouncePatience = absl::Seconds(2);
constexpr size_t kMaxHolders = 64, kMaxTold = 4096;
constexpr absl::string_view kHoldersKey = "copy_holders";  // is not copied itself

}  // namespace

std::optional<Member> HolderOf(const std::string& node_id, const View& view) {
  const Member* next = nullptr;
  const Member* first = nullptr;
  for (const Member& member : view.members) {
    if (member.id == node_id) continue;
    if (first == nullptr || member.id < first->id) first = &member;
    if (member.id > node_id && (next == nullptr || member.id < next->id)) next = &member;
  }
  if (next == nullptr) next = first;
  return next == nullptr ? std::nullopt : std::optional(*next);
}

CopyMetrics::CopyMetrics(Telemetry& telemetry)
    : bytes_sent(telemetry.AddCounter("tributary_global_copy_bytes_sent_total",
                                      "Of changes to this global's store, sent to the one that keeps its copy.")),
      begun(telemetry.AddCounter("tributary_global_copies_begun_total",
                                 "Times that the copy of this global's store was made from the beginning.")),
      lag_seconds(telemetry.AddGauge("tributary_global_copy_lag_seconds",
                                     "How far the copy of this global's store is behind; 0 without another global.")) {}

CopySender::CopySender(Database& database, Options options, Source source, MakeCopyPeer make_peer, const Clock& clock,
                       CopyMetrics& metrics)
    : database_(database),
      options_(std::move(options)),
      source_(std::move(source)),
      make_peer_(std::move(make_peer)),
      clock_(clock),
      metrics_(metrics),
      log_every_(clock, absl::Seconds(30)),
      started_(clock.Now()) {}

CopySender::~CopySender() { Stop(absl::ZeroDuration()); }

void CopySender::Start() {
  thread_ = std::thread([this] { Run(); });
}

void CopySender::Stop(absl::Duration patience) {
  {
    MutexLock lock(mutex_);
    if (!is_ending_) until_ = absl::Now() + patience;
    is_ending_ = true;
  }
  changed_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

bool CopySender::is_over() const {
  MutexLock lock(mutex_);
  return is_ending_ && absl::Now() >= until_;
}

void CopySender::Run() {
  absl::Duration wait = options_.look_every;
  while (true) {
    bool is_last = false;
    {
      MutexLock lock(mutex_);
      if (!is_ending_) changed_.WaitFor(mutex_, wait);
      is_last = is_ending_;
      if (is_ending_ && absl::Now() >= until_) return;
    }
    const absl::Status sent = Step();
    if (is_last) return;
    wait = sent.ok() ? options_.look_every : std::clamp(wait * 2, kFirstBackoff, kMaxBackoff);
    if (sent.ok() || !log_every_.Due()) continue;
    TRIBUTARY_LOG_WARN("the copy of this global's store: {}", absl::CHexEscape(sent.ToString()));
  }
}

absl::Status CopySender::Step() {
  const std::vector<View> views = source_.views();
  const std::optional<Member> holder = views.empty() ? std::nullopt : HolderOf(options_.node_id, views.back());
  if (!holder) {
    lane_.reset();
    metrics_.lag_seconds.Set(0);
    return absl::OkStatus();
  }
  if (!lane_ || lane_->holder.id != holder->id || lane_->holder.address != holder->address) {
    lane_ = Lane{.holder = *holder, .peer = make_peer_(*holder)};
  }
  const absl::Status sent = SendChanges(*lane_);
  Announce(views.back());
  if (!sent.ok()) lane_->feed.reset();  // where the copy is only it knows
  copied_through_ = std::max(copied_through_, lane_->through);
  const absl::Duration lag =
      copied_through_ == absl::InfinitePast() ? clock_.Now() - started_ : source_.committed_through() - copied_through_;
  metrics_.lag_seconds.Set(std::max(0.0, absl::ToDoubleSeconds(lag)));
  TRIBUTARY_RETURN_IF_ERROR(sent);
  return lane_->through == absl::InfinitePast() ? absl::OkStatus() : DropFormer(*lane_, views.back());
}

v1::CopyBegin CopySender::MakeBegin() const {
  v1::CopyBegin begin;
  begin.set_cluster(options_.cluster);
  begin.set_interval_ms(static_cast<uint32_t>(absl::ToInt64Milliseconds(options_.interval)));
  begin.set_of(options_.node_id);
  begin.set_store(options_.store);
  return begin;
}

// Who cannot be reached is told with the next step; the others do not wait for it long.
void CopySender::Announce(const View& view) {
  for (const Member& member : view.members) {
    if (member.id == options_.node_id || told_.contains(member.id) || told_.size() >= kMaxTold) continue;
    if (make_peer_(member)->Announce(MakeBegin(), kAnnouncePatience).ok()) told_.insert(member.id);
  }
}

absl::Status CopySender::Begin(Lane& lane) {
  TRIBUTARY_RETURN_IF_ERROR(LoadHolders());
  if (holders_.size() < kMaxHolders && holders_.insert(lane.holder.id).second) {
    TRIBUTARY_RETURN_IF_ERROR(StoreHolders());
  }
  TRIBUTARY_ASSIGN_OR_RETURN(const v1::CopyReply reply, lane.peer->Begin(MakeBegin(), kPatience));
  lane.feed = std::make_unique<StoreFeed>(database_, reply.cursor());
  lane.is_anew = reply.cursor().empty();
  if (lane.is_anew) BeganAnew(lane);
  return absl::OkStatus();
}

void CopySender::BeganAnew(Lane& lane) {
  lane.is_anew = true;
  lane.through = absl::InfinitePast();
  metrics_.begun.Increment();
}

absl::Status CopySender::SendChanges(Lane& lane) {
  if (lane.feed == nullptr) TRIBUTARY_RETURN_IF_ERROR(Begin(lane));
  while (!is_over()) {
    const absl::Time through = source_.committed_through();
    v1::CopyChunk chunk;
    const absl::StatusOr<bool> changed = lane.feed->Next(kMaxChunkBytes, chunk);
    if (absl::IsNotFound(changed.status()) && !lane.is_anew) {
      TRIBUTARY_LOG_INFO("the copy of this global's store at {} is made anew: {}", absl::CHexEscape(lane.holder.id),
                         absl::CHexEscape(changed.status().message()));
      lane.feed = std::make_unique<StoreFeed>(database_, "");
      BeganAnew(lane);
      continue;
    }
    TRIBUTARY_RETURN_IF_ERROR(changed.status());
    const bool is_news = through != lane.through || clock_.Now() - lane.told >= kTellEvery;
    if (!*changed && !is_news) return absl::OkStatus();
    const bool is_whole = !*changed;
    if (is_whole) chunk.set_through_unix_ms(absl::ToUnixMillis(through));
    TRIBUTARY_RETURN_IF_ERROR(Tell(lane, std::move(chunk)));
    if (!is_whole) continue;
    if (lane.through == absl::InfinitePast()) {
      TRIBUTARY_LOG_INFO("{} has a whole copy of this global's store", absl::CHexEscape(lane.holder.id));
    }
    lane.through = through;
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status CopySender::Tell(Lane& lane, v1::CopyChunk chunk) {
  chunk.set_store(options_.store);
  chunk.set_anew(lane.is_anew);
  TRIBUTARY_RETURN_IF_ERROR(lane.peer->Apply(chunk, kPatience).status());
  lane.is_anew = false;
  lane.told = clock_.Now();
  metrics_.bytes_sent.Increment(chunk.ByteSizeLong());
  return absl::OkStatus();
}

absl::Status CopySender::LoadHolders() {
  if (holders_loaded_) return absl::OkStatus();
  TRIBUTARY_ASSIGN_OR_RETURN(const auto stored, database_.Get(Column::kControl, kHoldersKey));
  if (stored) holders_ = absl::StrSplit(*stored, '\n', absl::SkipEmpty());
  holders_loaded_ = true;
  return absl::OkStatus();
}

absl::Status CopySender::StoreHolders() {
  rocksdb::WriteBatch batch;
  database_.Put(batch, Column::kControl, kHoldersKey, absl::StrJoin(holders_, "\n"));
  return database_.Write(batch, /*durable=*/true);
}

absl::Status CopySender::DropFormer(const Lane& lane, const View& view) {
  if (holders_.size() < 2) return absl::OkStatus();
  v1::CopyDrop drop;
  drop.set_store(options_.store);
  for (const Member& member : view.members) {
    if (member.id == lane.holder.id || !holders_.contains(member.id)) continue;
    TRIBUTARY_RETURN_IF_ERROR(make_peer_(member)->Drop(drop, kPatience).status());
    holders_.erase(member.id);
    TRIBUTARY_RETURN_IF_ERROR(StoreHolders());
  }
  return absl::OkStatus();
}

}  // namespace tributary
