#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/aggregate/aggregate.h"
#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "common/hash/partition.h"
#include "common/metric/series_key.h"
#include "common/metric/shared_series_key.h"
#include "global/merge/left_out.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary::sim {

// One chunk of a unit as an agent had it: a counter and a timer of its partition, and what became of it.
struct Chunk {
  uint32_t number = 0;  // in the run
  int digit = 0;        // in its window
  int agent = 0;
  uint64_t life = 0;
  InstanceId instance;
  WindowName window;
  uint32_t chunk = 0;
  uint32_t chunk_count = 0;  // 0: a late unit
  uint64_t samples = 0;
  DistributionAggregate timer;
  const Chunk* twin = nullptr;  // has the same name and other bytes, as a cloned machine would send it
  bool is_twin = false;         // that one itself
  absl::Time up_since;          // the process that sends it; never: it has ended
  bool was_sent = false;
  bool was_durable = false;    // named for good on some disk, at some time
  bool was_committed = false;  // so was its agent told
  bool was_refused = false;    // for good
  bool was_lost = false;       // with its agent
};

// What agents were given: the generator's side of every comparison. A chunk adds 4^digit to its window's counter, so
// that the value of a row says which chunks were merged into it, and how often. Thread-compatible.
class Truth {
 public:
  static constexpr int kMaxChunks = 32;  // of one window: 4^32 is within the range of a counter

  // Null when the window is full.
  Chunk* Add(Chunk chunk);
  const std::deque<Chunk>& chunks() const { return chunks_; }
  Chunk& at(uint32_t number) { return chunks_[number]; }
  const Chunk& at(uint32_t number) const { return chunks_[number]; }
  // A commit on disk names it. Whether its agent had been told of another.
  bool NoteDurable(WindowName window, const InstanceId& instance, uint32_t chunk, uint32_t crc32c);
  const std::map<WindowName, std::vector<uint32_t>>& windows() const { return windows_; }

  // What travels in place of a payload, and what comes out of it.
  v1::Block BlockOf(const Chunk& chunk) const;
  const Chunk* ChunkOf(const v1::Block& block) const;
  static std::vector<std::pair<SharedSeriesKey, Aggregate>> SeriesOf(const Chunk& chunk);

  static SeriesKey CounterOf(PartitionId partition);
  static SeriesKey TimerOf(PartitionId partition);

 private:
  std::deque<Chunk> chunks_;                             // by number; addresses hold
  std::map<WindowName, std::vector<uint32_t>> windows_;  // numbers by digit
};

// Which chunks of a window are in a value: how often each, by digit.
struct Content {
  std::vector<uint8_t> times;

  // As a counter's total tells.
  static Content Of(const CounterAggregate& counter);
  int TimesOf(int digit) const {
    return digit < static_cast<int>(times.size()) ? times[static_cast<size_t>(digit)] : 0;
  }
  void Add(const Content& other);
  bool Includes(const Content& other) const;
  int size() const;  // chunks, each once
  friend bool operator==(const Content&, const Content&) = default;
};

}  // namespace tributary::sim
