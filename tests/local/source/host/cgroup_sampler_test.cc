#include "local/source/host/cgroup_sampler.h"

#include <gtest/gtest.h>

#include "tests/local/source/host/fake_root.h"
#include "tests/local/source/host/recorder.h"

namespace tributary {
namespace {

constexpr HostTick kFirst = {.elapsed = 0, .in_new_interval = true, .interval_elapsed = 0};
constexpr HostTick kWithin = {.elapsed = 2, .in_new_interval = false, .interval_elapsed = 0};
constexpr HostTick kNextInterval = {.elapsed = 2, .in_new_interval = true, .interval_elapsed = 10};

class CgroupSamplerTest : public ::testing::Test {
 protected:
  int Sample(CgroupSampler& sampler, const HostTick& tick) {
    recorder_.Clear();
    SeriesWriter out(recorder_);
    return sampler.Sample(tick, files_, out);
  }

  FakeRoot root_;
  HostFiles files_;
  Recorder recorder_;
};

// Half a CPU allowed, 0.9 s used in 2 s: 0.9 of the limit.
TEST_F(CgroupSamplerTest, CpuIsAShareOfTheQuota) {
  root_.Write("cpu.max", "50000 100000\n");
  root_.Write("cpu.stat", "usage_usec 0\nuser_usec 0\nsystem_usec 0\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n");
  CgroupSampler sampler(root_.path(), files_);
  EXPECT_EQ(Sample(sampler, kFirst), 0);
  EXPECT_EQ(recorder_.Last("gauge container.cpu.limit #"), 0.5);
  root_.Write("cpu.stat",
              "usage_usec 900000\nuser_usec 700000\nsystem_usec 200000\nnr_periods 20\nnr_throttled 8\n"
              "throttled_usec 300000\n");
  Sample(sampler, kWithin);
  EXPECT_DOUBLE_EQ(recorder_.Last("distribution container.cpu.utilization #"), 0.9);
  EXPECT_DOUBLE_EQ(recorder_.Last("distribution container.cpu.usage #"), 0.45);
  EXPECT_DOUBLE_EQ(recorder_.Last("counter container.cpu.time #cpu.mode:user"), 0.7);
  EXPECT_EQ(recorder_.Last("counter container.cpu.throttling.periods #"), 20);
  EXPECT_EQ(recorder_.Last("counter container.cpu.throttling.throttled_periods #"), 8);
  EXPECT_DOUBLE_EQ(recorder_.Last("counter container.cpu.throttling.time #"), 0.3);
}

TEST_F(CgroupSamplerTest, WithoutLimitsThereIsNoShare) {
  root_.Write("cpu.max", "max 100000\n");
  root_.Write("memory.current", "4096\n");
  root_.Write("memory.max", "max\n");
  root_.Write("cpu.stat", "usage_usec 0\nuser_usec 0\nsystem_usec 0\n");
  CgroupSampler sampler(root_.path(), files_);
  Sample(sampler, kFirst);
  root_.Write("cpu.stat", "usage_usec 500000\nuser_usec 0\nsystem_usec 0\n");
  Sample(sampler, kWithin);
  EXPECT_DOUBLE_EQ(recorder_.Last("distribution container.cpu.usage #"), 0.25);
  EXPECT_EQ(recorder_.Last("gauge container.memory.usage #"), 4096);
  for (const char* name : {"container.cpu.limit", "container.cpu.utilization", "container.memory.limit",
                           "container.memory.utilization", "container.cpu.throttling.periods"}) {
    EXPECT_FALSE(recorder_.HasMetric(name)) << name;
  }
}

// What the page cache holds of files goes before anybody is killed.
TEST_F(CgroupSamplerTest, MemoryUtilisationLeavesOutWhatCanGoAtOnce) {
  root_.Write("memory.current", "800\n");
  root_.Write("memory.max", "1000\n");
  root_.Write("memory.stat", "anon 500\ninactive_file 300\n");
  root_.Write("memory.events", "low 0\nhigh 0\nmax 5\noom 0\noom_kill 0\n");
  CgroupSampler sampler(root_.path(), files_);
  Sample(sampler, kFirst);
  EXPECT_EQ(recorder_.Last("gauge container.memory.usage #"), 800);
  EXPECT_EQ(recorder_.Last("gauge container.memory.working_set #"), 500);
  EXPECT_EQ(recorder_.Last("distribution container.memory.utilization #"), 0.5);
  root_.Write("memory.events", "low 0\nhigh 0\nmax 7\noom 1\noom_kill 1\n");
  Sample(sampler, kNextInterval);
  EXPECT_EQ(recorder_.Last("counter container.memory.events #container.memory.event:max"), 2);
  EXPECT_EQ(recorder_.Last("counter container.memory.events #container.memory.event:oom_kill"), 1);
}

TEST_F(CgroupSamplerTest, PressureIsOfTheGroup) {
  root_.Write("cpu.max", "max 100000\n");
  root_.Write("cpu.pressure", "some total=0\nfull total=0\n");
  CgroupSampler sampler(root_.path(), files_);
  Sample(sampler, kFirst);
  root_.Write("cpu.pressure", "some total=5000000\nfull total=2500000\n");
  Sample(sampler, kNextInterval);
  EXPECT_DOUBLE_EQ(recorder_.Last("distribution container.cpu.pressure #system.pressure.type:some"), 0.5);
  EXPECT_DOUBLE_EQ(recorder_.Last("distribution container.cpu.pressure #system.pressure.type:full"), 0.25);
}

// The root of the hierarchy has a cpu.stat too.
TEST_F(CgroupSamplerTest, TheMachineIsNoContainer) {
  root_.Write("cpu.stat", "usage_usec 1\nuser_usec 1\nsystem_usec 0\n");
  CgroupSampler sampler(root_.path(), files_);
  Sample(sampler, kFirst);
  EXPECT_EQ(Sample(sampler, kNextInterval), 0);
  EXPECT_EQ(recorder_.size(), 0u);
}

TEST_F(CgroupSamplerTest, WhatMakesNoSenseIsCountedAndLeftOut) {
  for (const char* file :
       {"cpu.max", "cpu.stat", "memory.current", "memory.max", "memory.stat", "memory.events", "io.pressure"}) {
    root_.Write(file, "\xff nonsense\n\n");
  }
  CgroupSampler sampler(root_.path(), files_);
  EXPECT_EQ(Sample(sampler, kFirst), 3);
  EXPECT_EQ(recorder_.size(), 0u);
}

}  // namespace
}  // namespace tributary
