#include "local/ingest/packet_reader.h"

#include <utility>

#include "absl/strings/strip.h"

namespace tributary {

LineMetrics::LineMetrics(Telemetry& telemetry)
    : lines(telemetry.AddCounter("tributary_local_lines_total", "Lines received, refused ones included.")),
      skipped_sections(telemetry.AddCounter("tributary_local_sections_skipped_total",
                                            "Sections of lines that were unknown, malformed or repeated.")) {
  rejected[0] = nullptr;
  for (int i = 1; i < kLineErrorCount; ++i) {
    rejected[i] =
        &telemetry.AddDropCounter("tributary_local_lines_rejected_total", "Lines that were refused as a whole.",
                                  LineErrorName(static_cast<LineError>(i)));
  }
}

void PacketReader::Receive(absl::string_view text, const Peer& peer) {
  if (!std::exchange(in_batch_, true)) {
    shard_.BeginBatch();
    taps_ = tap_hub_.NewBatch();
  }
  Client& client = shard_.FindClient(peer);
  ++client.packets;
  client.bytes += text.size();
  while (!text.empty()) {
    const size_t end = text.find('\n');
    absl::string_view line = text.substr(0, end);
    text.remove_prefix(end == absl::string_view::npos ? text.size() : end + 1);
    absl::ConsumeSuffix(&line, "\r");
    if (line.empty()) continue;
    ++lines_;
    ++client.lines;
    const LineError error = parser_.Parse(line, samples_);
    if (error != LineError::kNone) [[unlikely]] {
      ++rejected_[static_cast<size_t>(error)];
      ++client.lines_rejected;
    }
    if (taps_.open()) [[unlikely]]
      taps_.Offer({line, peer, error == LineError::kNone ? "" : LineErrorName(error)});
  }
  samples_.Flush();
}

void PacketReader::Refuse(absl::string_view text, absl::string_view reason, const Peer& peer) {
  if (const TapHub::Batch taps = tap_hub_.NewBatch(); taps.open()) taps.Offer({text, peer, reason});
}

void PacketReader::EndBatch() {
  PublishCounts();
  in_batch_ = false;
  taps_ = TapHub::Batch();
  shard_.EndBatch();
}

void PacketReader::PublishCounts() {
  if (lines_ == 0) return;
  metrics_.lines.Increment(std::exchange(lines_, 0));
  const uint64_t skipped = parser_.skipped_sections();
  if (skipped != published_skipped_) {
    metrics_.skipped_sections.Increment(skipped - std::exchange(published_skipped_, skipped));
  }
  for (int i = 1; i < kLineErrorCount; ++i) {
    if (rejected_[i] != 0) metrics_.rejected[i]->Increment(std::exchange(rejected_[i], 0));
  }
}

}  // namespace tributary
