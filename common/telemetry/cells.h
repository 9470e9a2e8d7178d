#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace tributary {

// What components count into. Cells are made by Telemetry, which owns them; each has its own cache line, so that
// threads counting different things do not slow each other down. Thread-safe; reads may be a moment old.

// Only grows. Increment is one relaxed addition: about 5 ns, more when threads share the cell.
class alignas(64) Counter {
 public:
  void Increment(uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class alignas(64) Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double by) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Counts values by bucket; a bucket holds what is at most its bound and above the one before. For things that happen
// thousands of times a second at most.
class alignas(64) Histogram {
 public:
  // REQUIRES: bounds rise. A last bucket without bound is added.
  explicit Histogram(std::vector<double> bounds);

  // NaN is not counted: it is in no bucket.
  void Observe(double value);

  const std::vector<double>& bounds() const { return bounds_; }
  uint64_t bucket(size_t index) const { return buckets_[index].load(std::memory_order_relaxed); }  // not cumulative
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> bounds_;
  std::vector<std::atomic<uint64_t>> buckets_;  // bounds_.size() + 1
  std::atomic<double> sum_{0};
};

// 1 ms to 60 s, for durations in seconds.
std::vector<double> DurationBounds();

}  // namespace tributary
