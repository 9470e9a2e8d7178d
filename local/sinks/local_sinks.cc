#include "local/sinks/local_sinks.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/hash/hash128.h"

namespace tributary {
namespace {

std::vector<Telemetry::Reading> ReadingsOf(const MemoryRowQueue& queue, const std::string& sink, Telemetry& telemetry) {
  using Stats = MemoryRowQueue::Stats;
  std::vector<Telemetry::Reading> readings;
  const auto add = [&](Telemetry::Kind kind, absl::string_view name, absl::string_view help, uint64_t Stats::*field) {
    readings.push_back(telemetry.AddReading(kind, absl::StrCat("tributary_local_sink_queue_", name), help,
                                            {{"sink", sink}},
                                            [&queue, field] { return static_cast<double>(queue.stats().*field); }));
  };
  add(Telemetry::Kind::kCounter, "rows_total", "Rows of scope local; = settled + queued + dropped.",
      &Stats::rows_appended);
  add(Telemetry::Kind::kCounter, "rows_settled_total", "Rows the sink is done with.", &Stats::rows_acknowledged);
  add(Telemetry::Kind::kCounter, "rows_dropped_total", "Rows lost because the queue was full.", &Stats::rows_dropped);
  add(Telemetry::Kind::kGauge, "rows", "Rows that wait for the sink.", &Stats::rows_queued);
  add(Telemetry::Kind::kGauge, "bytes", "Memory of rows that wait for the sink.", &Stats::bytes_queued);
  return readings;
}

}  // namespace

LocalSinks::LocalSinks(size_t max_series, Telemetry& telemetry)
    : rows_without_sink_(telemetry.AddDropCounter("tributary_local_rows_dropped_total",
                                                  "Rows of scope local that no sink was given.", "no_sink")),
      totals_(max_series) {}

absl::StatusOr<std::unique_ptr<LocalSinks>> LocalSinks::Start(const std::vector<SinkConfig>& configs, size_t max_series,
                                                              IntervalScale scale, const Clock& clock,
                                                              Telemetry& telemetry) {
  std::unique_ptr<LocalSinks> sinks(new LocalSinks(max_series, telemetry));
  for (const SinkConfig& config : configs) {
    absl::StatusOr<std::unique_ptr<Sink>> sink = MakeSink(config, scale);
    if (!sink.ok()) return Annotate(sink.status(), absl::StrCat("sink ", config.name));
    SinkFeeder::Options options;
    options.name = config.name;
    options.filter = config.match;
    options.seed = Xxh3Hash64(config.name, 0);
    Line line;
    line.queue = std::make_unique<MemoryRowQueue>(config.queue_bytes);
    line.readings = ReadingsOf(*line.queue, config.name, telemetry);
    line.feeder = std::make_unique<SinkFeeder>(options, *std::move(sink), *line.queue, scale, clock, telemetry);
    line.feeder->Start();
    sinks->lines_.push_back(std::move(line));
  }
  return sinks;
}

void LocalSinks::OnRows(std::vector<Row> rows) {
  if (lines_.empty()) {
    rows_without_sink_.Increment(rows.size());
    return;
  }
  totals_.Count(rows);
  for (size_t i = 0; i + 1 < lines_.size(); ++i) lines_[i].queue->Append(rows);
  lines_.back().queue->Append(std::move(rows));
}

void LocalSinks::Stop(absl::Time deadline) {
  for (Line& line : lines_) line.feeder->Stop(std::max(deadline - absl::Now(), absl::ZeroDuration()));
}

}  // namespace tributary
