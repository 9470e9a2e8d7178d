#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "common/hash/partition.h"
#include "common/metric/series_key.h"

namespace tributary {

// How often the faults of a run happened: a batch of seeds that never froze a global proves nothing about freezing.
struct SimulationMarks {
  int streams_broken = 0;
  int agents_cut_off = 0;
  int proxies_killed = 0;
  int globals_killed = 0;
  int commits_lost = 0;    // killed before the plan was on disk
  int commits_untold = 0;  // killed between the disk and the acknowledgement
  int globals_frozen = 0;
  int members_changed = 0;
  int partial_closes = 0;
  int supersets = 0;
  int late_units = 0;
  int units_sent_again = 0;
  int units_dropped = 0;
  int pulls = 0;
  friend bool operator==(const SimulationMarks&, const SimulationMarks&) = default;
};

// What agents have sent and what globals have stored, as told by those who did it; for the checks.
struct SimulationRecords {
  using Window = std::pair<IntervalIndex, PartitionId>;
  using ChunkName = std::pair<InstanceId, uint32_t>;
  struct Sent {
    double value = 0;
    uint64_t samples = 0;
  };
  // What one global says of a window.
  struct Stored {
    std::map<std::pair<SeriesKey, int>, double> rows;  // by version; a whole one takes the place of the partial one
    std::set<ChunkName> named;                         // by manifests
    bool closed = false;
  };
  std::map<Window, std::map<ChunkName, Sent>> sent;
  std::map<Window, std::map<std::string, Stored>> stored;  // by global
};

// Time, chance and events of a simulation: everything follows from the seed. Thread-compatible.
class SimulatedWorld {
 public:
  static constexpr IntervalIndex kStart = 100'000;

  explicit SimulatedWorld(uint64_t seed);

  absl::Time now() const { return now_; }
  const IntervalScale& scale() const { return scale_; }

  // Events at equal times happen in the order they were planned.
  void At(absl::Time time, std::function<void()> event);
  void After(absl::Duration delay, std::function<void()> event) { At(now_ + delay, std::move(event)); }
  void RunUntil(absl::Time time);
  void DropEvents() { events_.clear(); }

  uint64_t Random() { return random_(); }
  double Chance();   // uniform in [0, 1)
  int Below(int n);  // uniform in 0..n-1
  absl::Duration Between(double min_intervals, double max_intervals);
  uint64_t NextLinkId() { return ++last_link_; }

  // Something that must not be. The first 20 are kept.
  void Violate(const std::string& what);
  const std::vector<std::string>& violations() const { return violations_; }

  SimulationMarks marks;
  SimulationRecords records;

 private:
  const uint64_t seed_;
  const IntervalScale scale_{absl::Seconds(10)};
  std::mt19937_64 random_;
  absl::Time now_;
  std::map<std::pair<absl::Time, uint64_t>, std::function<void()>> events_;
  uint64_t event_count_ = 0;
  uint64_t last_link_ = 0;
  std::vector<std::string> violations_;
};

}  // namespace tributary
