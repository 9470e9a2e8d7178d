#pragma once

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/interval.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/net/event_loop.h"
#include "common/telemetry/telemetry.h"
#include "global/merge/commit_plan.h"
#include "global/outbox/outbox.h"
#include "global/store/ledger.h"

namespace tributary {

// Puts plans on disk: rows, manifests, totals, roster and outbox in one fsynced batch, on a thread of its own. Between
// plans it rolls rows up, a few milliseconds at a time.
//
// Errors:  after a batch that could not be written (disk full, say) the database's state is not known, and it must not
//          be written again: on_failure ends the process, a start opens the store anew, and agents still have
//          everything that was not acknowledged.
// Threads: thread-safe; the rest runs on the `commit` thread.
class Committer {
 public:
  struct Options {
    absl::Duration interval = absl::Seconds(10);
    int horizon = 90;  // manifests are kept for as many intervals
    // Runs on the committer's thread; nothing is committed any more.
    std::function<void(const absl::Status&)> on_failure = {};
    std::function<void()> heartbeat = [] {};  // called again and again on the committer's thread
  };
  // All outlive the committer. Starts the thread.
  Committer(Database& database, Ledger& ledger, Outbox& outbox, const Clock& clock, Options options,
            Telemetry& telemetry);
  ~Committer();  // Stop

  // `done` runs on the committer's thread once the plan is on disk. One plan at a time.
  void Commit(CommitPlan plan, std::function<void(const CommitPlan&)> done);
  // Writes what `fill` puts into a batch, between plans; whatever that is, for series are given their ids in it. Waits
  // for it, and for it to be on disk; Unavailable when that takes longer than `patience`: it may still come. Not on the
  // committer's thread.
  absl::Status Apply(std::function<void(rocksdb::WriteBatch&)> fill, absl::Duration patience);
  // Nothing more is committed: rolls up all there is, the windows included that the last interval lies in. Waits.
  absl::Status RollUpTheRest(absl::Duration patience);

  // OK, or why nothing is committed any more.
  absl::Status status() const;
  // A plan that is being written is waited for.
  void Stop() { loop_.Stop(); }

 private:
  struct Job;
  void Prepare(const std::shared_ptr<Job>& job);
  void Write(const std::shared_ptr<Job>& job);
  // What `run` says on the committer's thread.
  absl::Status RunThere(std::function<absl::Status()> run, absl::Duration patience);
  void DropOld();
  void RollUp();
  void Fail(const absl::Status& failure);
  void SetStatus(const absl::Status& status);

  Database& database_;
  Ledger& ledger_;
  Outbox& outbox_;
  const Clock& clock_;
  const Options options_;
  Histogram& seconds_;
  LogEvery log_every_;
  bool is_rolling_up_ = false;  // the commit thread's: the next step is posted
  mutable Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  EventLoop loop_;  // last: its thread uses the others
};

}  // namespace tributary
