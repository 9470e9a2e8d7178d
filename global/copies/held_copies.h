#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "global/copies/store_copy.h"

namespace tributary {

// The copies of other globals' stores that this one keeps, each in a folder named by the store; there as long as they
// have rows within the retention, or until another global has a whole one.
//
// Bounds:  kMaxCopies; more are refused.
// Threads: thread-safe; a thread of its own tends copies whose owner has not been heard of for kAwayFor. `clock`
//          outlives it.
class HeldCopies {
 public:
  static constexpr size_t kMaxCopies = 16;
  static constexpr absl::Duration kAwayFor = absl::Minutes(10);
  struct Options {
    std::string path;            // the folder of folders; made when it is needed
    Database::Options database;  // but for its path
    Ledger::Options ledger;      // but for its node_id
    absl::Duration tend_every = absl::Minutes(1);
    uint64_t min_free_bytes = 256u << 20;  // of the disk: left to this global's own store
  };

  static absl::StatusOr<std::unique_ptr<HeldCopies>> Open(Options options, const Clock& clock);
  ~HeldCopies();

  // As it is, or a new one. ResourceExhausted when there are too many.
  absl::StatusOr<StoreCopy::About> Begin(StoreId store, const std::string& of);
  // That this is its store now.
  void Announce(StoreId store, const std::string& of);
  // Copies of stores that their owners have lost: they have another one now. Whole ones.
  std::vector<std::shared_ptr<StoreCopy>> Lost() const;
  // NotFound: has not begun here. ResourceExhausted: too little room on the disk.
  absl::Status Apply(const v1::CopyChunk& chunk);
  // Its disk is given back when the last reader is gone. Of one that is not here: nothing.
  absl::Status Drop(StoreId store);

  std::vector<StoreCopy::About> List() const;
  // NotFound, or FailedPrecondition when it is not whole yet.
  absl::StatusOr<std::shared_ptr<const OpenCopy>> Read(StoreId store) const;
  uint64_t DiskBytes() const;
  // Tends those whose owner is away, and drops those that are beyond the retention.
  void Tend();

 private:
  HeldCopies(Options options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}
  std::string PathOf(StoreId store) const;
  Database::Options DatabaseOf(StoreId store) const;
  std::shared_ptr<StoreCopy> Find(StoreId store) const;
  std::vector<std::shared_ptr<StoreCopy>> All() const;
  void Run();

  const Options options_;
  const Clock& clock_;
  mutable Mutex mutex_;
  CondVar ends_;
  bool is_ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<StoreId, std::shared_ptr<StoreCopy>> copies_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, StoreId> announced_ ABSL_GUARDED_BY(mutex_);  // of owners of copies_
  std::thread thread_;
};

}  // namespace tributary
