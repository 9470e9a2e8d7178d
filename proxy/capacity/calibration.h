#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tributary {

// A load test, marked as one: its loads are valid evidence of what a host can do, and no everyday traffic. A value.
struct Calibration {
  std::string service;
  absl::Time from;
  absl::Time to;
  bool redline = false;  // driven until the limit was reached
  std::string note;

  // What tells it apart: service and times.
  std::string Id() const;
  std::string ToJson() const;
  // InvalidArgument: not written by ToJson.
  static absl::StatusOr<Calibration> FromJson(absl::string_view text);
};

// Where calibrations are kept. Implementations are thread-safe.
class CalibrationBook {
 public:
  virtual ~CalibrationBook() = default;
  // All of every service, by time.
  virtual absl::StatusOr<std::vector<Calibration>> List() = 0;
  // Of one that is there already nothing changes.
  virtual absl::Status Add(const Calibration& calibration) = 0;
  // NotFound when there is none such.
  virtual absl::Status Remove(const Calibration& calibration) = 0;
};

}  // namespace tributary
