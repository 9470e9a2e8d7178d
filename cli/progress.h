#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace tributary {

// One line on standard error that tells how far long work is, when that is a terminal: from the second second on, five
// times a second; gone when the work is done. Thread-compatible.
class Progress {
 public:
  // "lines" is what is counted. `clock` outlives this.
  Progress(const Clock& clock, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // So much is done, of `total` where that is known.
  void Show(uint64_t done, uint64_t total = 0);

 private:
  const Clock& clock_;
  const std::string unit_;
  const bool on_;
  const absl::Time start_;
  absl::Time next_;
  bool shown_ = false;
};

}  // namespace tributary
