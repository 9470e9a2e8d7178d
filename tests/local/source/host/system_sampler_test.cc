#include "local/source/host/system_sampler.h"

#include <gtest/gtest.h>

#include "tests/local/source/host/fake_root.h"
#include "tests/local/source/host/recorder.h"

namespace tributary {
namespace {

constexpr HostTick kFirst = {.elapsed = 0, .in_new_interval = true, .interval_elapsed = 0};
constexpr HostTick kWithin = {.elapsed = 2, .in_new_interval = false, .interval_elapsed = 0};
constexpr HostTick kNextInterval = {.elapsed = 2, .in_new_interval = true, .interval_elapsed = 10};

class SystemSamplerTest : public ::testing::Test {
 protected:
  int Sample(const HostTick& tick) {
    recorder_.Clear();
    SeriesWriter out(recorder_);
    return sampler_.Sample(tick, absl::FromUnixSeconds(1'000'000'100), files_, out);
  }

  FakeRoot root_;
  HostFiles files_;
  Recorder recorder_;
  SystemSampler sampler_{root_.path()};
};

// 100 ticks a second, two CPUs, 2 s: 400 ticks, of which 300 are idle or wait.
TEST_F(SystemSamplerTest, CpuIsToldByModeAndAsAShareOfTheLook) {
  root_.Write("stat",
              "cpu  100 0 50 1000 10 0 0 0 0 0\ncpu0 1\ncpu1 1\nbtime 1000000000\nprocesses 7\nprocs_running 3\n");
  EXPECT_EQ(Sample(kFirst), 0);
  EXPECT_FALSE(recorder_.HasMetric("system.cpu.utilization"));
  EXPECT_FALSE(recorder_.HasMetric("system.cpu.time"));
  EXPECT_EQ(recorder_.Last("gauge system.cpu.logical.count #"), 2);
  EXPECT_EQ(recorder_.Last("gauge system.uptime #"), 100);
  EXPECT_EQ(recorder_.Last("gauge system.process.count #process.state:running"), 3);
  root_.Write("stat", "cpu  140 0 80 1290 20 4 6 20 0 0\ncpu0 1\ncpu1 1\nbtime 1000000000\nprocesses 9\n");
  Sample(kWithin);
  EXPECT_DOUBLE_EQ(recorder_.Last("distribution system.cpu.utilization #"), 0.25);
  EXPECT_DOUBLE_EQ(recorder_.Last("counter system.cpu.time #cpu.mode:user"), 0.4);
  EXPECT_DOUBLE_EQ(recorder_.Last("counter system.cpu.time #cpu.mode:idle"), 2.9);
  EXPECT_DOUBLE_EQ(recorder_.Last("counter system.cpu.time #cpu.mode:steal"), 0.2);
  EXPECT_EQ(recorder_.Last("counter system.process.created #"), 2);
}

// iowait steps back on real kernels; a share must not come of it that is too high by all that is idle.
TEST_F(SystemSamplerTest, IdleTimeThatFallsIsNoPeak) {
  root_.Write("stat", "cpu  100 0 50 1000 10 0 0 0\n");
  Sample(kFirst);
  root_.Write("stat", "cpu  110 0 50 900 10 0 0 0\n");
  Sample(kWithin);
  EXPECT_FALSE(recorder_.HasMetric("system.cpu.utilization"));
  root_.Write("stat", "cpu  210 0 50 1000 5 0 0 0\n");
  Sample(kWithin);
  EXPECT_DOUBLE_EQ(recorder_.Last("distribution system.cpu.utilization #"), 0.5);
}

TEST_F(SystemSamplerTest, MemoryInUseIsWhatIsNotAvailable) {
  root_.Write("meminfo", "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 250 kB\nBuffers: 5 kB\nCached: 200 kB\n");
  Sample(kFirst);
  EXPECT_EQ(recorder_.Last("gauge system.memory.usage #system.memory.state:used"), 750 * 1024);
  EXPECT_EQ(recorder_.Last("gauge system.memory.limit #"), 1000 * 1024);
  EXPECT_EQ(recorder_.Last("distribution system.memory.utilization #"), 0.75);
  EXPECT_FALSE(recorder_.HasMetric("system.paging.utilization"));  // it has no swap
}

TEST_F(SystemSamplerTest, SwapIsToldWhereThereIsSome) {
  root_.Write("meminfo", "MemTotal: 1000 kB\nMemAvailable: 250 kB\nSwapTotal: 400 kB\nSwapFree: 100 kB\n");
  Sample(kFirst);
  EXPECT_EQ(recorder_.Last("gauge system.paging.usage #system.paging.state:used"), 300 * 1024);
  EXPECT_EQ(recorder_.Last("distribution system.paging.utilization #"), 0.75);
}

TEST_F(SystemSamplerTest, PressureIsAShareOfTheInterval) {
  root_.Write("pressure/memory", "some avg10=0 total=1000000\nfull avg10=0 total=500000\n");
  root_.Write("pressure/cpu", "some avg10=0 total=0\nfull avg10=0 total=0\n");
  Sample(kFirst);
  root_.Write("pressure/memory", "some avg10=0 total=3000000\nfull avg10=0 total=1500000\n");
  root_.Write("pressure/cpu", "some avg10=0 total=9000000\nfull avg10=0 total=0\n");
  Sample(kWithin);
  EXPECT_FALSE(recorder_.HasMetric("system.memory.pressure"));  // the kernel's own steps are of 2 s
  Sample(kNextInterval);
  EXPECT_DOUBLE_EQ(recorder_.Last("distribution system.memory.pressure #system.pressure.type:some"), 0.2);
  EXPECT_DOUBLE_EQ(recorder_.Last("distribution system.memory.pressure #system.pressure.type:full"), 0.1);
  EXPECT_DOUBLE_EQ(recorder_.Last("distribution system.cpu.pressure #system.pressure.type:some"), 0.9);
  EXPECT_FALSE(recorder_.Has("distribution system.cpu.pressure #system.pressure.type:full"));
}

TEST_F(SystemSamplerTest, HandlesAndConnectionsAreToldWithTheirLimits) {
  root_.Write("sys/fs/file-nr", "400\t0\t1000\n");
  root_.Write("sys/net/netfilter/nf_conntrack_count", "30\n");
  root_.Write("sys/net/netfilter/nf_conntrack_max", "120\n");
  Sample(kFirst);
  EXPECT_EQ(recorder_.Last("distribution system.linux.file_handle.utilization #"), 0.4);
  EXPECT_EQ(recorder_.Last("gauge system.network.conntrack.count #"), 30);
  EXPECT_EQ(recorder_.Last("distribution system.network.conntrack.utilization #"), 0.25);
}

TEST_F(SystemSamplerTest, ALimitThatIsNoneIsNotTold) {
  root_.Write("sys/fs/file-nr", "400\t0\t9223372036854775807\n");
  Sample(kFirst);
  EXPECT_EQ(recorder_.Last("gauge system.linux.file_handle.count #"), 400);
  EXPECT_FALSE(recorder_.HasMetric("system.linux.file_handle.utilization"));
}

TEST_F(SystemSamplerTest, LoadAndPagingAreToldOncePerInterval) {
  root_.Write("loadavg", "1.5 2.5 3.5 1/2 3\n");
  root_.Write("vmstat", "pgfault 100\npgmajfault 10\npswpin 1\npswpout 2\noom_kill 0\n");
  Sample(kFirst);
  EXPECT_EQ(recorder_.Last("gauge system.cpu.load_average.15m #"), 3.5);
  Sample(kWithin);
  EXPECT_EQ(recorder_.size(), 0u);
  root_.Write("vmstat", "pgfault 160\npgmajfault 20\npswpin 1\npswpout 5\noom_kill 1\n");
  Sample(kNextInterval);
  EXPECT_EQ(recorder_.Last("counter system.paging.faults #system.paging.fault.type:major"), 10);
  EXPECT_EQ(recorder_.Last("counter system.paging.faults #system.paging.fault.type:minor"), 50);
  EXPECT_EQ(recorder_.Last("counter system.paging.operations #system.paging.direction:out"), 3);
  EXPECT_EQ(recorder_.Last("counter system.memory.linux.oom_kills #"), 1);
}

TEST_F(SystemSamplerTest, AMachineWithoutAnyOfItIsSilent) {
  EXPECT_EQ(Sample(kFirst), 0);
  EXPECT_EQ(Sample(kNextInterval), 0);
  EXPECT_EQ(recorder_.size(), 0u);
}

TEST_F(SystemSamplerTest, WhatMakesNoSenseIsCountedAndLeftOut) {
  for (const char* file : {"stat", "meminfo", "pressure/cpu", "sys/fs/file-nr", "loadavg", "vmstat"}) {
    root_.Write(file, "\xff\x00 nonsense\n\n:::\n");
  }
  EXPECT_EQ(Sample(kFirst), 6);
  EXPECT_EQ(recorder_.size(), 0u);
}

}  // namespace
}  // namespace tributary
