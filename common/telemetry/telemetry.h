#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/telemetry/cells.h"

namespace tributary {

// The self-metrics of a process. Components take it in their constructor and keep references to their cells in a small
// struct of their own:
//
//   struct ReaderMetrics {
//     explicit ReaderMetrics(Telemetry& telemetry)
//         : lines(telemetry.AddCounter("tributary_local_lines_total", "Lines received.")) {}
//     Counter& lines;
//   };
//
// Names follow Prometheus (counters end in _total, units are spelled out) and start with tributary_. Label values are
// few and known when the component is built. The same name and labels again give the same cell, so shards may share.
// A name that is not well formed, or used for two kinds or helps, is a bug and stops the process.
// Cells live as long as the Telemetry. Thread-safe.
class Telemetry {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;
  enum class Kind { kCounter, kGauge, kHistogram };
  struct LabelledValue {
    Labels labels;
    double value = 0;
  };

  // A value that is read when /metrics is. It ends with the object, which waits for a reading that is under way.
  class [[nodiscard]] Reading {
   public:
    Reading() = default;
    Reading(Reading&& other) noexcept;
    Reading& operator=(Reading&& other) noexcept;
    ~Reading();

   private:
    friend class Telemetry;
    Reading(Telemetry* telemetry, uint64_t id) : telemetry_(telemetry), id_(id) {}
    void End();
    Telemetry* telemetry_ = nullptr;
    uint64_t id_ = 0;
  };

  Telemetry();
  ~Telemetry();
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;

  Counter& AddCounter(absl::string_view name, absl::string_view help, const Labels& labels = {});
  Gauge& AddGauge(absl::string_view name, absl::string_view help, const Labels& labels = {});
  Histogram& AddHistogram(absl::string_view name, absl::string_view help, std::vector<double> bounds,
                          const Labels& labels = {});
  // One cell of a family of losses: `name{reason="..."}`. The books of a component add these up.
  Counter& AddDropCounter(absl::string_view name, absl::string_view help, absl::string_view reason);
  // For what is kept elsewhere: queue depths, a store's own tickers. `kind` is kCounter or kGauge. `read` is quick and
  // does not call Telemetry.
  Reading AddReading(Kind kind, absl::string_view name, absl::string_view help, const Labels& labels,
                     std::function<double()> read);
  // A whole family whose labels change, like the names of the busiest clients: what `read` yields, and nothing it
  // yielded earlier. Few values, no two with equal labels, in UTF-8. Nobody else has the name.
  Reading AddFamily(Kind kind, absl::string_view name, absl::string_view help,
                    std::function<std::vector<LabelledValue>()> read);

  // The cells of a family of counters or gauges, for who wants to know how they change. None for an unknown name.
  std::vector<LabelledValue> Values(absl::string_view name) const;

  // Everything in Prometheus text format 0.0.4, families by name.
  std::string Serialize() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tributary
