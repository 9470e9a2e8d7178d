#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/sink/labels.h"
#include "tributary/v1/query.pb.h"

namespace re2 {
class RE2;
}

namespace tributary {

// The matchers of one request, compiled: all must hold, and an absent label is the empty value, as in Prometheus.
// They match PrometheusLabels; the request's label names may be spelled as tags are.
// Immutable, so thread-safe. Bounds: kMaxMatchers, kMaxRegexBytes and 1 MiB compiled; over them is InvalidArgument.
class SeriesMatcher {
 public:
  static constexpr int kMaxMatchers = 32;
  static constexpr size_t kMaxRegexBytes = 1024;

  static absl::StatusOr<SeriesMatcher> Compile(const v1::SelectRequest& request);

  bool Matches(const Labels& labels) const;

 private:
  struct Matcher {
    std::string label;
    bool negated = false;
    std::string value;
    std::shared_ptr<const re2::RE2> regex;  // instead of `value`
    bool Holds(absl::string_view actual) const;
  };
  static absl::StatusOr<Matcher> CompileOne(const v1::Matcher& matcher);

  std::vector<Matcher> matchers_;
};

// Whether a metric of this name is asked for: its own name or, unless exact_name, Prometheus's spelling of it.
bool NameMatches(const v1::SelectRequest& request, const std::string& name);

}  // namespace tributary
