#include "cli/line_reader.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/strip.h"
#include "common/base/status.h"

namespace tributary {
namespace {

constexpr size_t kReadBytes = 64 << 10;

}  // namespace

absl::StatusOr<LineReader::Event> LineReader::Next(absl::string_view& line, absl::Duration patience) {
  while (!TakeLine(line)) {
    if (ended_) return Event::kEnd;
    TRIBUTARY_ASSIGN_OR_RETURN(const Filled filled, Fill(patience));
    if (filled == Filled::kNothing) return Event::kIdle;
    ended_ = filled == Filled::kEnd;
  }
  return Event::kLine;
}

bool LineReader::TakeLine(absl::string_view& line) {
  while (true) {
    const size_t end = buffer_.find('\n', begin_);
    const bool is_last = end == std::string::npos;
    if (is_last && (!ended_ || begin_ == buffer_.size())) return false;
    line = absl::string_view(buffer_).substr(begin_, is_last ? std::string::npos : end - begin_);
    begin_ = is_last ? buffer_.size() : end + 1;
    line = absl::StripSuffix(line, "\r");
    const bool too_long = std::exchange(skipping_, false) || line.size() > kMaxLineBytes;
    if (too_long) ++skipped_lines_;
    if (!too_long && !line.empty()) return true;
  }
}

absl::StatusOr<LineReader::Filled> LineReader::Fill(absl::Duration patience) {
  buffer_.erase(0, std::exchange(begin_, 0));
  if (buffer_.size() > kMaxLineBytes) {
    skipping_ = true;
    buffer_.clear();
  }
  pollfd wait{.fd = descriptor_, .events = POLLIN, .revents = 0};
  const int ready = poll(&wait, 1, static_cast<int>(absl::ToInt64Milliseconds(patience)));
  if (ready == 0 || (ready < 0 && errno == EINTR)) return Filled::kNothing;
  const size_t kept = buffer_.size();
  buffer_.resize(kept + kReadBytes);
  const ssize_t count = read(descriptor_, buffer_.data() + kept, kReadBytes);
  buffer_.resize(kept + (count > 0 ? static_cast<size_t>(count) : 0));
  if (count < 0) return absl::ErrnoToStatus(errno, "read");
  return count == 0 ? Filled::kEnd : Filled::kSome;
}

}  // namespace tributary
