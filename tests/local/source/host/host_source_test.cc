#include "local/source/host/host_source.h"

#include <gmock/gmock.h>

#include <map>
#include <string>

#include "tests/local/shard/shard_fixture.h"
#include "tests/local/source/host/fake_root.h"

namespace tributary {
namespace {

class HostSourceTest : public ShardFixture {
 protected:
  std::unique_ptr<Shard> NewHostShard() {
    Shard::Options options;
    options.instance = *InstanceId::FromBytes("0123456789abcdef");
    SeriesTable::Environment host_environment = environment();
    host_environment.scope_of_source = Scope::kHost;
    return std::make_unique<Shard>(options, kFirstInterval, host_environment, clock_, ShardMetrics(telemetry_));
  }
  HostConfig Config() const {
    HostConfig config;
    config.proc = root_.path() + "/proc";
    config.sys = root_.path() + "/sys";
    config.root = root_.path();
    config.cgroup = root_.path() + "/cgroup";
    return config;
  }
  static std::map<std::string, Aggregate> ByName(const Window& window) {
    std::map<std::string, Aggregate> values;
    for (const Window::Entry& entry : window.entries) values.emplace(Describe(*entry.series), entry.value);
    return values;
  }

  FakeRoot root_;
  std::unique_ptr<Shard> shard_ = NewHostShard();
  HostMetrics metrics_{telemetry_};
};

// Five looks in an interval: the distribution has each, and its largest is the peak, not the mean.
TEST_F(HostSourceTest, EveryLookIsInTheIntervalsDistribution) {
  HostSource source(Config(), IntervalScale(absl::Seconds(10)), *shard_, clock_, metrics_);
  int64_t busy = 0;
  int64_t idle = 0;
  int look = 0;
  for (const int share : {0, 10, 20, 95, 5, 20}) {
    busy += share;
    idle += 100 - share;
    root_.Write("proc/stat", absl::StrCat("cpu ", busy, " 0 0 ", idle, " 0 0 0 0\ncpu0 1\n"));
    source.Look(look++ == 0 ? absl::ZeroDuration() : absl::Milliseconds(1900));
    clock_.Advance(absl::Milliseconds(1900));
  }
  const auto values = ByName(Take(*shard_).main);
  const auto& use = std::get<DistributionAggregate>(values.at("host system.cpu.utilization #host:web-1"));
  EXPECT_EQ(use.digest.count().ToDouble(), 5);
  EXPECT_NEAR(use.digest.max(), 0.95, 1e-9);
  EXPECT_NEAR(use.digest.min(), 0.05, 1e-9);
  EXPECT_NEAR(use.digest.sum().ToDouble(), 1.5, 1e-9);
  const auto& time = std::get<CounterAggregate>(values.at("host system.cpu.time #cpu.mode:user,host:web-1"));
  EXPECT_NEAR(time.total.ToDouble(), 1.5, 1e-6);
}

// Counters and distributions are the fleet's by default, but for those of a host.
TEST_F(HostSourceTest, EverySeriesIsTheHosts) {
  root_.Write("proc/stat", "cpu 1 0 0 1\n");
  root_.Write("proc/meminfo", "MemTotal: 10 kB\nMemAvailable: 5 kB\n");
  HostSource source(Config(), IntervalScale(absl::Seconds(10)), *shard_, clock_, metrics_);
  source.Look(absl::ZeroDuration());
  source.Look(absl::Seconds(2));
  const std::vector<std::string> names = Names(Take(*shard_).main);
  EXPECT_GT(names.size(), 10u);
  EXPECT_THAT(names, ::testing::Each(
                         ::testing::AllOf(::testing::StartsWith("host system."), ::testing::HasSubstr("host:web-1"))));
}

TEST_F(HostSourceTest, AMachineWithoutProcIsSilent) {
  HostSource source(Config(), IntervalScale(absl::Seconds(10)), *shard_, clock_, metrics_);
  source.Look(absl::ZeroDuration());
  EXPECT_TRUE(Take(*shard_).main.entries.empty());
  EXPECT_EQ(metrics_.looks.value(), 1u);
  EXPECT_EQ(metrics_.malformed.value(), 0u);
}

TEST_F(HostSourceTest, FilesThatMakeNoSenseAreCounted) {
  root_.Write("proc/stat", "nonsense");
  root_.Write("proc/diskstats", "nonsense");
  root_.Write("cgroup/memory.current", "nonsense");
  HostSource source(Config(), IntervalScale(absl::Seconds(10)), *shard_, clock_, metrics_);
  source.Look(absl::ZeroDuration());
  EXPECT_EQ(metrics_.malformed.value(), 3u);
}

// The thread is the shard's reader: it hands over as soon as it is asked to, without waiting for its next look.
TEST_F(HostSourceTest, TheThreadHandsWindowsOver) {
  root_.Write("proc/loadavg", "1 2 3 4/5 6\n");
  HostConfig config = Config();
  config.sample_every = absl::Minutes(1);
  HostSource source(config, IntervalScale(absl::Seconds(10)), *shard_, clock_, metrics_);
  source.Start();
  shard_->RequestWindows(kFirstInterval + 1);
  const std::vector<ShardWindows> taken = shard_->TakeWindows(absl::Seconds(60));
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken.front().main.entries.size(), 3u);
  source.Stop();
  shard_->Detach();
  EXPECT_EQ(metrics_.looks.value(), 1u);
}

}  // namespace
}  // namespace tributary
