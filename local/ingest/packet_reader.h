#pragma once

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/statsd/line_parser.h"
#include "common/telemetry/telemetry.h"
#include "local/ingest/text_receiver.h"
#include "local/shard/shard.h"

namespace tributary {

struct LineMetrics {
  explicit LineMetrics(Telemetry& telemetry);
  Counter& lines;
  Counter& skipped_sections;
  std::array<Counter*, kLineErrorCount> rejected;
};

// Cuts text into lines and puts what they say into a shard. A line that is refused is counted, and the next one read.
// Threads: owned by one reader, as its shard is.
class PacketReader : public TextReceiver {
 public:
  // The cells of `metrics` and `shard` outlive this.
  PacketReader(const LineParser::Options& options, const LineMetrics& metrics, Shard& shard)
      : metrics_(metrics), parser_(options), shard_(shard) {}

  void Receive(absl::string_view text, const Peer& peer) override;
  void EndBatch() override;

 private:
  void PublishCounts();

  const LineMetrics metrics_;
  LineParser parser_;
  Shard& shard_;
  bool in_batch_ = false;
  // Since they were last published.
  uint64_t lines_ = 0;
  uint64_t published_skipped_ = 0;
  std::array<uint64_t, kLineErrorCount> rejected_{};
};

}  // namespace tributary
