#pragma once

#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/capacity/calibration.h"
#include "proxy/capacity/history.h"

namespace tributary {

inline const absl::Time kNow = absl::FromUnixSeconds(1'767'225'600);  // 2026-01-01T00:00Z

// Metrics by name, each with a value by host and time; "" is the only host of what is not by host.
class FakeHistory : public History {
 public:
  struct Metric {
    MetricType type = MetricType::kCounter;
    std::vector<std::string> hosts;
    std::function<double(size_t host, absl::Time, absl::Duration window)> value;
  };

  absl::StatusOr<promql::Answer> Instant(const std::string& query, absl::Time at) override {
    return Range(query, at, at, absl::Minutes(1));
  }
  absl::StatusOr<promql::Answer> Range(const std::string& query, absl::Time start, absl::Time end,
                                       absl::Duration step) override {
    queries.push_back(query);
    promql::Answer answer;
    for (const auto& [name, metric] : metrics) {
      if (!absl::StrContains(query, absl::StrCat("{\"", name, "\"}"))) continue;
      const bool by_host = absl::StrContains(query, "by (host");
      for (size_t host = 0; host < metric.hosts.size(); ++host) {
        promql::Series& series = answer.series.emplace_back();
        if (by_host) series.labels = {{"host", metric.hosts[host]}};
        for (absl::Time time = start; time <= end; time += step) {
          const double value = metric.value(host, time, step);
          if (!std::isnan(value)) series.points.push_back({absl::ToUnixMillis(time), value});
        }
        if (!by_host) break;
      }
    }
    return answer;
  }
  absl::StatusOr<std::optional<MetricType>> TypeOf(const std::string& metric, absl::Time, absl::Time) override {
    const auto found = metrics.find(metric);
    if (found == metrics.end()) return std::nullopt;
    return found->second.type;
  }
  absl::Time Now() const override { return kNow; }

  std::map<std::string, Metric> metrics;
  std::vector<std::string> queries;
};

class MemoryBook : public CalibrationBook {
 public:
  absl::StatusOr<std::vector<Calibration>> List() override { return calibrations; }
  absl::Status Add(const Calibration& calibration) override {
    calibrations.push_back(calibration);
    return absl::OkStatus();
  }
  absl::Status Remove(const Calibration& calibration) override {
    const size_t removed =
        std::erase_if(calibrations, [&](const Calibration& each) { return each.Id() == calibration.Id(); });
    return removed > 0 ? absl::OkStatus() : absl::NotFoundError("none");
  }
  std::vector<Calibration> calibrations;
};

inline double Wave(absl::Time time) {
  return 1 + 0.3 * std::sin(2 * M_PI * static_cast<double>(absl::ToUnixSeconds(time) % 86'400) / 86'400);
}

}  // namespace tributary
