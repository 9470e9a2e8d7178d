#include "global/handover/history_service.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/rpc/channel.h"
#include "common/wire/messages.h"
#include "rocksdb/write_batch.h"

namespace tributary {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);  // with the thread that commits
constexpr absl::Duration kHeardFor = absl::Minutes(1);
constexpr size_t kMaxCursorBytes = 64;

using State = TakenHandover::State;

bool Has(const View& view, const std::string& id) {
  return std::any_of(view.members.begin(), view.members.end(), [&](const Member& member) { return member.id == id; });
}

// A chunk on its way to the thread that commits, and what became of it.
struct Job {
  v1::HandoverChunk chunk;
  std::vector<SharedSeriesKey> series;
  std::atomic<uint64_t> refused{0};
};

}  // namespace

HistoryService::HistoryService(Ledger& ledger, Options options, Apply apply, Views views, const Clock& clock,
                               Telemetry& telemetry)
    : ledger_(ledger),
      options_(std::move(options)),
      apply_(std::move(apply)),
      views_(std::move(views)),
      clock_(clock),
      rows_taken_(telemetry.AddCounter("tributary_global_handover_rows_taken_total",
                                       "Rows that globals which leave have given to this one, repeats included.")),
      rows_refused_(telemetry.AddCounter("tributary_global_handover_rows_not_taken_total",
                                         "Of them, what was not put: unreadable, beyond the retention, or there "
                                         "already, made from more.")) {}

template <class Run>
grpc::Status HistoryService::Admit(Run run) {
  const bool admitted = running_.fetch_add(1) < options_.max_concurrent;
  const absl::Cleanup leave = [this] { running_.fetch_sub(1); };
  if (!admitted) return {grpc::StatusCode::RESOURCE_EXHAUSTED, "too many hand-overs at once"};
  return ToGrpcStatus(run());
}

absl::Status HistoryService::CheckBegin(const v1::HandoverBegin& begin, View& view) const {
  const auto interval_ms = static_cast<uint32_t>(absl::ToInt64Milliseconds(options_.interval));
  if (begin.cluster() != options_.cluster) return absl::FailedPreconditionError("of another cluster");
  if (begin.interval_ms() != interval_ms) return absl::FailedPreconditionError("of another interval");
  TRIBUTARY_ASSIGN_OR_RETURN(view, FromProto(begin.view()));
  const bool is_named = !begin.from().empty() && begin.from().size() <= kMaxLabelBytes &&
                        begin.address().size() <= kMaxLabelBytes + 8 && begin.handover() != 0;
  if (!is_named) return absl::InvalidArgumentError("who leaves?");
  if (!Has(view, options_.node_id) || Has(view, begin.from())) {
    return absl::InvalidArgumentError("the view must have this global, and not the one that leaves");
  }
  return absl::OkStatus();
}

grpc::Status HistoryService::Begin(grpc::ServerContext*, const v1::HandoverBegin* begin, v1::HandoverReply* reply) {
  return Admit([&] {
    View view;
    TRIBUTARY_RETURN_IF_ERROR(CheckBegin(*begin, view));
    TakenHandover handover;
    handover.id = begin->handover();
    handover.from = begin->from();
    handover.address = begin->address();
    handover.order = view.effective_from;
    handover.sequence = view.sequence;
    handover.store = begin->store();
    const auto begun = std::make_shared<absl::StatusOr<TakenHandover>>(absl::UnavailableError("busy"));
    TRIBUTARY_RETURN_IF_ERROR(apply_(
        [this, handover, begun](rocksdb::WriteBatch& batch) { *begun = ledger_.handovers().Begin(handover, batch); },
        kPatience));
    if (!begun->ok()) return begun->status();
    Hear(handover.id, &view);
    TRIBUTARY_LOG_INFO("{} leaves and hands its history over: {}", absl::CHexEscape(handover.from),
                       absl::StrCat(absl::Hex(handover.id)));
    reply->set_cursor((*begun)->cursor);
    TellNewerView(**begun, *reply);
    return absl::OkStatus();
  });
}

absl::StatusOr<TakenHandover> HistoryService::FindOpen(HandoverId id) {
  std::optional<TakenHandover> handover = ledger_.handovers().Find(id);
  if (!handover) return absl::NotFoundError("this hand-over has not begun here");
  if (handover->state == State::kCancelled) {
    return absl::FailedPreconditionError("a newer hand-over has taken its place");
  }
  return *std::move(handover);
}

grpc::Status HistoryService::Take(grpc::ServerContext*, const v1::HandoverChunk* chunk, v1::HandoverReply* reply) {
  return Admit([&]() -> absl::Status {
    TRIBUTARY_ASSIGN_OR_RETURN(const TakenHandover handover, FindOpen(chunk->handover()));
    if (chunk->rows_size() > kMaxRows || chunk->cursor().size() > kMaxCursorBytes) {
      return absl::InvalidArgumentError("a chunk that is too large");
    }
    const auto job = std::make_shared<Job>();
    for (const std::string& series : chunk->series()) {
      TRIBUTARY_ASSIGN_OR_RETURN(SeriesKey key, DecodeSeriesKey(series));
      job->series.emplace_back(std::move(key));
    }
    job->chunk = *chunk;
    TRIBUTARY_RETURN_IF_ERROR(apply_(
        [this, job](rocksdb::WriteBatch& batch) {
          uint64_t refused = 0;
          for (const v1::HistoryRow& row : job->chunk.rows()) {
            const bool is_key = row.series() < job->series.size() && row.resolution() <= UINT8_MAX &&
                                row.offset() <= UINT16_MAX && row.version() <= UINT8_MAX && row.emitter() <= UINT16_MAX;
            if (!is_key) {
              ++refused;
              continue;
            }
            RowKey at;
            at.resolution = static_cast<uint8_t>(row.resolution());
            at.block = row.block();
            at.offset = static_cast<uint16_t>(row.offset());
            at.version = static_cast<uint8_t>(row.version());
            at.emitter = static_cast<uint16_t>(row.emitter());
            const bool put = ledger_.Take(job->series[row.series()], at, row.value(), job->chunk.handover(), batch);
            refused += put ? 0 : 1;
          }
          ledger_.handovers().Take(job->chunk.handover(), job->chunk.cursor(), job->chunk.last(),
                                   static_cast<uint64_t>(job->chunk.rows_size()) - refused, batch);
          job->refused = refused;
        },
        kPatience));
    Hear(handover.id);
    rows_taken_.Increment(static_cast<uint64_t>(chunk->rows_size()));
    rows_refused_.Increment(job->refused);
    reply->set_rows_refused(job->refused);
    reply->set_cursor(chunk->cursor());
    TellNewerView(handover, *reply);
    if (chunk->last()) {
      TRIBUTARY_LOG_INFO("all that {} hands over to this global is on disk", absl::CHexEscape(handover.from));
    }
    return absl::OkStatus();
  });
}

grpc::Status HistoryService::Finish(grpc::ServerContext*, const v1::HandoverFinish* finish, v1::HandoverReply* reply) {
  return Admit([&]() -> absl::Status {
    const HandoverId id = finish->handover();
    TRIBUTARY_ASSIGN_OR_RETURN(const TakenHandover handover, FindOpen(id));
    if (handover.state == State::kOpen) return absl::FailedPreconditionError("not all of it is here");
    TRIBUTARY_RETURN_IF_ERROR(
        apply_([this, id](rocksdb::WriteBatch& batch) { ledger_.handovers().Finish(id, batch); }, kPatience));
    Hear(id);
    TRIBUTARY_LOG_INFO("{} has handed over: {} rows are this global's now", absl::CHexEscape(handover.from),
                       handover.rows);
    TellNewerView(handover, *reply);
    return absl::OkStatus();
  });
}

void HistoryService::TellNewerView(const TakenHandover& handover, v1::HandoverReply& reply) const {
  const std::vector<View> views = views_();
  if (views.empty()) return;
  const View& newest = views.back();
  if (std::tuple(newest.effective_from, newest.sequence) > std::tuple(handover.order, handover.sequence)) {
    *reply.mutable_newer_view() = ToProto(newest);
  }
}

void HistoryService::Hear(HandoverId id, const View* view) {
  MutexLock lock(mutex_);
  Heard& heard = heard_[id];
  heard.last = clock_.Now();
  if (view == nullptr) return;
  heard.holders.clear();
  for (const Member& member : view->members) heard.holders.push_back(member.id);
}

std::optional<std::vector<std::string>> HistoryService::HoldersHeardOf(HandoverId id) const {
  MutexLock lock(mutex_);
  const auto heard = heard_.find(id);
  if (heard == heard_.end() || clock_.Now() - heard->second.last >= kHeardFor) return std::nullopt;
  return heard->second.holders;
}

}  // namespace tributary
