#include "cli/emit_input.h"

#include <cstdio>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status.h"

namespace tributary {
namespace {

constexpr uint64_t kMaxTold = 10;
constexpr absl::Duration kPause = absl::Milliseconds(100);

}  // namespace

absl::Status EmitInput::Copy(int descriptor, absl::string_view name, const Write& write) {
  LineReader reader(descriptor);
  uint64_t number = 0;
  while (output_.status().ok()) {
    absl::string_view line;
    TRIBUTARY_ASSIGN_OR_RETURN(const LineReader::Event event, reader.Next(line, kPause));
    if (event == LineReader::Event::kEnd) break;
    if (event == LineReader::Event::kIdle) {
      output_.Flush();
      continue;
    }
    ++number;
    const absl::StatusOr<std::string> written = write(line);
    if (!written.ok()) Refuse(name, number, written.status().message());
    for (int64_t i = 0; written.ok() && i < repeat_; ++i) output_.Add(*written);
    progress_.Show(output_.lines());
  }
  const uint64_t lost = refused_ + reader.skipped_lines();
  if (!output_.status().ok() || lost == 0) return output_.status();
  return absl::InvalidArgumentError(absl::StrCat(name, ": ", lost, " of ", number + reader.skipped_lines(),
                                                 " lines were not sent: ", refused_, " refused, ",
                                                 reader.skipped_lines(), " longer than 64 KiB"));
}

void EmitInput::Refuse(absl::string_view name, uint64_t number, absl::string_view reason) {
  if (++refused_ > kMaxTold) return;
  const std::string text = absl::StrCat(name, ":", number, ": ", reason, "\n");
  std::fputs(text.c_str(), stderr);
}

absl::StatusOr<std::string> LineOfValues(absl::string_view text, absl::string_view type, LineSections sections) {
  std::vector<std::string> words = absl::StrSplit(text, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (words.size() > 1 && absl::StartsWith(words.back(), "#")) {
    sections.tags.push_back(words.back().substr(1));
    words.pop_back();
  }
  if (words.size() < 2) return absl::InvalidArgumentError("give a name and a value, such as: api.latency 12.5");
  const std::string name = std::move(words.front());
  words.erase(words.begin());
  return MetricLine(type, name, words, sections);
}

}  // namespace tributary
