#pragma once

#include <vector>

#include "common/telemetry/telemetry.h"
#include "local/spool/spool_log.h"

namespace tributary {

// A spool's counts as self-metrics, as long as both live. The log outlives it.
class SpoolMetrics {
 public:
  SpoolMetrics(const SpoolLog& log, Telemetry& telemetry) {
    Show(log, telemetry, Telemetry::Kind::kGauge, "tributary_local_spool_bytes", "Segment files on disk.",
         &SpoolLog::Stats::bytes);
    Show(log, telemetry, Telemetry::Kind::kGauge, "tributary_local_spool_segments", "Segment files.",
         &SpoolLog::Stats::segments);
    Show(log, telemetry, Telemetry::Kind::kCounter, "tributary_local_spool_groups_written_total",
         "Groups of units written.", &SpoolLog::Stats::groups_written);
    Show(log, telemetry, Telemetry::Kind::kCounter, "tributary_local_spool_writes_failed_total",
         "Writes taken back: the disk is full or fails. The units stay in memory.", &SpoolLog::Stats::writes_failed);
    Show(log, telemetry, Telemetry::Kind::kCounter, "tributary_local_spool_records_damaged_total",
         "Torn or flipped stretches that were skipped.", &SpoolLog::Stats::records_damaged);
    Show(log, telemetry, Telemetry::Kind::kCounter, "tributary_local_spool_syncs_failed_total",
         "Segments the disk did not sync.", &SpoolLog::Stats::syncs_failed);
  }

 private:
  void Show(const SpoolLog& log, Telemetry& telemetry, Telemetry::Kind kind, absl::string_view name,
            absl::string_view help, uint64_t SpoolLog::Stats::*field) {
    readings_.push_back(
        telemetry.AddReading(kind, name, help, {}, [&log, field] { return static_cast<double>(log.stats().*field); }));
  }

  std::vector<Telemetry::Reading> readings_;
};

}  // namespace tributary
