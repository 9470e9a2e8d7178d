#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/traffic/synthetic.h"

namespace tributary {

// Payloads that were written before the first is sent, so that sending costs the kernel's work and little else.
// Does not change after construction.
class Deck {
 public:
  struct Options {
    uint64_t samples = 65'536;
    size_t payload_bytes = 1400;  // at most; 0: a line each
    bool pack_values = false;     // as LinePacker does
  };
  // The samples of `series` from the first on.
  // REQUIRES: a line is not longer than payload_bytes.
  Deck(const SyntheticSeries& series, const Options& options);

  size_t size() const { return ends_.size(); }
  absl::string_view payload(size_t i) const;
  uint64_t lines(size_t i) const { return ends_[i].lines - (i == 0 ? 0 : ends_[i - 1].lines); }
  uint64_t total_lines() const { return ends_.empty() ? 0 : ends_.back().lines; }
  size_t total_bytes() const { return text_.size(); }

 private:
  struct End {
    size_t byte = 0;
    uint64_t lines = 0;  // up to here
  };
  void Append(absl::string_view payload);

  std::string text_;
  std::vector<End> ends_;  // of each payload
};

// The first `count` lines of a payload. REQUIRES: it has more.
absl::string_view FirstLines(absl::string_view payload, uint64_t count);

}  // namespace tributary
