#include "common/traffic/line_packer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"

namespace tributary {
namespace {

absl::string_view TypeText(Measurement::Kind kind) {
  switch (kind) {
    case Measurement::Kind::kCounter:
      return "c";
    case Measurement::Kind::kGauge:
      return "g";
    case Measurement::Kind::kTimer:
      return "ms";
    case Measurement::Kind::kHistogram:
      return "h";
    case Measurement::Kind::kDistribution:
      return "d";
    case Measurement::Kind::kSet:
      return "s";
  }
  return "";
}

// Lines that may hold several values.
bool HoldsValues(Measurement::Kind kind) {
  return kind == Measurement::Kind::kTimer || kind == Measurement::Kind::kHistogram ||
         kind == Measurement::Kind::kDistribution;
}

// What follows the values of a line.
std::string Ending(const Measurement& m) {
  std::string text = absl::StrCat("|", TypeText(m.kind));
  if (m.rate != 1) absl::StrAppend(&text, "|@", m.rate);
  if (!m.tags.empty()) absl::StrAppend(&text, "|#", m.tags);
  return text;
}

}  // namespace

LinePacker::LinePacker(size_t max_bytes, bool pack_values, std::function<void(absl::string_view)> send)
    : max_bytes_(max_bytes), pack_values_(pack_values), send_(std::move(send)) {}

void LinePacker::Add(const Measurement& m) {
  const std::string ending = Ending(m);
  if (!pack_values_ || !HoldsValues(m.kind)) {
    AddLine(absl::StrCat(m.name, ":", m.text, ending));
    return;
  }
  const bool joins = m.name == values_name_ && ending == values_end_ &&
                     values_.size() + m.text.size() + 1 + ending.size() <= max_bytes_;
  if (joins) {
    absl::StrAppend(&values_, ":", m.text);
    return;
  }
  FlushValues();
  values_ = absl::StrCat(m.name, ":", m.text);
  values_name_ = std::string(m.name);
  values_end_ = ending;
}

void LinePacker::Flush() {
  FlushValues();
  if (payload_.empty()) return;
  send_(payload_);
  payload_.clear();
}

void LinePacker::FlushValues() {
  if (values_.empty()) return;
  AddLine(absl::StrCat(values_, values_end_));
  values_.clear();
  values_name_.clear();
}

void LinePacker::AddLine(absl::string_view line) {
  TRIBUTARY_CHECK(line.size() <= max_bytes_);
  if (!payload_.empty() && payload_.size() + 1 + line.size() > max_bytes_) {
    send_(payload_);
    payload_.clear();
  }
  if (!payload_.empty()) payload_.push_back('\n');
  payload_.append(line.data(), line.size());
}

}  // namespace tributary
