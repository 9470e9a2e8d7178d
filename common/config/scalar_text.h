#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/config/config_node.h"

namespace tributary {

// How a type is written in configuration: one class per type, all of one shape. `type` names it with its range, as in
// "integer 1..64" and "bytes 4MiB.."; `Parse` sets `value`, or leaves it and returns what is wrong, as in `expected
// true or false, not "maybe"`; an empty string means success.

struct StringText {
  using Value = std::string;
  std::string type() const { return "string"; }
  std::string Parse(absl::string_view text, std::string& value) const;
  std::string Format(const std::string& value) const;
};

struct BoolText {
  using Value = bool;
  std::string type() const { return "bool"; }
  std::string Parse(absl::string_view text, bool& value) const;
  std::string Format(bool value) const { return value ? "true" : "false"; }
};

template <class T>
struct IntegerText {
  using Value = T;
  Range<T> range;
  std::string type() const;
  std::string Parse(absl::string_view text, T& value) const;
  std::string Format(T value) const;
};

struct NumberText {
  using Value = double;
  Range<double> range;
  std::string type() const;
  std::string Parse(absl::string_view text, double& value) const;
  std::string Format(double value) const;
};

struct DurationText {
  using Value = absl::Duration;
  Range<absl::Duration> range;
  std::string type() const;
  std::string Parse(absl::string_view text, absl::Duration& value) const;
  std::string Format(absl::Duration value) const { return absl::FormatDuration(value); }
};

struct BytesText {
  using Value = uint64_t;
  Range<uint64_t> range;
  std::string type() const;
  std::string Parse(absl::string_view text, uint64_t& value) const;
  std::string Format(uint64_t value) const;
};

// The value is an index into `names`.
struct ChoiceText {
  using Value = int;
  std::vector<absl::string_view> names;
  std::string type() const;
  std::string Parse(absl::string_view text, int& value) const;
  std::string Format(int value) const { return value < 0 ? "" : std::string(names[static_cast<size_t>(value)]); }
};

// Text from a file or a variable as it is shown in an error: escaped, and cut at 64 bytes.
std::string QuoteConfigText(absl::string_view text);

}  // namespace tributary
