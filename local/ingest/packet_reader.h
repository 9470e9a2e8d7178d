#pragma once

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/statsd/line_parser.h"
#include "common/telemetry/telemetry.h"
#include "local/ingest/sample_queue.h"
#include "local/ingest/text_receiver.h"
#include "local/shard/shard.h"
#include "local/tap/tap_hub.h"

namespace tributary {

struct LineMetrics {
  explicit LineMetrics(Telemetry& telemetry);
  Counter& lines;
  Counter& skipped_sections;
  std::array<Counter*, kLineErrorCount> rejected;
};

// Cuts text into lines and puts what they say into a shard. A line that is refused is counted, and the next one read.
// Taps that are open are offered every line.
// Threads: owned by one reader, as its shard is.
class PacketReader : public TextReceiver {
 public:
  // The cells of `metrics`, `shard` and `taps` outlive this.
  PacketReader(const LineParser::Options& options, const LineMetrics& metrics, Shard& shard, TapHub& taps)
      : metrics_(metrics), parser_(options), shard_(shard), samples_(shard), tap_hub_(taps) {}

  void Receive(absl::string_view text, const Peer& peer) override;
  void Refuse(absl::string_view text, absl::string_view reason, const Peer& peer) override;
  void EndBatch() override;

 private:
  void PublishCounts();

  const LineMetrics metrics_;
  LineParser parser_;
  Shard& shard_;
  SampleQueue samples_;
  TapHub& tap_hub_;
  bool in_batch_ = false;
  TapHub::Batch taps_;
  // Since they were last published.
  uint64_t lines_ = 0;
  uint64_t published_skipped_ = 0;
  std::array<uint64_t, kLineErrorCount> rejected_{};
};

}  // namespace tributary
