#include "global/store_readings.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/log.h"

namespace tributary {
namespace {

constexpr double kGigabyte = 1e9;

}  // namespace

StoreReadings::StoreReadings(const Ledger& ledger, const Clock& clock, Telemetry& telemetry) {
  const auto add = [&](Telemetry::Kind kind, absl::string_view name, absl::string_view help, Telemetry::Labels labels,
                       std::function<double()> read) {
    readings_.push_back(
        telemetry.AddReading(kind, std::string(name), std::string(help), std::move(labels), std::move(read)));
  };
  for (size_t i = 0; i < ledger.Rollups().size(); ++i) {
    const Telemetry::Labels labels = {{"resolution", absl::FormatDuration(ledger.Rollups()[i].length)}};
    add(Telemetry::Kind::kGauge, "tributary_global_rollup_lag_seconds",
        "Since the end of the last interval that is rolled up.", labels,
        [&ledger, &clock, i] { return absl::ToDoubleSeconds(clock.Now() - ledger.Rollups()[i].through); });
    add(Telemetry::Kind::kCounter, "tributary_global_rollup_rows_total", "Rows made of shorter ones.", labels,
        [&ledger, i] { return static_cast<double>(ledger.Rollups()[i].rows_made); });
    add(Telemetry::Kind::kGauge, "tributary_global_rollup_stale_rows", "Rows to be made again, for late ones came.",
        labels, [&ledger, i] { return static_cast<double>(ledger.Rollups()[i].stale); });
    add(Telemetry::Kind::kCounter, "tributary_global_rollup_rewinds_total",
        "Times that so many rows were stale that whole intervals were made again.", labels,
        [&ledger, i] { return static_cast<double>(ledger.Rollups()[i].rewinds); });
  }
  for (size_t i = 0; i < ledger.Project().size(); ++i) {
    add(Telemetry::Kind::kGauge, "tributary_global_store_projected_bytes",
        "Of rows, once their retention has passed, by the series and the bytes per row of now.",
        {{"resolution", absl::FormatDuration(ledger.Project()[i].length)}},
        [&ledger, i] { return ledger.Project()[i].bytes; });
  }
}

void LogProjection(const Ledger& ledger) {
  std::string parts;
  double bytes = 0;
  for (const Ledger::Projection& projection : ledger.Project()) {
    absl::StrAppend(&parts, parts.empty() ? "" : ", ",
                    absl::StrFormat("%.1f GB of %s rows kept %s at %.0f bytes", projection.bytes / kGigabyte,
                                    absl::FormatDuration(projection.length), absl::FormatDuration(projection.retention),
                                    projection.bytes_per_row));
    bytes += projection.bytes;
  }
  TRIBUTARY_LOG_INFO("the store of {} series will take about {:.1f} GB: {}", ledger.series_count(), bytes / kGigabyte,
                     parts);
}

}  // namespace tributary
