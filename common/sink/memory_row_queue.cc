#include "common/sink/memory_row_queue.h"

#include <utility>

#include "absl/time/clock.h"
#include "common/base/check.h"

namespace tributary {
namespace {

size_t OutsideBytes(const CounterAggregate&) { return 0; }
size_t OutsideBytes(const GaugeAggregate&) { return 0; }
size_t OutsideBytes(const DistributionAggregate& distribution) { return distribution.digest.MemoryBytes(); }
size_t OutsideBytes(const SetAggregate& set) { return set.members.MemoryBytes(); }
size_t OutsideBytes(const CheckAggregate& check) { return check.message.capacity(); }

}  // namespace

size_t MemoryBytes(const Row& row) {
  size_t bytes = sizeof(Row) + row.key->name.capacity();
  for (const std::string& tag : row.key->tags) bytes += sizeof tag + tag.capacity();
  return bytes + std::visit([](const auto& aggregate) { return OutsideBytes(aggregate); }, row.value);
}

void MemoryRowQueue::Append(std::vector<Row> rows) {
  if (rows.empty()) return;
  Entry entry;
  entry.rows = rows.size();
  for (const Row& row : rows) entry.bytes += MemoryBytes(row);
  entry.batch.rows = std::move(rows);

  MutexLock lock(mutex_);
  entry.batch.sequence = next_sequence_++;
  stats_.rows_appended += entry.rows;
  stats_.rows_queued += entry.rows;
  stats_.bytes_queued += entry.bytes;
  entries_.push_back(std::move(entry));
  while (stats_.bytes_queued > max_bytes_ && entries_.size() > (front_is_out_ ? 1 : 0)) DropOldest();
  appended_.NotifyOne();
}

void MemoryRowQueue::DropOldest() {
  const auto oldest = entries_.begin() + (front_is_out_ ? 1 : 0);
  stats_.rows_dropped += oldest->rows;
  Forget(oldest);
}

void MemoryRowQueue::Forget(std::deque<Entry>::iterator entry) {
  stats_.rows_queued -= entry->rows;
  stats_.bytes_queued -= entry->bytes;
  entries_.erase(entry);
}

std::optional<RowBatch> MemoryRowQueue::Next(absl::Duration wait) {
  const absl::Time deadline = absl::Now() + wait;
  MutexLock lock(mutex_);
  TRIBUTARY_CHECK(!front_is_out_);
  while (entries_.empty()) {
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration() || !appended_.WaitFor(mutex_, left)) break;
  }
  if (entries_.empty()) return std::nullopt;
  front_is_out_ = true;
  return std::move(entries_.front().batch);
}

void MemoryRowQueue::Acknowledge(uint64_t sequence) {
  MutexLock lock(mutex_);
  TRIBUTARY_CHECK(front_is_out_ && entries_.front().batch.sequence == sequence);
  stats_.rows_acknowledged += entries_.front().rows;
  Forget(entries_.begin());
  front_is_out_ = false;
}

MemoryRowQueue::Stats MemoryRowQueue::stats() const {
  MutexLock lock(mutex_);
  return stats_;
}

}  // namespace tributary
