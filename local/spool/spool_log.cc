#include "local/spool/spool_log.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "local/forward/block_name.h"
#include "local/spool/disk_folder.h"

namespace tributary {

namespace {

using Kind = SegmentRecord::Kind;

constexpr uint64_t kMaxLoadedBytes = 64u << 20;  // of one segment; we write far smaller ones

Legacy::Group Describe(GroupId id, const v1::Batch& batch) {
  Legacy::Group group{
      .id = id, .interval = batch.blocks(0).interval(), .block_count = 0, .sample_count = 0, .bytes = 0};
  for (const v1::Block& block : batch.blocks()) {
    group.interval = std::min<IntervalIndex>(group.interval, block.interval());
    group.block_count += 1;
    group.sample_count += block.sample_count();
    group.bytes += BytesOf(block);
  }
  return group;
}

}  // namespace

// One instance's part of the log.
class SpoolLog::View : public UnitSpool {
 public:
  View(SpoolLog& log, const InstanceId& instance) : log_(log), instance_(instance) {}

  std::optional<GroupId> Append(Use use, const std::vector<v1::Block>& blocks) override {
    return log_.Append(instance_, use, blocks);
  }
  std::vector<v1::Block> Read(GroupId group) override { return log_.Read(group); }
  void Forget(GroupId group) override { log_.Forget(group); }
  std::vector<GroupId> TakeLost() override { return log_.TakeLost(instance_); }
  void NoteMarker(const v1::Marker& marker, uint64_t samples) override {
    SegmentRecord record;
    record.kind = Kind::kMarker;
    record.instance = instance_;
    record.marker = marker;
    record.samples = samples;
    log_.Note(record);
  }
  void NoteGoodbye(IntervalIndex final_interval) override {
    SegmentRecord record;
    record.kind = Kind::kGoodbye;
    record.instance = instance_;
    record.final_interval = final_interval;
    log_.Note(record);
  }

 private:
  SpoolLog& log_;
  const InstanceId instance_;
};

absl::StatusOr<std::unique_ptr<SpoolLog>> SpoolLog::Open(Options options, const Clock& clock) {
  TRIBUTARY_ASSIGN_OR_RETURN(std::unique_ptr<SegmentFolder> folder, DiskFolder::Open(options.folder));
  TRIBUTARY_ASSIGN_OR_RETURN(std::unique_ptr<SpoolLog> log, Open(std::move(options), std::move(folder), clock));
  log->syncer_ = std::thread([spool = log.get()] { spool->SyncAgainAndAgain(); });
  return log;
}

absl::StatusOr<std::unique_ptr<SpoolLog>> SpoolLog::Open(Options options, std::unique_ptr<SegmentFolder> folder,
                                                         const Clock& clock) {
  std::unique_ptr<SpoolLog> log(new SpoolLog(std::move(options), std::move(folder), clock));
  TRIBUTARY_RETURN_IF_ERROR(log->Load());
  return log;
}

SpoolLog::SpoolLog(Options options, std::unique_ptr<SegmentFolder> folder, const Clock& clock)
    : options_(std::move(options)), clock_(clock), folder_(std::move(folder)) {}

SpoolLog::~SpoolLog() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    stop_requested_.NotifyAll();
  }
  if (syncer_.joinable()) syncer_.join();
}

// What was there.

absl::Status SpoolLog::Load() {
  TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<uint64_t> sequences, folder_->List());
  MutexLock lock(mutex_);
  for (const uint64_t sequence : sequences) {
    TRIBUTARY_ASSIGN_OR_RETURN(std::shared_ptr<SegmentFile> file, folder_->Open(sequence));
    bytes_ += file->bytes();
    const std::string bytes = file->Read(0, std::min(file->bytes(), kMaxLoadedBytes));
    segments_[sequence] = {.file = std::move(file), .newest = clock_.Now()};
    SegmentReader reader(bytes);
    while (std::optional<SegmentRecord> record = reader.Next()) LoadRecord(sequence, reader, *std::move(record));
    stats_.records_damaged += reader.damage();
  }
  CloseLegacies();
  if (!BeginSegment()) TRIBUTARY_LOG_ERROR("cannot write to the spool {}: units stay in memory", options_.folder);
  Trim();
  return absl::OkStatus();
}

void SpoolLog::LoadRecord(uint64_t sequence, const SegmentReader& reader, SegmentRecord record) {
  last_group_ = std::max(last_group_, record.group);
  switch (record.kind) {
    case Kind::kPending: {
      if (groups_.contains(record.group)) return;
      groups_[record.group] = {sequence, reader.offset(), reader.size(), record.instance, true};
      segments_.at(sequence).groups += 1;
      legacies_[record.instance].groups.push_back(Describe(record.group, record.batch));
      return;
    }
    case Kind::kRetained:
      return;
    case Kind::kForget:
      if (const auto group = groups_.find(record.group); group != groups_.end()) Remove(group);
      return;
    case Kind::kMarker:
      legacies_[record.instance].markers.push_back(record.marker);
      markers_[record.instance] = std::move(record);
      return;
    case Kind::kGoodbye:
      legacies_[record.instance].final_interval = record.final_interval;
      return;
    case Kind::kFinish:
      legacies_.erase(record.instance);
      markers_.erase(record.instance);
      for (auto group = groups_.begin(); group != groups_.end();) {
        const bool is_finished = group->second.instance == record.instance;
        if (is_finished) segments_.at(group->second.segment).groups -= 1;
        group = is_finished ? groups_.erase(group) : std::next(group);
      }
      return;
  }
}

void SpoolLog::CloseLegacies() {
  for (auto& [instance, legacy] : legacies_) {
    std::vector<Legacy::Group> kept;
    uint64_t samples = 0;
    for (const Legacy::Group& group : legacy.groups) {
      if (!groups_.contains(group.id)) continue;
      samples += group.sample_count;
      kept.push_back(group);
    }
    legacy.groups = std::move(kept);
    const auto marker = markers_.find(instance);
    if (marker != markers_.end() && marker->second.samples > samples)
      legacy.lost_samples = marker->second.samples - samples;
  }
}

std::map<InstanceId, Legacy> SpoolLog::TakeLegacies() {
  MutexLock lock(mutex_);
  return std::exchange(legacies_, {});
}

// What is kept.

std::unique_ptr<UnitSpool> SpoolLog::For(const InstanceId& instance) { return std::make_unique<View>(*this, instance); }

std::optional<GroupId> SpoolLog::Append(const InstanceId& instance, UnitSpool::Use use,
                                        const std::vector<v1::Block>& blocks) {
  SegmentRecord record;
  const bool pending = use == UnitSpool::Use::kPending;
  record.kind = pending ? Kind::kPending : Kind::kRetained;
  record.instance = instance;
  for (const v1::Block& block : blocks) *record.batch.add_blocks() = block;
  MutexLock lock(mutex_);
  record.group = last_group_ + 1;
  const std::optional<uint64_t> size = Write(record);
  if (!size) return std::nullopt;
  last_group_ = record.group;
  auto& [sequence, segment] = *segments_.rbegin();
  groups_[record.group] = {sequence, segment.file->bytes() - *size, *size, instance, pending};
  segment.groups += 1;
  stats_.groups_written += 1;
  Trim();
  return record.group;
}

std::vector<v1::Block> SpoolLog::Read(GroupId id) {
  std::string bytes;
  {
    MutexLock lock(mutex_);
    const auto group = groups_.find(id);
    if (group == groups_.end()) return {};
    bytes = absl::StrCat(kSegmentMagic,
                         segments_.at(group->second.segment).file->Read(group->second.offset, group->second.size));
  }
  SegmentReader reader(bytes);
  std::optional<SegmentRecord> record = reader.Next();
  if (!record || record->group != id) {
    MutexLock lock(mutex_);
    stats_.records_damaged += 1;
    return {};
  }
  std::vector<v1::Block> blocks;
  for (v1::Block& block : *record->batch.mutable_blocks()) blocks.push_back(std::move(block));
  return blocks;
}

void SpoolLog::Forget(GroupId id) {
  MutexLock lock(mutex_);
  const auto group = groups_.find(id);
  if (group == groups_.end()) return;
  if (group->second.pending) {
    SegmentRecord record;
    record.kind = Kind::kForget;
    record.group = id;
    Write(record);  // without it a successor sends the group again, and it counts once by its name
  }
  Remove(group);
  Trim();
}

void SpoolLog::Remove(std::map<GroupId, Group>::iterator group) {
  segments_.at(group->second.segment).groups -= 1;
  groups_.erase(group);
}

std::vector<GroupId> SpoolLog::TakeLost(const InstanceId& instance) {
  MutexLock lock(mutex_);
  const auto lost = lost_.find(instance);
  return lost == lost_.end() ? std::vector<GroupId>() : std::exchange(lost->second, {});
}

void SpoolLog::Note(const SegmentRecord& record) {
  MutexLock lock(mutex_);
  if (record.kind == Kind::kMarker) markers_[record.instance] = record;
  Write(record);
  Trim();
}

void SpoolLog::Finish(const InstanceId& instance) {
  SegmentRecord record;
  record.kind = Kind::kFinish;
  record.instance = instance;
  MutexLock lock(mutex_);
  markers_.erase(instance);
  for (auto group = groups_.begin(); group != groups_.end();) {
    const auto next = std::next(group);
    if (group->second.instance == instance) Remove(group);
    group = next;
  }
  lost_.erase(instance);
  Write(record);
  Trim();
}

SpoolLog::Stats SpoolLog::stats() const {
  MutexLock lock(mutex_);
  Stats stats = stats_;
  stats.bytes = bytes_;
  stats.segments = segments_.size();
  return stats;
}

// Segments.

std::optional<uint64_t> SpoolLog::Write(const SegmentRecord& record) {
  const bool full = segments_.empty() || segments_.rbegin()->second.file->bytes() >= options_.segment_bytes;
  if (full && !BeginSegment()) return std::nullopt;
  Segment& segment = segments_.rbegin()->second;
  const std::string bytes = EncodeRecord(record);
  if (!segment.file->Append(bytes)) {
    stats_.writes_failed += 1;
    return std::nullopt;
  }
  bytes_ += bytes.size();
  segment.newest = clock_.Now();
  dirty_ = true;
  return bytes.size();
}

bool SpoolLog::BeginSegment() {
  const uint64_t sequence = segments_.empty() ? 1 : segments_.rbegin()->first + 1;
  const absl::StatusOr<std::shared_ptr<SegmentFile>> file = folder_->Open(sequence);
  std::string bytes(kSegmentMagic);
  for (const auto& [instance, marker] : markers_) bytes += EncodeRecord(marker);
  if (!file.ok() || !(*file)->Append(bytes)) {
    if (file.ok()) (*file)->Delete();
    stats_.writes_failed += 1;
    return false;
  }
  if (!segments_.empty() && !segments_.rbegin()->second.file->Sync()) stats_.syncs_failed += 1;
  bytes_ += bytes.size();
  segments_[sequence] = {.file = *file, .newest = clock_.Now()};
  return true;
}

void SpoolLog::Trim() {
  const absl::Time now = clock_.Now();
  while (segments_.size() > 1) {
    const Segment& oldest = segments_.begin()->second;
    const bool over = bytes_ > options_.max_bytes || oldest.newest + options_.max_age < now;
    if (oldest.groups > 0 && !over) return;
    DropOldest();
  }
}

void SpoolLog::DropOldest() {
  const uint64_t sequence = segments_.begin()->first;
  for (auto group = groups_.begin(); group != groups_.end() && segments_.begin()->second.groups > 0;) {
    const auto next = std::next(group);
    if (group->second.segment == sequence) {
      if (group->second.pending) lost_[group->second.instance].push_back(group->first);
      Remove(group);
    }
    group = next;
  }
  bytes_ -= segments_.begin()->second.file->bytes();
  segments_.begin()->second.file->Delete();
  segments_.erase(segments_.begin());
}

void SpoolLog::Sync() {
  std::shared_ptr<SegmentFile> file;
  {
    MutexLock lock(mutex_);
    if (!std::exchange(dirty_, false)) return;
    file = segments_.rbegin()->second.file;
  }
  if (file->Sync()) return;
  MutexLock lock(mutex_);
  stats_.syncs_failed += 1;
}

void SpoolLog::SyncAgainAndAgain() {
  ::pthread_setname_np(::pthread_self(), "spool");
  for (bool stopping = false; !stopping;) {
    {
      MutexLock lock(mutex_);
      if (!stopping_) stop_requested_.WaitFor(mutex_, options_.sync_every);
      stopping = stopping_;
    }
    Sync();
  }
}

}  // namespace tributary
