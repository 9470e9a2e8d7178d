// The text form of a NativeHistogram.
#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "proxy/promql/native_histogram.h"

namespace tributary::promql {
namespace {

using Parts = NativeHistogram::Parts;

struct Draft {
  Parts parts;
  std::vector<double> positive;
  std::vector<double> negative;
  int positive_offset = 0;
  int negative_offset = 0;
  bool has_bounds = false;
};

bool ReadNumbers(absl::string_view text, std::vector<double>& out) {
  if (!absl::ConsumePrefix(&text, "[") || !absl::ConsumeSuffix(&text, "]")) return false;
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    double value = 0;
    if (!absl::SimpleAtod(word, &value) || out.size() == NativeHistogram::kMaxBuckets) return false;
    out.push_back(value);
  }
  return true;
}

bool ReadHint(absl::string_view text, NativeHistogram::Hint& hint) {
  using Hint = NativeHistogram::Hint;
  for (const auto& [name, value] : {std::pair{"unknown", Hint::kUnknown}, std::pair{"reset", Hint::kReset},
                                    std::pair{"not_reset", Hint::kNoReset}, std::pair{"gauge", Hint::kGauge}}) {
    if (text == name) {
      hint = value;
      return true;
    }
  }
  return false;
}

bool ReadField(absl::string_view key, absl::string_view value, Draft& draft) {
  Parts& parts = draft.parts;
  if (key == "schema") return absl::SimpleAtoi(value, &parts.schema);
  if (key == "count") return absl::SimpleAtod(value, &parts.count);
  if (key == "sum") return absl::SimpleAtod(value, &parts.sum);
  if (key == "z_bucket") return absl::SimpleAtod(value, &parts.zero_count);
  if (key == "z_bucket_w") return absl::SimpleAtod(value, &parts.zero_threshold);
  if (key == "offset") return absl::SimpleAtoi(value, &draft.positive_offset);
  if (key == "n_offset") return absl::SimpleAtoi(value, &draft.negative_offset);
  if (key == "buckets") return ReadNumbers(value, draft.positive);
  if (key == "n_buckets") return ReadNumbers(value, draft.negative);
  if (key == "custom_values") {
    draft.has_bounds = true;
    return ReadNumbers(value, parts.bounds);
  }
  return key == "counter_reset_hint" && ReadHint(value, parts.hint);
}

// `key:` up to a blank that is outside of brackets.
absl::string_view TakeField(absl::string_view& text) {
  size_t end = 0;
  for (bool inside = false; end < text.size() && (inside || text[end] != ' '); ++end) {
    inside = text[end] == '[' || (inside && text[end] != ']');
  }
  const absl::string_view field = text.substr(0, end);
  text.remove_prefix(end);
  text = absl::StripLeadingAsciiWhitespace(text);
  return field;
}

bool IsValid(const Draft& draft) {
  const Parts& parts = draft.parts;
  constexpr int kMaxOffset = 1 << 20;
  if (std::abs(draft.positive_offset) > kMaxOffset || std::abs(draft.negative_offset) > kMaxOffset) return false;
  if (parts.schema != NativeHistogram::kCustomSchema) {
    return !draft.has_bounds && parts.schema >= NativeHistogram::kMinSchema &&
           parts.schema <= NativeHistogram::kMaxSchema && parts.zero_threshold >= 0;
  }
  return draft.negative.empty() && parts.zero_count == 0 && parts.zero_threshold == 0 && draft.positive_offset >= 0 &&
         draft.positive_offset + draft.positive.size() <= parts.bounds.size() + 1 &&
         std::is_sorted(parts.bounds.begin(), parts.bounds.end(), std::less_equal<double>());
}

void Place(const std::vector<double>& from, int offset, NativeHistogram::Counts& to) {
  for (size_t i = 0; i < from.size(); ++i) to[offset + static_cast<int32_t>(i)] = from[i];
}

// " buckets:[1 0 2]", and the offset where it is not 0.
void AppendCounts(const NativeHistogram::Counts& counts, absl::string_view prefix, std::string& out) {
  if (counts.empty()) return;
  const int32_t first = counts.begin()->first;
  if (first != 0) absl::StrAppend(&out, " ", prefix, "offset:", first);
  absl::StrAppend(&out, " ", prefix, "buckets:[");
  int32_t next = first;
  for (const auto& [index, count] : counts) {
    // Counts of a text are dense; what is far apart is rare there.
    for (; next < index; ++next) out.append("0 ");
    absl::StrAppend(&out, FormatValue(count), ++next > counts.rbegin()->first ? "]" : " ");
  }
}

}  // namespace

absl::StatusOr<std::shared_ptr<const NativeHistogram>> NativeHistogram::Parse(absl::string_view text) {
  const auto wrong = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("not a histogram, ", what, ": ", text.substr(0, 200)));
  };
  absl::string_view rest = text;
  if (!absl::ConsumePrefix(&rest, "{{") || !absl::ConsumeSuffix(&rest, "}}")) return wrong("no {{...}}");
  Draft draft;
  rest = absl::StripAsciiWhitespace(rest);
  while (!rest.empty()) {
    const absl::string_view field = TakeField(rest);
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(field, absl::MaxSplits(':', 1));
    if (!ReadField(parts.first, parts.second, draft)) return wrong(absl::StrCat("at ", field));
  }
  // Prometheus's notation leaves the schema out where bounds are given.
  if (draft.has_bounds && draft.parts.schema == 0) draft.parts.schema = kCustomSchema;
  if (!IsValid(draft)) return wrong("fields that contradict each other");
  Place(draft.positive, draft.positive_offset, draft.parts.positive);
  Place(draft.negative, draft.negative_offset, draft.parts.negative);
  return std::make_shared<const NativeHistogram>(std::move(draft.parts));
}

std::string NativeHistogram::ToString() const {
  std::string out =
      absl::StrCat("{{schema:", parts_.schema, " count:", FormatValue(parts_.count), " sum:", FormatValue(parts_.sum));
  if (parts_.zero_count != 0) absl::StrAppend(&out, " z_bucket:", FormatValue(parts_.zero_count));
  if (parts_.zero_threshold != 0) absl::StrAppend(&out, " z_bucket_w:", FormatValue(parts_.zero_threshold));
  if (custom()) {
    absl::StrAppend(
        &out, " custom_values:[",
        absl::StrJoin(parts_.bounds, " ", [](std::string* to, double bound) { to->append(FormatValue(bound)); }), "]");
  }
  AppendCounts(parts_.positive, "", out);
  AppendCounts(parts_.negative, "n_", out);
  return out.append("}}");
}

}  // namespace tributary::promql
