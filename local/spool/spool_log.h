#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/instance_id.h"
#include "common/base/mutex.h"
#include "local/forward/unit_spool.h"
#include "local/spool/segment_folder.h"
#include "local/spool/segment_record.h"

namespace tributary {

// An agent's spool: a log of segment files in a folder of its own, shared by the instances whose units it holds.
//
// Shape:   records are appended to the newest segment, which begins with the newest marker of every instance. The
//          oldest segment is deleted when nothing in it is needed any more, so a note to forget never goes before its
//          group.
// Bounds:  bytes and age: beyond, the oldest segment is deleted with what it holds. In memory a small entry per group.
// Errors:  damaged records are skipped and counted, when opened and when read; a write that fails is taken back.
// Threads: thread-safe; on disk a thread of its own syncs.
class SpoolLog {
 public:
  struct Options {
    std::string folder;  // on disk; made, for its owner only
    uint64_t max_bytes = 4ull << 30;
    absl::Duration max_age = absl::Hours(24);
    absl::Duration sync_every = absl::Seconds(1);
    uint64_t segment_bytes = 8u << 20;
  };
  struct Stats {
    uint64_t bytes = 0;
    uint64_t segments = 0;
    uint64_t groups_written = 0;
    uint64_t writes_failed = 0;
    uint64_t records_damaged = 0;  // stretches, and groups that could not be read
    uint64_t syncs_failed = 0;
  };

  // Reads what is there. Errors name the path; one that is in use by another agent is refused.
  static absl::StatusOr<std::unique_ptr<SpoolLog>> Open(Options options, const Clock& clock);
  // Elsewhere, and without the thread: Sync is called instead.
  static absl::StatusOr<std::unique_ptr<SpoolLog>> Open(Options options, std::unique_ptr<SegmentFolder> folder,
                                                        const Clock& clock);
  ~SpoolLog();  // the thread syncs

  // From here on a loss of power costs nothing of what was appended before.
  void Sync();

  // Where the ledger of `instance` keeps its units. The log outlives it.
  std::unique_ptr<UnitSpool> For(const InstanceId& instance);

  // Those who have left something, when the log was opened.
  std::map<InstanceId, Legacy> TakeLegacies();
  // Nothing of it is needed any more.
  void Finish(const InstanceId& instance);

  Stats stats() const;

 private:
  class View;
  struct Segment {
    std::shared_ptr<SegmentFile> file;
    absl::Time newest;    // when something was written to it
    uint64_t groups = 0;  // still needed
  };
  struct Group {
    uint64_t segment = 0;
    uint64_t offset = 0;
    uint64_t size = 0;
    InstanceId instance;
    bool pending = false;
  };
  using Segments = std::map<uint64_t, Segment>;

  SpoolLog(Options options, std::unique_ptr<SegmentFolder> folder, const Clock& clock);
  absl::Status Load() ABSL_LOCKS_EXCLUDED(mutex_);
  void LoadRecord(uint64_t sequence, const SegmentReader& reader, SegmentRecord record)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CloseLegacies() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::optional<GroupId> Append(const InstanceId& instance, UnitSpool::Use use, const std::vector<v1::Block>& blocks);
  std::vector<v1::Block> Read(GroupId id);
  void Forget(GroupId id);
  std::vector<GroupId> TakeLost(const InstanceId& instance);
  void Note(const SegmentRecord& record);

  // How many bytes; nothing when it failed.
  std::optional<uint64_t> Write(const SegmentRecord& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool BeginSegment() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remove(std::map<GroupId, Group>::iterator group) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Trim() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SyncAgainAndAgain();

  const Options options_;
  const Clock& clock_;
  const std::unique_ptr<SegmentFolder> folder_;

  mutable Mutex mutex_;
  CondVar stop_requested_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool dirty_ ABSL_GUARDED_BY(mutex_) = false;
  Segments segments_ ABSL_GUARDED_BY(mutex_);  // the last is written to
  uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<GroupId, Group> groups_ ABSL_GUARDED_BY(mutex_);
  GroupId last_group_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<InstanceId, SegmentRecord> markers_ ABSL_GUARDED_BY(mutex_);  // the newest of each
  std::map<InstanceId, std::vector<GroupId>> lost_ ABSL_GUARDED_BY(mutex_);
  std::map<InstanceId, Legacy> legacies_ ABSL_GUARDED_BY(mutex_);
  Stats stats_ ABSL_GUARDED_BY(mutex_);
  std::thread syncer_;
};

}  // namespace tributary
