#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "global/store/database.h"
#include "global/store/handover_log.h"
#include "global/store/ledger.h"
#include "tributary/v1/copy.pb.h"

namespace tributary {

// A copy that is open for reading.
struct OpenCopy {
  std::shared_ptr<Database> database;
  std::unique_ptr<Ledger> ledger;
};

// The copy of another global's store, as far as that has sent it: a store of its own, in its own folder.
//
// Reading: the whole ledger is opened when somebody asks, and again when more has come since; nobody asks while the
//          one whose store it is answers. Readers keep what they have opened.
// Threads: thread-safe; Apply waits for the one before it.
class StoreCopy {
 public:
  struct About {
    StoreId store = 0;
    std::string of;                             // the member's id
    std::string cursor;                         // empty: nothing is here
    absl::Time through = absl::InfinitePast();  // all that was committed by then is here; InfinitePast: not yet whole
    absl::Time heard = absl::InfinitePast();    // of whom it is of, in this life of the process
    std::vector<HandoverId> given;              // the store's history was handed over to others
  };

  // A new one, or the one that is in `database.path`. `clock` outlives it.
  static absl::StatusOr<std::unique_ptr<StoreCopy>> Make(const Database::Options& database, Ledger::Options ledger,
                                                         StoreId store, const std::string& of, const Clock& clock);
  static absl::StatusOr<std::unique_ptr<StoreCopy>> Open(const Database::Options& database, Ledger::Options ledger,
                                                         const Clock& clock);

  About about() const;
  void Hear();
  // All of the chunk or nothing. InvalidArgument when it is not well-formed.
  absl::Status Apply(const v1::CopyChunk& chunk);
  // FailedPrecondition as long as it is not whole.
  absl::StatusOr<std::shared_ptr<const OpenCopy>> Read();
  // A ledger of its own, for writing; nobody else writes any more.
  absl::StatusOr<std::shared_ptr<const OpenCopy>> OpenApart() const { return OpenLedger(Known().of); }
  // Gives back what reading needs, when it was opened a while ago.
  void CloseUnread();
  // What a ledger needs when its owner is away: rolls up what there is, and drops what is beyond the retention.
  absl::Status Tend();
  uint64_t DiskBytes() const { return database_->DiskBytes(); }

 private:
  StoreCopy(std::shared_ptr<Database> database, Ledger::Options ledger, const Clock& clock)
      : database_(std::move(database)), ledger_options_(std::move(ledger)), clock_(clock) {}
  absl::Status Load();
  absl::StatusOr<std::shared_ptr<const OpenCopy>> OpenLedger(const std::string& of) const;
  About Known() const;

  const std::shared_ptr<Database> database_;
  const Ledger::Options ledger_options_;
  const Clock& clock_;
  Mutex writing_;  // before mutex_
  mutable Mutex mutex_;
  About about_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const OpenCopy> open_ ABSL_GUARDED_BY(mutex_);
  std::string opened_at_ ABSL_GUARDED_BY(mutex_);  // cursor
  absl::Time opened_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tributary
