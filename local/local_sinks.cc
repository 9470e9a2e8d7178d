#include "local/local_sinks.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/hash/hash128.h"

namespace tributary {

absl::StatusOr<std::unique_ptr<LocalSinks>> LocalSinks::Start(const std::vector<SinkConfig>& configs,
                                                              IntervalScale scale, const Clock& clock,
                                                              Telemetry& telemetry) {
  auto sinks = std::make_unique<LocalSinks>();
  for (const SinkConfig& config : configs) {
    absl::StatusOr<std::unique_ptr<Sink>> sink = MakeSink(config, scale);
    if (!sink.ok()) return Annotate(sink.status(), absl::StrCat("sink ", config.name));
    SinkFeeder::Options options;
    options.name = config.name;
    options.filter = config.match;
    options.seed = Xxh3Hash64(config.name, 0);
    Line line;
    line.queue = std::make_unique<MemoryRowQueue>(config.queue_bytes);
    line.feeder = std::make_unique<SinkFeeder>(options, *std::move(sink), *line.queue, scale, clock, telemetry);
    line.feeder->Start();
    sinks->lines_.push_back(std::move(line));
  }
  return sinks;
}

void LocalSinks::OnRows(std::vector<Row> rows) {
  for (size_t i = 0; i + 1 < lines_.size(); ++i) lines_[i].queue->Append(rows);
  if (!lines_.empty()) lines_.back().queue->Append(std::move(rows));
}

void LocalSinks::Stop(absl::Time deadline) {
  for (Line& line : lines_) line.feeder->Stop(std::max(deadline - absl::Now(), absl::ZeroDuration()));
}

}  // namespace tributary
