// Writes the history of a fleet of M/M/8 services as `tributary-global --store import` takes it: rows that globals
// would have made of it, with the same aggregates.
//
//   queue_history CLUSTER INTERVAL HOSTS DAYS END_UNIX LOAD PEAK_LOAD > history.ndjson
//
// HOSTS hosts node-0 ... get about LOAD requests a second each, for DAYS days up to END: rows of an hour, and in the
// last day rows of a minute. With PEAK_LOAD > 0 there is a load test in half an hour, six hours before END: from LOAD
// to PEAK_LOAD, a little more every minute. Times are whole hours but for END, a whole minute. The same words write the
// same.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/check.h"
#include "common/config/units.h"
#include "common/stats/mmc_queue.h"
#include "global/store/ledger_codec.h"
#include "global/store/row_table.h"
#include "nlohmann/json.hpp"

namespace tributary {
namespace {

constexpr size_t kServers = 8;
constexpr double kRate = 100;
constexpr double kCapacity = kServers * kRate;
constexpr int kDrawn = 400;  // requests of a row, each of which stands for many
constexpr int kLooks = 6;    // at utilisation

class History {
 public:
  History(std::string cluster, absl::Duration interval) : shapes_(RowShapes(interval)) {
    const nlohmann::json header = {
        {"tributary_store", 1}, {"cluster", std::move(cluster)}, {"interval", absl::FormatDuration(interval)}};
    std::puts(header.dump().c_str());
  }

  // What a host did in [start, start + length) at this load.
  void Host(const std::string& host, absl::Time start, absl::Duration length, double load) {
    const double requests = std::round(load * absl::ToDoubleSeconds(length));
    const std::string tag = absl::StrCat("host:", host);
    CounterAggregate counter;
    counter.Add(requests, 1);
    Put({"demo.requests.by_host", {tag}, MetricType::kCounter}, start, length, counter);
    Put({"demo.request.latency.by_host", {tag}, MetricType::kTimer}, start, length, Latencies(load, requests));
    DistributionAggregate cpu;
    std::normal_distribution<double> noise(0, 0.01);
    for (int i = 0; i < kLooks; ++i) cpu.Add(std::clamp(load / kCapacity + noise(random_), 0.0, 1.0), 1);
    Put({"system.cpu.utilization", {tag}, MetricType::kDistribution}, start, length, cpu);
    fleet_ += requests;
  }
  // Of all hosts since the last call.
  void Fleet(absl::Time start, absl::Duration length) {
    CounterAggregate counter;
    counter.Add(fleet_, 1);
    Put({"demo.requests", {}, MetricType::kCounter}, start, length, counter);
    fleet_ = 0;
  }
  double Jitter(double deviation) { return 1 + std::normal_distribution<double>(0, deviation)(random_); }

 private:
  // In milliseconds.
  DistributionAggregate Latencies(double load, double requests) {
    const auto queue = MmcQueue::Make(kServers, kRate, load);
    TRIBUTARY_CHECK(queue.ok());
    std::exponential_distribution<double> service(kRate / 1000);
    std::exponential_distribution<double> wait((kCapacity - load) / 1000);
    std::bernoulli_distribution waits(queue->WaitProbability());
    DistributionAggregate latency;
    for (int i = 0; i < kDrawn; ++i) {
      latency.Add(service(random_) + (waits(random_) ? wait(random_) : 0), requests / kDrawn);
    }
    return latency;
  }

  void Put(SeriesKey key, absl::Time start, absl::Duration length, Aggregate value) {
    const auto shape = std::find_if(shapes_.begin(), shapes_.end(),
                                    [length](const RowTable::Shape& each) { return each.length == length; });
    TRIBUTARY_CHECK(shape != shapes_.end());
    Row row;
    row.contributors = 1;
    row.key = key;
    row.value = std::move(value);
    std::string bytes = EncodeRow(row, 100);
    if (shape->intervals > 1) bytes = EncodeRollup(IntervalMask::All(shape->intervals), shape->intervals, bytes);
    const nlohmann::json line = {{"resolution", absl::FormatDuration(length)},
                                 {"end_unix_ms", absl::ToUnixMillis(start + length)},
                                 {"version", 1},
                                 {"emitter", 1},
                                 {"series", absl::Base64Escape(EncodeSeriesKey(key))},
                                 {"row", absl::Base64Escape(bytes)}};
    std::puts(line.dump().c_str());
  }

  const std::vector<RowTable::Shape> shapes_;
  std::mt19937_64 random_{1};
  double fleet_ = 0;
};

int Write(History& history, int hosts, int days, absl::Time end, double load, double peak) {
  const absl::Time last_day = absl::FromUnixSeconds(absl::ToUnixSeconds(end) / 3600 * 3600) - absl::Hours(24);
  const absl::Time test = last_day + absl::Hours(18);
  const auto write = [&](absl::Time start, absl::Duration length) {
    // A little more by day than by night: not so much that calm days tell what a launch brings, nor that it matters to
    // a launch whether it begins by day.
    const double time_of_day = 2 * M_PI * static_cast<double>(absl::ToUnixSeconds(start) % 86'400) / 86'400;
    const double usual = load * (1 + 0.01 * std::sin(time_of_day)) * history.Jitter(0.01);
    const double tested = absl::FDivDuration(start - test, absl::Minutes(30));
    const bool is_test = peak > 0 && tested >= 0 && tested < 1;
    for (int host = 0; host < hosts; ++host) {
      history.Host(absl::StrCat("node-", host), start, length,
                   (is_test ? load + (peak - load) * (tested + 1.0 / 30) : usual) * history.Jitter(0.003));
    }
    history.Fleet(start, length);
  };
  for (absl::Time hour = last_day - absl::Hours(24 * (days - 1)); hour < last_day; hour += absl::Hours(1)) {
    write(hour, absl::Hours(1));
  }
  for (absl::Time minute = last_day; minute < end; minute += absl::Minutes(1)) write(minute, absl::Minutes(1));
  return 0;
}

}  // namespace
}  // namespace tributary

int main(int argc, char** argv) {
  int hosts = 0, days = 0;
  int64_t end = 0;
  double load = 0, peak = 0;
  const auto interval = argc == 8 ? tributary::ParseDuration(argv[2]) : std::nullopt;
  if (!interval || !absl::SimpleAtoi(argv[3], &hosts) || !absl::SimpleAtoi(argv[4], &days) ||
      !absl::SimpleAtoi(argv[5], &end) || !absl::SimpleAtod(argv[6], &load) || !absl::SimpleAtod(argv[7], &peak)) {
    std::fputs("usage: queue_history CLUSTER INTERVAL HOSTS DAYS END_UNIX LOAD PEAK_LOAD\n", stderr);
    return 2;
  }
  tributary::History history(argv[1], *interval);
  return tributary::Write(history, hosts, days, absl::FromUnixSeconds(end), load, peak);
}
