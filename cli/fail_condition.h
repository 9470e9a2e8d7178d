#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tributary {

// What `--fail-if '>300ms'` asks of a value. A value.
//
// Words:   > >= < <= == or !=, and a number: plain, or a time (ns, us, ms, s, m, h), or a share (%: hundredths).
//          A time is turned into what the metric counts in, milliseconds as StatsD's timers do unless told otherwise.
// NaN:     meets no condition, not even !=.
class FailCondition {
 public:
  // `unit` is what one of the metric's units lasts. Errors are InvalidArgument, for the user.
  static absl::StatusOr<FailCondition> Parse(absl::string_view text, absl::Duration unit);

  bool Holds(double value) const;
  // As it was given: "> 300ms".
  const std::string& text() const { return text_; }

 private:
  enum class Compare { kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kEqual, kNotEqual };
  FailCondition(std::string text, Compare compare, double limit)
      : text_(std::move(text)), compare_(compare), limit_(limit) {}

  std::string text_;
  Compare compare_;
  double limit_;
};

}  // namespace tributary
