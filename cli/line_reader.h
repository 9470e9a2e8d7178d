#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tributary {

// Reads lines from a file descriptor that may be a pipe, and tells when nothing comes for a while. Lines end with '\n'
// or "\r\n"; empty ones are passed over. Holds at most one read and one line. Thread-compatible.
class LineReader {
 public:
  static constexpr size_t kMaxLineBytes = 64 << 10;  // longer ones are skipped to their end, and counted
  enum class Event { kLine, kIdle, kEnd };

  // `descriptor` stays open.
  explicit LineReader(int descriptor) : descriptor_(descriptor) {}

  // kLine: `line` is valid until the next call. kIdle: nothing came within `patience`.
  absl::StatusOr<Event> Next(absl::string_view& line, absl::Duration patience);

  uint64_t skipped_lines() const { return skipped_lines_; }

 private:
  enum class Filled { kSome, kNothing, kEnd };

  bool TakeLine(absl::string_view& line);
  absl::StatusOr<Filled> Fill(absl::Duration patience);

  const int descriptor_;
  std::string buffer_;
  size_t begin_ = 0;       // of what is not taken yet
  bool skipping_ = false;  // until the next '\n'
  bool ended_ = false;
  uint64_t skipped_lines_ = 0;
};

}  // namespace tributary
