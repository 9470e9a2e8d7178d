#include "global/query/series_matcher.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/sink/prometheus_name.h"
#include "re2/re2.h"

namespace tributary {
namespace {

absl::string_view LabelValue(const Labels& labels, absl::string_view name) {
  const auto found = std::lower_bound(labels.begin(), labels.end(), name,
                                      [](const auto& label, absl::string_view wanted) { return label.first < wanted; });
  return found == labels.end() || found->first != name ? absl::string_view() : found->second;
}

re2::StringPiece Piece(absl::string_view text) { return re2::StringPiece(text.data(), text.size()); }

absl::StatusOr<std::shared_ptr<const re2::RE2>> CompileRegex(absl::string_view pattern) {
  if (pattern.size() > SeriesMatcher::kMaxRegexBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a regular expression of more than ", SeriesMatcher::kMaxRegexBytes, " bytes"));
  }
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(1 << 20);
  options.set_dot_nl(true);  // as Prometheus does
  auto regex = std::make_shared<const re2::RE2>(Piece(pattern), options);
  if (!regex->ok()) return absl::InvalidArgumentError(absl::StrCat("bad regular expression: ", regex->error()));
  return regex;
}

}  // namespace

bool SeriesMatcher::Matcher::Holds(absl::string_view actual) const {
  const bool same = regex == nullptr ? actual == value : re2::RE2::FullMatch(Piece(actual), *regex);
  return same != negated;
}

absl::StatusOr<SeriesMatcher::Matcher> SeriesMatcher::CompileOne(const v1::Matcher& matcher) {
  Matcher compiled;
  if (!v1::Matcher::Op_IsValid(matcher.op()) || matcher.op() == v1::Matcher::OP_UNSPECIFIED) {
    return absl::InvalidArgumentError("a matcher of unknown kind");
  }
  compiled.label = PrometheusLabelName(matcher.label());
  compiled.negated = matcher.op() == v1::Matcher::OP_NOT_EQUAL || matcher.op() == v1::Matcher::OP_NOT_MATCHES;
  if (matcher.op() == v1::Matcher::OP_EQUAL || matcher.op() == v1::Matcher::OP_NOT_EQUAL) {
    compiled.value = matcher.value();
  } else {
    TRIBUTARY_ASSIGN_OR_RETURN(compiled.regex, CompileRegex(matcher.value()));
  }
  return compiled;
}

absl::StatusOr<SeriesMatcher> SeriesMatcher::Compile(const v1::SelectRequest& request) {
  if (request.matchers_size() > kMaxMatchers) {
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxMatchers, " matchers"));
  }
  SeriesMatcher compiled;
  for (const v1::Matcher& matcher : request.matchers()) {
    TRIBUTARY_ASSIGN_OR_RETURN(compiled.matchers_.emplace_back(), CompileOne(matcher));
  }
  return compiled;
}

bool SeriesMatcher::Matches(const Labels& labels) const {
  return std::all_of(matchers_.begin(), matchers_.end(),
                     [&](const Matcher& matcher) { return matcher.Holds(LabelValue(labels, matcher.label)); });
}

bool NameMatches(const v1::SelectRequest& request, const std::string& name) {
  return name == request.name() || (!request.exact_name() && PrometheusMetricName(name) == request.name());
}

}  // namespace tributary
