#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/hash/view.h"
#include "common/telemetry/telemetry.h"
#include "global/copies/copy_peer.h"
#include "global/copies/store_feed.h"
#include "global/store/database.h"

namespace tributary {

// Of the global whose store is copied; there from its start.
struct CopyMetrics {
  explicit CopyMetrics(Telemetry& telemetry);
  Counter& bytes_sent;
  Counter& begun;
  Gauge& lag_seconds;
};

// Who keeps the copy of a global's store: the next member by id, after the last the first. None when there is no other.
// It changes for one store only when a member comes or goes.
std::optional<Member> HolderOf(const std::string& node_id, const View& view);

// Keeps a copy of this global's store at another one, as it is written. Commits do not wait for it: a copy is late by
// what `tributary_global_copy_lag_seconds` says, about a second.
//
// Resumes: where the copy says that it is; from the beginning when the log does not reach back there any more.
// Moves:   when the holder is another one, by the newest view, a copy is made there; the former one goes when that is
//          whole, and not before.
// Bounds:  one chunk of kMaxChunkBytes is under way.
// Threads: Start and Stop are called once; a thread of its own sends. All that is passed outlives it.
class CopySender {
 public:
  static constexpr size_t kMaxChunkBytes = 1 << 20;  // and a change
  struct Options {
    std::string cluster;
    std::string node_id;
    absl::Duration interval = absl::Seconds(10);
    StoreId store = 0;
    absl::Duration look_every = absl::Seconds(1);
  };
  struct Source {
    std::function<std::vector<View>()> views;       // the newest last
    std::function<absl::Time()> committed_through;  // the end of the last interval that is whole; from any thread
  };
  CopySender(Database& database, Options options, Source source, MakeCopyPeer make_peer, const Clock& clock,
             CopyMetrics& metrics);
  ~CopySender();  // Stop, without patience

  void Start();
  // Sends what was written until now, as far as that is done within `patience`.
  void Stop(absl::Duration patience);

 private:
  // The way to one holder.
  struct Lane {
    Member holder;
    std::unique_ptr<CopyPeer> peer;
    std::unique_ptr<StoreFeed> feed = nullptr;  // null: to begin
    bool is_anew = false;
    absl::Time through = absl::InfinitePast();  // as was told
    absl::Time told = absl::InfinitePast();     // when
  };

  void Run();
  bool is_over() const;
  absl::Status Step();
  absl::Status Begin(Lane& lane);
  void BeganAnew(Lane& lane);
  absl::Status SendChanges(Lane& lane);
  absl::Status Tell(Lane& lane, v1::CopyChunk chunk);
  absl::Status LoadHolders();
  absl::Status StoreHolders();
  v1::CopyBegin MakeBegin() const;
  // To every member, once.
  void Announce(const View& view);
  // Those who had the copy before.
  absl::Status DropFormer(const Lane& lane, const View& view);

  Database& database_;
  const Options options_;
  const Source source_;
  const MakeCopyPeer make_peer_;
  const Clock& clock_;
  CopyMetrics& metrics_;
  LogEvery log_every_;
  std::optional<Lane> lane_;
  const absl::Time started_;
  absl::Time copied_through_ = absl::InfinitePast();  // at this holder or the one before
  std::set<std::string> holders_;                     // ids of all that may have a copy
  bool holders_loaded_ = false;
  std::set<std::string> told_;  // members that know the store
  mutable Mutex mutex_;
  CondVar changed_;
  bool is_ending_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::thread thread_;
};

}  // namespace tributary
