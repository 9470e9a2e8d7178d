#pragma once

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/metric/sample.h"

namespace tributary {

// Keeps what it is given, by "counter system.cpu.time #cpu.mode:user".
class Recorder : public SampleReceiver {
 public:
  struct Value {
    double value = 0;
    double weight = 1;
  };

  void Add(const Sample& sample) override {
    const std::string key = absl::StrCat(MetricTypeName(sample.type), " ", sample.name, " #", sample.tags);
    for (const double value : sample.values) values_[key].push_back({value, sample.weight});
  }
  void Add(const CheckSample&) override {}
  void Add(const EventSample&) override {}

  size_t size() const { return values_.size(); }
  bool Has(const std::string& key) const { return values_.contains(key); }
  bool HasMetric(absl::string_view name) const {
    for (const auto& [key, values] : values_) {
      if (key.find(absl::StrCat(" ", name, " #")) != std::string::npos) return true;
    }
    return false;
  }
  // NaN when there is none.
  double Last(const std::string& key) const { return LastOf(key).value; }
  double LastWeight(const std::string& key) const { return LastOf(key).weight; }
  void Clear() { values_.clear(); }
  std::vector<std::string> keys() const {
    std::vector<std::string> keys;
    for (const auto& [key, values] : values_) keys.push_back(key);
    return keys;
  }

 private:
  Value LastOf(const std::string& key) const {
    const auto found = values_.find(key);
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    return found == values_.end() ? Value{kNone, kNone} : found->second.back();
  }
  std::map<std::string, std::vector<Value>> values_;
};

}  // namespace tributary
