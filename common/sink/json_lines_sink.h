#pragma once

#include <cstdint>
#include <string>

#include "common/base/interval.h"
#include "common/sink/json_row.h"
#include "common/sink/sink.h"

namespace tributary {

// Appends rows and events to a file, one JSON object per line (json_row.h).
//
// Delivered: on disk: each Write ends with fsync.
// Again:     rows written again are there twice, equal in every byte; readers take one per (name, tags, type, interval,
//            version). An event written again cannot be told from one sent twice.
// Files:     above max_bytes `path` becomes `path.1` and so on up to max_files in all. When somebody else moved `path`
//            away, a new one is begun. What a crash left of a line without its end was never delivered and is cut off.
// Errors:    no room, no permission: to be written again, and nothing of the failed write stays in the file.
// Threads:   as Sink.
class JsonLinesSink : public Sink {
 public:
  struct Options {
    std::string path;
    uint64_t max_bytes = 256 << 20;
    int max_files = 5;
    StatisticOptions statistics;
  };
  JsonLinesSink(Options options, IntervalScale scale);
  ~JsonLinesSink() override;

  SinkResult Write(absl::Span<const Row> rows) override;
  bool takes_events() const override { return true; }
  absl::Status WriteEvents(absl::Span<const Event> events) override;

  // Opens the file before the first Write does, to find mistakes early.
  absl::Status Open();

 private:
  absl::Status Append(absl::string_view lines);
  absl::Status WriteAll(absl::string_view lines);  // and fsync
  absl::Status OpenIfMoved();
  absl::Status Rotate();
  void Close();

  const Options options_;
  const IntervalScale scale_;
  int fd_ = -1;
  uint64_t size_ = 0;
};

}  // namespace tributary
