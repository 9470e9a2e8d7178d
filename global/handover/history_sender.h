#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/hash/view.h"
#include "common/telemetry/telemetry.h"
#include "global/handover/history_lane.h"
#include "global/handover/history_peer.h"
#include "global/store/ledger.h"

namespace tributary {

// Of the global that leaves; there from its start.
struct HandoverMetrics {
  explicit HandoverMetrics(Telemetry& telemetry);
  Counter& rows_sent;
  Counter& bytes_sent;
  Counter& rows_refused;
  Gauge& progress;
};

// Hands the stored history of a global that leaves for good to those who own its partitions by the view without it.
//
// Order:    every member of the view is told (Begin); then `on_begun` brings the store to rest; then every row goes to
//           the new owner of its partition, each with the place up to which its owner has all; when all is on their
//           disks this store is marked as given, which is the moment from which it answers for nothing; then they are
//           told (Finish).
// Resumes:  a hand-over by the same view goes on where each owner's disk says. When a newer view lacks one of them, it
//           begins anew by that.
// Bounds:   two chunks and a thread for each member; `until` ends it. Then, or after an error, nothing has changed:
// this
//           store keeps and answers for all of it.
// Threads:  Run is called once, by one thread. All that is passed outlives it.
class HistorySender {
 public:
  struct Options {
    std::string cluster;
    std::string node_id;
    std::string address;  // as the views have it
    absl::Duration interval = absl::Seconds(10);
    StoreId store = 0;
    absl::Time until;
  };
  struct Hooks {
    // No row is committed any more when it returns OK, and all that can be is rolled up. Called once.
    std::function<absl::Status()> on_begun = [] { return absl::OkStatus(); };
    // The views that this global knows by itself.
    std::function<std::vector<View>()> views = [] { return std::vector<View>(); };
  };
  HistorySender(Ledger& ledger, Options options, Hooks hooks, MakeHistoryPeer make_peer, const Clock& clock,
                HandoverMetrics& metrics);

  // OK when all of it is at the members of `view`, or of a newer one.
  absl::Status Run(View view);

 private:
  struct Lane;
  using Lanes = std::map<std::string, std::unique_ptr<Lane>>;  // by member

  absl::Status RunBy(const View& view, bool& is_given);
  absl::Status SendAll(const Assignment& assignment, Lanes& lanes);
  absl::Status Add(Lane& lane, const HistoryReader::Item& item, absl::string_view key);
  absl::Status Flush(Lane& lane, absl::string_view cursor, bool is_last);
  void OnReply(const v1::HandoverReply& reply);
  void ShowProgress(bool is_end);
  std::optional<View> NewerView(const View& view);

  Ledger& ledger_;
  const Options options_;
  const Hooks hooks_;
  const MakeHistoryPeer make_peer_;
  const uint64_t cluster_seed_;
  HandoverId id_ = 0;
  bool has_begun_ = false;
  double rows_expected_ = 0;
  uint64_t rows_seen_ = 0;
  LogEvery log_every_;
  HandoverMetrics& metrics_;
  Mutex mutex_;
  std::optional<View> newer_view_ ABSL_GUARDED_BY(mutex_);  // the newest that a member has told
};

}  // namespace tributary
