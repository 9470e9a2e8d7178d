#include "common/traffic/fleet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tributary {
namespace {

constexpr std::array<absl::string_view, 3> kRegions = {"eu-west", "us-east", "ap-south"};
constexpr size_t kSlowRegion = 2;

// The medians and shapes of the latencies, in milliseconds.
constexpr double kMedianMs = 40;
constexpr double kSpread = 0.5;
constexpr double kSlowRegionFactor = 1.8;
constexpr double kBadDeployFactor = 4;
constexpr double kTimeoutShare = 0.004;
constexpr double kErrorShare = 0.01;
constexpr uint64_t kUserCount = 200000;

Measurement Make(Measurement::Kind kind, absl::string_view name, std::string text, absl::string_view tags,
                 double rate = 1) {
  Measurement m{kind, name, std::move(text), 0, rate, tags};
  if (kind != Measurement::Kind::kSet && !absl::SimpleAtod(m.text, &m.value)) m.value = NAN;
  return m;
}

}  // namespace

Fleet::Fleet(const Options& options) : options_(options) {
  for (int i = 0; i < options_.instances; ++i) {
    tags_.push_back(absl::StrCat("region:", Region(i), ",service:checkout"));
    instance_tags_.push_back(absl::StrCat(tags_.back(), ",instance:checkout-", i));
  }
}

absl::string_view Fleet::Region(int instance) const {
  return kRegions[static_cast<size_t>(instance) * kRegions.size() / static_cast<size_t>(options_.instances)];
}

bool Fleet::IsBadDeploy(int instance, int64_t slot) const {
  const absl::Duration since = slot * options_.slot - options_.first_deploy;
  return instance % 3 == 1 && since >= absl::ZeroDuration() && since % options_.deploy_period < options_.deploy_length;
}

std::vector<Measurement> Fleet::Slot(int instance, int64_t slot) const {
  using Kind = Measurement::Kind;
  std::seed_seq seed{options_.seed, options_.seed >> 32, static_cast<uint64_t>(instance), static_cast<uint64_t>(slot),
                     static_cast<uint64_t>(slot) >> 32};
  std::mt19937_64 random(seed);
  const bool slow = Region(instance) == kRegions[kSlowRegion];
  const double median =
      kMedianMs * (slow ? kSlowRegionFactor : 1) * (IsBadDeploy(instance, slot) ? kBadDeployFactor : 1);
  std::lognormal_distribution<double> latency(std::log(median), kSpread);
  std::uniform_real_distribution<double> unit(0, 1);
  std::poisson_distribution<int> requests(options_.requests_per_second * absl::ToDoubleSeconds(options_.slot));

  const absl::string_view tags = tags_[static_cast<size_t>(instance)];
  std::vector<Measurement> measured;
  const int count = requests(random);
  for (int i = 0; i < count; ++i) {
    const double ms = unit(random) < kTimeoutShare ? kTimeoutMs : std::min(latency(random), kTimeoutMs);
    measured.push_back(Make(Kind::kTimer, kLatency, absl::StrFormat("%.3f", ms), tags));
    measured.push_back(Make(Kind::kCounter, kRequests, "1", tags));
    if (unit(random) < kErrorShare) measured.push_back(Make(Kind::kCounter, kErrors, "1", tags));
    if (unit(random) < 0.1) measured.push_back(Make(Kind::kCounter, kCacheHits, "1", tags, 0.1));
    const uint64_t user = std::min<uint64_t>(random() % kUserCount, random() % kUserCount);
    measured.push_back(Make(Kind::kSet, kUsers, absl::StrCat("user-", user), "service:checkout"));
  }
  if (slot % 20 == 0) {
    measured.push_back(
        Make(Kind::kGauge, kQueueDepth, absl::StrCat(random() % 50), instance_tags_[static_cast<size_t>(instance)]));
  }
  return measured;
}

}  // namespace tributary
