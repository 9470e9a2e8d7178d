#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/interval.h"
#include "common/config/config_node.h"
#include "common/sink/points.h"
#include "common/sink/row_filter.h"
#include "common/sink/sink.h"
#include "common/sink/stdout_sink.h"

namespace tributary {

enum class SinkKind : uint8_t { kRemoteWrite, kClickHouse, kJsonLines, kStdout };

// One entry of `sinks:`; docs/operations.md lists the keys.
struct SinkConfig {
  SinkKind kind = SinkKind::kStdout;
  std::string name;  // in metrics and logs; unique; default: the kind
  RowFilter match;
  PointOptions points;
  uint64_t queue_bytes = 64 << 20;  // of rows that wait for this sink; more survives a longer outage

  // remote_write, clickhouse
  std::string url;
  std::map<std::string, std::string> headers;
  std::string username;  // with password or password_file: basic authentication
  std::string password;
  std::string password_file;  // read at start
  std::string bearer_token;
  std::string bearer_token_file;  // read at start
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  absl::Duration timeout = absl::Seconds(10);  // of one request

  // remote_write
  uint64_t max_samples_per_request = 5000;  // fewer: more requests; more: larger ones
  uint64_t max_identities = 1 << 20;        // remembered to find collisions, 30 bytes each

  // clickhouse
  std::string table = "tributary";  // or database.table
  uint64_t max_rows_per_request = 10'000;

  // json_lines
  std::string path;
  uint64_t max_bytes = 256 << 20;  // then the file is rotated
  int max_files = 5;               // path, path.1 ... path.4

  // stdout
  StdoutSink::Format format = StdoutSink::Format::kText;
  Naming naming = Naming::kDotted;  // of the format `points`
};

// Where rows wait for a sink: in memory, bounded by its own `queue_bytes`, or in an outbox on disk, which has no such
// key.
enum class SinkQueue : uint8_t { kMemory, kOutbox };

// Reads the list `sinks` of `parent`. Errors go to the document.
std::vector<SinkConfig> ReadSinks(ConfigNode& parent, SinkQueue queue = SinkQueue::kMemory);

// Fails when what the sink needs at once is not there (a file's folder).
absl::StatusOr<std::unique_ptr<Sink>> MakeSink(const SinkConfig& config, IntervalScale scale);

}  // namespace tributary
