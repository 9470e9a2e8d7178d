#include "bench/load/deck.h"

#include <algorithm>

#include "common/traffic/line_packer.h"

namespace tributary {
namespace {

constexpr size_t kAnyLine = 65'507;  // what a datagram can hold

}  // namespace

Deck::Deck(const SyntheticSeries& series, const Options& options) {
  const size_t max_bytes = options.payload_bytes == 0 ? kAnyLine : options.payload_bytes;
  LinePacker packer(max_bytes, options.pack_values, [this, &options](absl::string_view payload) {
    if (options.payload_bytes != 0) return Append(payload);
    while (!payload.empty()) {
      const absl::string_view line = payload.substr(0, payload.find('\n'));
      Append(line);
      payload.remove_prefix(std::min(payload.size(), line.size() + 1));
    }
  });
  for (uint64_t n = 0; n < options.samples; ++n) packer.Add(series.Sample(n));
  packer.Flush();
}

absl::string_view Deck::payload(size_t i) const {
  const size_t begin = i == 0 ? 0 : ends_[i - 1].byte;
  return absl::string_view(text_).substr(begin, ends_[i].byte - begin);
}

void Deck::Append(absl::string_view payload) {
  text_.append(payload.data(), payload.size());
  const auto lines = static_cast<uint64_t>(std::count(payload.begin(), payload.end(), '\n')) + 1;
  ends_.push_back({text_.size(), total_lines() + lines});
}

absl::string_view FirstLines(absl::string_view payload, uint64_t count) {
  size_t end = 0;
  for (uint64_t line = 0; line < count; ++line) end = payload.find('\n', end) + 1;
  return payload.substr(0, end - 1);
}

}  // namespace tributary
