#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/hash/view.h"
#include "common/telemetry/telemetry.h"
#include "global/store/ledger.h"
#include "tributary/v1/history.grpc.pb.h"

namespace tributary {

// HistoryService: takes the history that other globals hand over when they leave, on gRPC's own threads; rows are put
// on the thread that commits, a chunk at a time between plans, and are on disk before a chunk is answered.
//
// Bounds:  `max_concurrent` calls at once, more are ResourceExhausted; a chunk is a message of at most 4 MiB and
//          kMaxRows; of hand-overs HandoverLog::kMaxTaken.
// Errors:  NotFound: the hand-over is not known here, and is to begin; FailedPrecondition: of another cluster, or
//          cancelled; InvalidArgument: not well-formed. A row that is wrong is refused alone, and counted.
// Threads: thread-safe. All that is passed outlives it.
class HistoryService final : public v1::HistoryService::Service {
 public:
  static constexpr int kMaxRows = 16'384;
  struct Options {
    std::string cluster;
    std::string node_id;
    absl::Duration interval = absl::Seconds(10);
    int max_concurrent = 16;  // each hands over with one call at a time
  };
  // As Committer::Apply.
  using Apply = std::function<absl::Status(std::function<void(rocksdb::WriteBatch&)>, absl::Duration patience)>;
  using Views = std::function<std::vector<View>()>;  // as known here; from any thread

  HistoryService(Ledger& ledger, Options options, Apply apply, Views views, const Clock& clock, Telemetry& telemetry);

  grpc::Status Begin(grpc::ServerContext* context, const v1::HandoverBegin* begin, v1::HandoverReply* reply) override;
  grpc::Status Take(grpc::ServerContext* context, const v1::HandoverChunk* chunk, v1::HandoverReply* reply) override;
  grpc::Status Finish(grpc::ServerContext* context, const v1::HandoverFinish* finish,
                      v1::HandoverReply* reply) override;

  // When whoever hands over has called within the last minute: the members of the view by which it does, as far as it
  // has told them since this start.
  std::optional<std::vector<std::string>> HoldersHeardOf(HandoverId id) const;

 private:
  template <class Run>
  grpc::Status Admit(Run run);
  absl::Status CheckBegin(const v1::HandoverBegin& begin, View& view) const;
  absl::StatusOr<TakenHandover> FindOpen(HandoverId id);
  void Hear(HandoverId id, const View* view = nullptr);
  void TellNewerView(const TakenHandover& handover, v1::HandoverReply& reply) const;

  Ledger& ledger_;
  const Options options_;
  const Apply apply_;
  const Views views_;
  const Clock& clock_;
  Counter& rows_taken_;
  Counter& rows_refused_;
  std::atomic<int> running_{0};
  mutable Mutex mutex_;
  struct Heard {
    absl::Time last;
    std::vector<std::string> holders;
  };
  std::map<HandoverId, Heard> heard_ ABSL_GUARDED_BY(mutex_);  // at most as many as the log has
};

}  // namespace tributary
