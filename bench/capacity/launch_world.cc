#include "bench/capacity/launch_world.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/sketch/tdigest.h"
#include "common/stats/mmc_queue.h"
#include "proxy/query/sketch_distribution.h"

namespace tributary {
namespace {

constexpr size_t kDays = 28;
constexpr size_t kHours = 24 * kDays;
constexpr size_t kAhead = 48;
constexpr size_t kRequests = 1500;  // of each step, whose latencies are drawn
constexpr double kLimit = 0.8;
constexpr double kIdle = 0.02;
constexpr double kQuantile = 0.99;

using Random = std::mt19937_64;

double Uniform(Random& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}
double Normal(Random& random, double deviation) { return std::normal_distribution<double>(0, deviation)(random); }

struct Truth {
  size_t servers = 8;
  double rate = 100;           // of one server
  std::vector<double> shares;  // of hosts
  std::vector<double> demand;  // by hour: the past, then what comes

  double Capacity() const { return static_cast<double>(servers) * rate; }
  double Utilization(double load) const { return kIdle + (1 - kIdle) * load / Capacity(); }
  double Tail(double load, double target) const {
    const auto queue = MmcQueue::Make(servers, rate, load);
    return queue.ok() ? queue->ResponseTail(target) : 1;
  }
};

// Days, weeks, a trend; days that are busier than others, hours that are, and what stays of that an hour later.
std::vector<double> DemandOf(Random& random, double level) {
  const double swing = Uniform(random, 0.2, 0.6);
  const double weekend = Uniform(random, 0.6, 1);
  const double trend = Uniform(random, -0.002, 0.005);
  const double daily = Uniform(random, 0.005, 0.03);
  const double hourly = Uniform(random, 0.01, 0.04);
  std::vector<double> demand;
  double of_day = 0;
  double of_hour = 0;
  for (size_t hour = 0; hour < kHours + kAhead; ++hour) {
    if (hour % 24 == 0) of_day = Normal(random, daily);
    of_hour = 0.5 * of_hour + Normal(random, hourly);
    const double day = 1 + swing * std::sin(2 * M_PI * static_cast<double>(hour % 24) / 24);
    const double week = hour / 24 % 7 >= 5 ? weekend : 1;
    const double grown = 1 + trend * static_cast<double>(hour) / 24;
    demand.push_back(level * day * week * grown * std::exp(of_day + of_hour));
  }
  return demand;
}

promql::DistributionPtr LatenciesAt(Random& random, const Truth& truth, double load) {
  const auto queue = MmcQueue::Make(truth.servers, truth.rate, load);
  const double waits = queue.ok() ? queue->WaitProbability() : 1;
  const double drain = std::max(truth.Capacity() - load, 0.01 * truth.Capacity());
  std::exponential_distribution<double> service(truth.rate);
  std::exponential_distribution<double> wait(drain);
  std::bernoulli_distribution has_to_wait(waits);
  TDigest digest;
  for (size_t i = 0; i < kRequests; ++i) {
    digest.Add(service(random) + (has_to_wait(random) ? wait(random) : 0));
  }
  return MakeSketchDistribution(std::move(digest));
}

class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {}

  LaunchCase Make() {
    Draw();
    KnowDemand();
    for (size_t hour = kHours - 24; hour < kHours; ++hour) {
      for (size_t host = 0; host < truth_.shares.size(); ++host) {
        See(host, truth_.shares[host] * truth_.demand[hour]);
      }
    }
    Ask();
    if (Uniform(random_, 0, 1) < 0.8) TestLoad();
    Fit();
    result_.well = IsWell();
    return std::move(result_);
  }

 private:
  void Draw() {
    truth_.servers = size_t{4} << std::uniform_int_distribution<int>(0, 2)(random_);
    truth_.rate = Uniform(random_, 50, 200);
    const size_t hosts = std::uniform_int_distribution<size_t>(3, 10)(random_);
    double sum = 0;
    for (size_t i = 0; i < hosts; ++i) {
      truth_.shares.push_back(std::exp(Normal(random_, 0.08)));
      sum += truth_.shares.back();
    }
    for (double& share : truth_.shares) share /= sum;
    const double level = Uniform(random_, 0.1, 0.3) * truth_.Capacity() * static_cast<double>(hosts);
    truth_.demand = DemandOf(random_, level);
    loads_.resize(hosts);
    utilizations_.resize(hosts);
  }

  void KnowDemand() {
    ServiceModel& model = result_.model;
    model.service = "api";
    for (size_t i = 0; i < truth_.shares.size(); ++i) model.hosts.push_back(absl::StrCat("web-", i));
    model.shares = truth_.shares;
    model.history.start = absl::FromUnixSeconds(1'767'225'600);  // 2026-01-01
    model.history.values.assign(truth_.demand.begin(), truth_.demand.begin() + kHours);
  }

  // One step of a host.
  void See(size_t host, double load) {
    load = std::max(0.01, load * (1 + Normal(random_, 0.01)));
    const double served = std::min(load, 0.995 * truth_.Capacity());
    loads_[host].push_back(served);
    utilizations_[host].push_back(std::clamp(truth_.Utilization(served) + Normal(random_, 0.01), 0.0, 1.0));
    steps_.push_back({served, LatenciesAt(random_, truth_, served)});
    result_.model.highest_load = std::max(result_.model.highest_load, served);
  }

  // Tomorrow, so many times the load that the busiest host is somewhere around its limits.
  void Ask() {
    LaunchQuestion& question = result_.question;
    begin_ = kHours + std::uniform_int_distribution<size_t>(6, 40)(random_);
    const double busiest = *std::max_element(truth_.shares.begin(), truth_.shares.end());
    const double aim = Uniform(random_, 0.55, 1.05) * truth_.Capacity();
    question.multiplier = aim / (busiest * truth_.demand[begin_ - 24 * 7]);
    question.at = result_.model.history.TimeOf(begin_);
    question.length = absl::Hours(2);
    question.paths = 1000;
    question.seed = random_();
    // A goal that is reached at some utilisation between 65 and 90 %.
    const auto queue = MmcQueue::Make(truth_.servers, truth_.rate, Uniform(random_, 0.65, 0.9) * truth_.Capacity());
    target_ = queue->ResponseQuantile(kQuantile);
    question.goals = {{.q = kQuantile, .target = target_, .text = "p99"}};
  }

  // One host, in steps from what is usual up to a load that need not be enough.
  void TestLoad() {
    const double usual = truth_.shares[0] * truth_.demand[kHours - 1];
    const double top = Uniform(random_, 0.6, 1) * truth_.Capacity();
    for (int i = 1; i <= 20; ++i) See(0, usual + (top - usual) * i / 20);
  }

  void Fit() {
    ServiceModel& model = result_.model;
    for (size_t host = 0; host < model.hosts.size(); ++host) {
      HostResource cpu;
      cpu.resource = "cpu";
      cpu.host = model.hosts[host];
      cpu.limit = kLimit;
      cpu.now = utilizations_[host].back();
      cpu.line = FitUtilization(loads_[host], utilizations_[host]);
      model.resources.push_back(std::move(cpu));
    }
    auto curve = LatencyCurve::Fit(std::move(steps_));
    if (curve.ok()) model.latency = *std::move(curve);
  }

  bool IsWell() const {
    bool well = true;
    for (size_t hour = begin_; hour < begin_ + 2; ++hour) {
      const double fleet = truth_.demand[hour] * result_.question.multiplier;
      double slow = 0;
      for (const double share : truth_.shares) {
        well &= truth_.Utilization(share * fleet) <= kLimit;
        slow += share * truth_.Tail(share * fleet, target_);
      }
      well &= slow <= 1 - kQuantile;
    }
    return well;
  }

  Random random_;
  Truth truth_;
  LaunchCase result_;
  size_t begin_ = 0;
  double target_ = 0;
  std::vector<std::vector<double>> loads_;
  std::vector<std::vector<double>> utilizations_;
  std::vector<LoadStep> steps_;
};

}  // namespace

LaunchCase MakeLaunchCase(uint64_t seed) { return World(seed).Make(); }

}  // namespace tributary
