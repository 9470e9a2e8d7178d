#pragma once

#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/traffic/fleet.h"

namespace tributary {

// Writes measurements as DogStatsD lines and packs them, newline between, into payloads of at most `max_bytes`.
// `pack_values` joins timers, histograms and distributions of equal name, type and tags that follow each other:
// `name:1:2:3|ms`. Thread-compatible.
class LinePacker {
 public:
  LinePacker(size_t max_bytes, bool pack_values, std::function<void(absl::string_view payload)> send);

  // REQUIRES: the line is not longer than max_bytes.
  void Add(const Measurement& measurement);
  // The same for a line that is written already; has no line end.
  void AddLine(absl::string_view line);
  // Sends what is pending.
  void Flush();

 private:
  void FlushValues();

  const size_t max_bytes_;
  const bool pack_values_;
  const std::function<void(absl::string_view)> send_;
  std::string payload_;
  std::string values_;      // "name:1:2" of timers not yet closed
  std::string values_end_;  // "|ms|#tags"
  std::string values_name_;
};

}  // namespace tributary
