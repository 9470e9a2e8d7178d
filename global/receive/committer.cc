#include "global/receive/committer.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/check.h"
#include "common/base/status.h"
#include "rocksdb/write_batch.h"

namespace tributary {
namespace {

constexpr absl::Duration kDropOldEvery = absl::Minutes(1);
constexpr absl::Duration kRollUpEvery = absl::Milliseconds(250);
constexpr size_t kRowsOfAStep = 2000;  // to be rolled up: a plan waits for one step, about 10 ms

}  // namespace

struct Committer::Job {
  CommitPlan plan;
  std::function<void(const CommitPlan&)> done;
  rocksdb::WriteBatch batch;  // built once: series are given their ids in it
  std::vector<Outbox::Entry> entries;
  absl::Time began;
};

Committer::Committer(Database& database, Ledger& ledger, Outbox& outbox, const Clock& clock, Options options,
                     Telemetry& telemetry)
    : database_(database),
      ledger_(ledger),
      outbox_(outbox),
      clock_(clock),
      options_(std::move(options)),
      seconds_(telemetry.AddHistogram("tributary_global_commit_duration_seconds", "From a plan to its being on disk.",
                                      DurationBounds())),
      log_every_(clock, absl::Seconds(10)),
      loop_("commit") {
  loop_.RunEvery(kDropOldEvery, [this] { DropOld(); });
  loop_.RunEvery(kRollUpEvery, [this] { RollUp(); });
  loop_.RunEvery(options_.interval / 4, options_.heartbeat);
}

Committer::~Committer() { Stop(); }

void Committer::Commit(CommitPlan plan, std::function<void(const CommitPlan&)> done) {
  auto job = std::make_shared<Job>();
  job->plan = std::move(plan);
  job->done = std::move(done);
  job->began = clock_.Now();
  TRIBUTARY_CHECK(loop_.TryPost([this, job] { Prepare(job); }));  // one plan at a time: there is room
}

void Committer::Prepare(const std::shared_ptr<Job>& job) {
  ledger_.Put(job->plan, job->batch);
  std::vector<const Row*> rows;
  std::vector<const Event*> events;
  for (const WindowCommit& window : job->plan.windows) {
    for (const Row& row : window.rows) rows.push_back(&row);
    for (const Event& event : window.events) events.push_back(&event);
  }
  job->entries = outbox_.Put(rows, events, job->batch);
  Write(job);
}

void Committer::Write(const std::shared_ptr<Job>& job) {
  const absl::Status written = database_.Write(job->batch, /*durable=*/true);
  if (!written.ok()) return Fail(written);
  ledger_.Written(job->plan);
  outbox_.Written(job->entries);
  seconds_.Observe(absl::ToDoubleSeconds(clock_.Now() - job->began));
  job->done(job->plan);
}

namespace {

// What is told on one thread and awaited on another, which may have given up by then.
struct Outcome {
  Mutex mutex;
  CondVar told;
  std::optional<absl::Status> status ABSL_GUARDED_BY(mutex);
};

}  // namespace

absl::Status Committer::RunThere(std::function<absl::Status()> run, absl::Duration patience) {
  const auto outcome = std::make_shared<Outcome>();
  const bool posted = loop_.TryPost([this, outcome, run = std::move(run)] {
    absl::Status said = status();
    if (said.ok()) said = run();
    MutexLock lock(outcome->mutex);
    outcome->status = std::move(said);
    outcome->told.NotifyAll();
  });
  if (!posted) return absl::UnavailableError("nothing is written any more");
  const absl::Time until = absl::Now() + patience;
  MutexLock lock(outcome->mutex);
  while (!outcome->status && absl::Now() < until) outcome->told.WaitFor(outcome->mutex, absl::Milliseconds(100));
  return outcome->status.value_or(absl::UnavailableError("the store is busy"));
}

absl::Status Committer::Apply(std::function<void(rocksdb::WriteBatch&)> fill, absl::Duration patience) {
  TRIBUTARY_RETURN_IF_ERROR(RunThere(
      [this, fill = std::move(fill)] {
        rocksdb::WriteBatch batch;
        fill(batch);
        const absl::Status written = database_.Write(batch, /*durable=*/false);
        if (!written.ok()) Fail(written);
        return written;
      },
      patience));
  return database_.Sync();  // here, so that no commit waits for it
}

absl::Status Committer::RollUpTheRest(absl::Duration patience) {
  const absl::Time until = absl::Now() + patience;
  bool is_more = true;
  while (is_more && absl::Now() < until) {
    const auto made = std::make_shared<absl::StatusOr<bool>>(false);
    TRIBUTARY_RETURN_IF_ERROR(RunThere(
        [this, made] {
          *made = ledger_.RollUp(kRowsOfAStep, /*is_last=*/true);
          if (!made->ok()) Fail(made->status());
          return made->status();
        },
        until - absl::Now()));
    is_more = **made;
  }
  return is_more ? absl::DeadlineExceededError("there is too much to roll up") : absl::OkStatus();
}

void Committer::Fail(const absl::Status& failure) {
  SetStatus(failure);
  options_.on_failure(failure);
}

// A step, and another one behind whatever waits already.
void Committer::RollUp() {
  if (is_rolling_up_ || !status().ok()) return;
  const absl::StatusOr<bool> is_more = ledger_.RollUp(kRowsOfAStep);
  if (!is_more.ok()) return Fail(is_more.status());
  if (!*is_more) return;
  is_rolling_up_ = loop_.TryPost([this] {
    is_rolling_up_ = false;
    RollUp();
  });
}

void Committer::DropOld() {
  if (!status().ok()) return;
  const absl::Time now = clock_.Now();
  const IntervalIndex from = IntervalScale(options_.interval).At(now) - options_.horizon - 1;
  const absl::Status dropped = ledger_.DropOld(now, from);
  if (!dropped.ok() && log_every_.Due()) TRIBUTARY_LOG_ERROR("{}", dropped.ToString());
}

absl::Status Committer::status() const {
  MutexLock lock(mutex_);
  return status_;
}

void Committer::SetStatus(const absl::Status& status) {
  MutexLock lock(mutex_);
  status_ = status;
}

}  // namespace tributary
