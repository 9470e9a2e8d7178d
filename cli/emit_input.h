#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "cli/emit_output.h"
#include "cli/line_reader.h"
#include "cli/progress.h"
#include "cli/statsd_line.h"

namespace tributary {

// Reads a file or pipe line by line and sends what `write` makes of each; what came is sent as soon as the pipe pauses.
// Lines that `write` refuses are told, ten of them at most, and the rest is sent nevertheless.
class EmitInput {
 public:
  using Write = std::function<absl::StatusOr<std::string>(absl::string_view line)>;

  // All three outlive this. `repeat` times each line.
  EmitInput(EmitOutput& output, Progress& progress, int64_t repeat)
      : output_(output), progress_(progress), repeat_(repeat) {}

  // `name` is for messages. Fails when it cannot be read or sent, or when lines were refused or too long.
  absl::Status Copy(int descriptor, absl::string_view name, const Write& write);

 private:
  void Refuse(absl::string_view name, uint64_t number, absl::string_view reason);

  EmitOutput& output_;
  Progress& progress_;
  const int64_t repeat_;
  uint64_t refused_ = 0;
};

// "api.latency 12.5 13 #region:eu" as a line of `type`, with `sections` and its own tags.
absl::StatusOr<std::string> LineOfValues(absl::string_view text, absl::string_view type, LineSections sections);

}  // namespace tributary
