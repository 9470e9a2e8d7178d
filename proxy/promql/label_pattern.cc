#include "proxy/promql/label_pattern.h"

#include "absl/strings/str_cat.h"

namespace tributary::promql {

absl::StatusOr<LabelPattern> LabelPattern::Compile(const LabelMatcher& matcher) {
  LabelPattern pattern;
  pattern.label_ = matcher.label;
  pattern.value_ = matcher.value;
  pattern.negated_ = matcher.op == LabelMatcher::Op::kNotEqual || matcher.op == LabelMatcher::Op::kNotMatches;
  if (matcher.op == LabelMatcher::Op::kMatches || matcher.op == LabelMatcher::Op::kNotMatches) {
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(1 << 20);
    options.set_dot_nl(true);
    pattern.regex_ = std::make_shared<const RE2>(re2::StringPiece(matcher.value.data(), matcher.value.size()), options);
    if (!pattern.regex_->ok()) {
      return absl::InvalidArgumentError(absl::StrCat("error parsing regexp: ", pattern.regex_->error()));
    }
  }
  return pattern;
}

bool LabelPattern::Matches(absl::string_view value) const {
  const bool equal = regex_ ? RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_) : value == value_;
  return equal != negated_;
}

}  // namespace tributary::promql
