#include "global/handover/history_sender.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/hash/partition.h"
#include "common/wire/messages.h"

namespace tributary {
namespace {

constexpr absl::Duration kBetweenRuns = absl::Milliseconds(500);

auto OrderOf(const View& view) { return std::tuple(view.effective_from, view.sequence); }

bool HasAllOf(const View& view, const View& other) {
  return std::all_of(other.members.begin(), other.members.end(), [&](const Member& member) {
    return std::any_of(view.members.begin(), view.members.end(),
                       [&](const Member& mine) { return mine.id == member.id; });
  });
}

}  // namespace

// What goes to one member, and how far it is.
struct HistorySender::Lane {
  std::unique_ptr<HistoryLane> way;
  std::string cursor;  // what it has already; rows up to there are not sent again
  v1::HandoverChunk chunk;
  size_t bytes = 0;
  KeyId last_series = 0;  // of the chunk
};

HistorySender::HistorySender(Ledger& ledger, Options options, Hooks hooks, MakeHistoryPeer make_peer,
                             const Clock& clock, HandoverMetrics& metrics)
    : ledger_(ledger),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      make_peer_(std::move(make_peer)),
      cluster_seed_(ClusterSeed(options_.cluster)),
      log_every_(clock, absl::Seconds(10)),
      metrics_(metrics) {}

HandoverMetrics::HandoverMetrics(Telemetry& telemetry)
    : rows_sent(telemetry.AddCounter("tributary_global_handover_rows_sent_total",
                                     "Rows of this global's history given to their new owners, repeats included.")),
      bytes_sent(telemetry.AddCounter("tributary_global_handover_bytes_sent_total", "Of the same rows.")),
      rows_refused(telemetry.AddCounter("tributary_global_handover_rows_refused_total",
                                        "Of them, what the new owners did not put: unreadable, beyond their "
                                        "retention, or there already, made from more.")),
      progress(telemetry.AddGauge("tributary_global_handover_progress",
                                  "Of this global's history, what its new owners have; 0 to 1.")) {}

absl::Status HistorySender::Run(View view) {
  absl::Status status;
  while (true) {
    if (auto newer = NewerView(view)) view = *std::move(newer);
    bool is_given = false;
    status = RunBy(view, is_given);
    if (status.ok() || is_given || absl::Now() + kBetweenRuns >= options_.until) break;
    const bool is_anew = absl::IsNotFound(status) || NewerView(view).has_value();
    if (!is_anew) break;
    TRIBUTARY_LOG_WARN("handing over: beginning anew: {}", absl::CHexEscape(status.message()));
    absl::SleepFor(kBetweenRuns);
  }
  return status;
}

// A newer view takes this one's place only when one of its members is gone: who owns what from now on is nothing to
// those who keep what was.
std::optional<View> HistorySender::NewerView(const View& view) {
  std::vector<View> known = hooks_.views();
  {
    MutexLock lock(mutex_);
    if (newer_view_) known.push_back(*newer_view_);
  }
  std::optional<View> newest;
  for (View& other : known) {
    const bool is_newer = OrderOf(other) > OrderOf(newest.value_or(view));
    const bool has_me = std::any_of(other.members.begin(), other.members.end(),
                                    [&](const Member& member) { return member.id == options_.node_id; });
    if (is_newer && !has_me) newest = std::move(other);
  }
  if (newest && HasAllOf(*newest, view)) return std::nullopt;
  return newest;
}

void HistorySender::OnReply(const v1::HandoverReply& reply) {
  metrics_.rows_refused.Increment(reply.rows_refused());
  if (!reply.has_newer_view()) return;
  absl::StatusOr<View> view = FromProto(reply.newer_view());
  MutexLock lock(mutex_);
  if (view.ok() && (!newer_view_ || OrderOf(*view) > OrderOf(*newer_view_))) newer_view_ = *std::move(view);
}

absl::Status HistorySender::RunBy(const View& view, bool& is_given) {
  id_ = HandoverIdOf(options_.node_id, view);
  TRIBUTARY_LOG_INFO("handing over: {} to {} globals, of the view from interval {} on", absl::StrCat(absl::Hex(id_)),
                     view.members.size(), view.effective_from);
  Lanes lanes;
  v1::HandoverBegin begin;
  begin.set_cluster(options_.cluster);
  begin.set_interval_ms(static_cast<uint32_t>(absl::ToInt64Milliseconds(options_.interval)));
  begin.set_from(options_.node_id);
  begin.set_address(options_.address);
  begin.set_handover(id_);
  *begin.mutable_view() = ToProto(view);
  begin.set_store(options_.store);
  for (const Member& member : view.members) {
    auto lane = std::make_unique<Lane>();
    lane->way = std::make_unique<HistoryLane>(
        member, make_peer_(member), options_.until, [this](const v1::HandoverReply& reply) { OnReply(reply); },
        [this, &view] { return NewerView(view) ? absl::AbortedError("there is a newer view") : absl::OkStatus(); });
    lanes.emplace(member.id, std::move(lane));
  }
  for (auto& [id, lane] : lanes) {
    const absl::StatusOr<v1::HandoverReply> reply = lane->way->Begin(begin);
    if (!reply.ok()) return Annotate(reply.status(), absl::StrCat("telling ", id));
    lane->cursor = reply->cursor();
    if (NewerView(view)) return absl::AbortedError("there is a newer view");
  }
  TRIBUTARY_RETURN_IF_ERROR(ledger_.handovers().BeginToGive(id_));
  if (!std::exchange(has_begun_, true)) TRIBUTARY_RETURN_IF_ERROR(hooks_.on_begun());
  TRIBUTARY_RETURN_IF_ERROR(SendAll(Assignment(view.members), lanes));
  TRIBUTARY_RETURN_IF_ERROR(ledger_.handovers().Give(id_));
  is_given = true;
  TRIBUTARY_LOG_INFO("handing over: all is given; {} rows", rows_seen_);
  v1::HandoverFinish finish;
  finish.set_handover(id_);
  absl::Status finished;
  for (auto& [id, lane] : lanes) finished.Update(Annotate(lane->way->Finish(finish), absl::StrCat("telling ", id)));
  return finished;
}

absl::Status HistorySender::SendAll(const Assignment& assignment, Lanes& lanes) {
  // Who has the least decides where to begin.
  std::string from = lanes.begin()->second->cursor;
  for (const auto& [id, lane] : lanes) from = std::min(from, lane->cursor);
  rows_seen_ = 0;
  rows_expected_ = ledger_.RowsOnDisk();
  const std::unique_ptr<HistoryReader> reader = ledger_.ReadHistory(from);
  HistoryReader::Item item;
  std::string key;
  std::optional<RowKey> last;
  KeyId of_series = 0;
  Lane* owner = nullptr;
  while (reader->Next(item)) {
    const bool is_next_block = last && (last->block != item.at.block || last->resolution != item.at.resolution);
    if (is_next_block) {
      for (auto& [id, lane] : lanes) TRIBUTARY_RETURN_IF_ERROR(Flush(*lane, key, /*is_last=*/false));
      ShowProgress(/*is_end=*/false);
    }
    last = item.at;
    key = item.at.Encode();
    if (owner == nullptr || of_series != item.at.series) {
      of_series = item.at.series;
      owner = lanes.at(assignment.OwnerOf(PartitionOf(HashOf(*item.series, cluster_seed_)))->id).get();
    }
    ++rows_seen_;
    if (key > owner->cursor) TRIBUTARY_RETURN_IF_ERROR(Add(*owner, item, key));
  }
  TRIBUTARY_RETURN_IF_ERROR(reader->status());
  for (auto& [id, lane] : lanes) TRIBUTARY_RETURN_IF_ERROR(Flush(*lane, key, /*is_last=*/true));
  for (auto& [id, lane] : lanes) TRIBUTARY_RETURN_IF_ERROR(Annotate(lane->way->Drain(), id));
  ShowProgress(/*is_end=*/true);
  return absl::OkStatus();
}

absl::Status HistorySender::Add(Lane& lane, const HistoryReader::Item& item, absl::string_view key) {
  v1::HandoverChunk& chunk = lane.chunk;
  if (chunk.series_size() == 0 || lane.last_series != item.at.series) {
    lane.last_series = item.at.series;
    chunk.add_series(EncodeSeriesKey(*item.series));
    lane.bytes += chunk.series().rbegin()->size();
  }
  v1::HistoryRow& row = *chunk.add_rows();
  row.set_series(static_cast<uint32_t>(chunk.series_size() - 1));
  row.set_resolution(item.at.resolution);
  row.set_block(item.at.block);
  row.set_offset(item.at.offset);
  row.set_version(item.at.version);
  row.set_emitter(item.at.emitter);
  row.set_value(std::string(item.value));
  lane.bytes += item.value.size();
  if (lane.bytes < HistoryLane::kMaxChunkBytes && chunk.rows_size() < HistoryLane::kMaxChunkRows) {
    return absl::OkStatus();
  }
  ShowProgress(/*is_end=*/false);
  return Flush(lane, key, /*is_last=*/false);
}

absl::Status HistorySender::Flush(Lane& lane, absl::string_view cursor, bool is_last) {
  lane.chunk.set_handover(id_);
  if (cursor > lane.cursor) {
    lane.cursor = std::string(cursor);
    lane.chunk.set_cursor(lane.cursor);
  }
  lane.chunk.set_last(is_last);
  metrics_.rows_sent.Increment(static_cast<uint64_t>(lane.chunk.rows_size()));
  metrics_.bytes_sent.Increment(lane.bytes);
  const absl::Status put = lane.way->Put(std::exchange(lane.chunk, v1::HandoverChunk()));
  lane.bytes = 0;
  lane.last_series = 0;
  return Annotate(put, lane.way->member().id);
}

void HistorySender::ShowProgress(bool is_end) {
  const double share = is_end ? 1 : std::min(0.99, static_cast<double>(rows_seen_) / std::max(1.0, rows_expected_));
  metrics_.progress.Set(share);
  if (is_end || log_every_.Due()) {
    TRIBUTARY_LOG_INFO("handing over: {} rows of about {:.0f}", rows_seen_,
                       std::max(rows_expected_, static_cast<double>(rows_seen_)));
  }
}

}  // namespace tributary
