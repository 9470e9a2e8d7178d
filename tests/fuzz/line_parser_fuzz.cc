#include <cmath>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/base/check.h"
#include "common/metric/series_key.h"
#include "common/statsd/line_parser.h"

namespace tributary {
namespace {

// Whatever arrives, what is handed on keeps the promises of sample.h and lies within the line.
class Checker : public SampleReceiver {
 public:
  explicit Checker(absl::string_view line) : line_(line) {}

  void Add(const Sample& sample) override {
    TRIBUTARY_CHECK(!sample.name.empty() && sample.name.size() <= kMaxNameBytes);
    CheckWithin(sample.name);
    CheckWithin(sample.tags);
    CheckWithin(sample.member);
    TRIBUTARY_CHECK(sample.count() > 0 && sample.count() <= line_.size());
    for (const double value : sample.values) TRIBUTARY_CHECK(std::isfinite(value));
    TRIBUTARY_CHECK(std::isfinite(sample.weight) && sample.weight >= 1);
    TRIBUTARY_CHECK(sample.unix_seconds >= 0);
    ++calls;
  }
  void Add(const CheckSample& check) override {
    TRIBUTARY_CHECK(check.status <= 3 && !check.name.empty());
    CheckWithin(check.name);
    CheckWithin(check.message);
    ++calls;
  }
  void Add(const EventSample& event) override {
    TRIBUTARY_CHECK(!event.title.empty());
    CheckWithin(event.title);
    CheckWithin(event.text);
    ++calls;
  }

  int calls = 0;

 private:
  void CheckWithin(absl::string_view part) const {
    if (part.empty()) return;
    TRIBUTARY_CHECK(part.data() >= line_.data() && part.data() + part.size() <= line_.data() + line_.size());
  }

  const absl::string_view line_;
};

}  // namespace
}  // namespace tributary

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view line(reinterpret_cast<const char*>(data), size);
  tributary::LineParser parser;
  tributary::Checker checker(line);
  const tributary::LineError error = parser.Parse(line, checker);
  TRIBUTARY_CHECK(checker.calls == (error == tributary::LineError::kNone ? 1 : 0));
  return 0;
}
