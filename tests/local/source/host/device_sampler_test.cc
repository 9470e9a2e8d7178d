#include "local/source/host/device_sampler.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "tests/local/source/host/fake_root.h"
#include "tests/local/source/host/recorder.h"

namespace tributary {
namespace {

constexpr HostTick kFirst = {.elapsed = 0, .in_new_interval = true, .interval_elapsed = 0};
constexpr HostTick kWithin = {.elapsed = 2, .in_new_interval = false, .interval_elapsed = 0};

class DeviceSamplerTest : public ::testing::Test {
 protected:
  DeviceSampler::Result Sample(const HostTick& tick) {
    recorder_.Clear();
    SeriesWriter out(recorder_);
    return sampler_.Sample(tick, files_, out);
  }
  HostConfig Config() const {
    HostConfig config;
    config.proc = root_.path() + "/proc";
    config.sys = root_.path() + "/sys";
    config.root = root_.path();
    return config;
  }

  FakeRoot root_;
  HostFiles files_;
  Recorder recorder_;
  DeviceSampler sampler_{Config()};
};

TEST_F(DeviceSamplerTest, DisksAreToldByDirection) {
  root_.MakeFolder("sys/block/sda");
  root_.Write("proc/diskstats", "8 0 sda 100 5 2000 400 50 7 800 90 0 1000 490\n");
  Sample(kFirst);
  EXPECT_EQ(recorder_.size(), 0u);
  root_.Write("proc/diskstats", "8 0 sda 110 5 2100 450 50 9 800 90 0 1500 540\n");
  Sample(kWithin);
  const std::string read = " #system.device:sda,disk.io.direction:read";
  EXPECT_EQ(recorder_.Last("counter system.disk.operations" + read), 10);
  EXPECT_EQ(recorder_.Last("counter system.disk.io" + read), 51200);
  EXPECT_DOUBLE_EQ(recorder_.Last("counter system.disk.operation_time" + read), 0.05);
  EXPECT_EQ(recorder_.Last("counter system.disk.merged #system.device:sda,disk.io.direction:write"), 2);
  EXPECT_DOUBLE_EQ(recorder_.Last("counter system.disk.io_time #system.device:sda"), 0.5);
  EXPECT_DOUBLE_EQ(recorder_.Last("distribution system.disk.utilization #system.device:sda"), 0.25);
}

// Ten reads of 5 ms: so that a minute's latency is that of its operations, not of its looks.
TEST_F(DeviceSamplerTest, LatencyWeighsAsManyAsThereWereOperations) {
  root_.Write("proc/diskstats", "8 0 sda 100 5 2000 400 50 7 800 90 0 1000 490\n");
  Sample(kFirst);
  root_.Write("proc/diskstats", "8 0 sda 110 5 2100 450 50 7 800 90 0 1500 540\n");
  Sample(kWithin);
  const std::string read = "distribution system.disk.latency #system.device:sda,disk.io.direction:read";
  EXPECT_DOUBLE_EQ(recorder_.Last(read), 0.005);
  EXPECT_EQ(recorder_.LastWeight(read), 10);
  EXPECT_FALSE(recorder_.Has("distribution system.disk.latency #system.device:sda,disk.io.direction:write"));
}

TEST_F(DeviceSamplerTest, PartitionsAndLoopsAreLeftOut) {
  root_.MakeFolder("sys/block/sda");
  root_.MakeFolder("sys/block/cciss!c0d0");
  for (int i = 0; i < 2; ++i) {
    root_.Write("proc/diskstats",
                "8 0 sda 1 1 1 1 1 1 1 1 1 1 1\n8 1 sda1 1 1 1 1 1 1 1 1 1 1 1\n7 0 loop0 1 1 1 1 1 1 1 1 1 1 1\n"
                "104 0 cciss/c0d0 1 1 1 1 1 1 1 1 1 1 1\n");
    Sample(i == 0 ? kFirst : kWithin);
  }
  EXPECT_TRUE(recorder_.Has("counter system.disk.io_time #system.device:sda"));
  EXPECT_TRUE(recorder_.Has("counter system.disk.io_time #system.device:cciss/c0d0"));
  EXPECT_FALSE(recorder_.Has("counter system.disk.io_time #system.device:sda1"));
  EXPECT_FALSE(recorder_.Has("counter system.disk.io_time #system.device:loop0"));
}

TEST_F(DeviceSamplerTest, InterfacesAreToldWithTheirLinksShare) {
  root_.Write("sys/class/net/eth0/speed", "1000\n");
  root_.Write("proc/net/dev", "eth0: 1000 10 1 2 0 0 0 0 500 5 3 4 0 0 0 0\nlo: 9 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0\n");
  Sample(kFirst);
  EXPECT_EQ(recorder_.Last("gauge system.network.bandwidth.limit #network.interface.name:eth0"), 125e6);
  root_.Write("proc/net/dev",
              "eth0: 25001000 30 2 5 0 0 0 0 500 5 3 4 0 0 0 0\nlo: 99 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0\n");
  Sample(kWithin);
  const std::string in = " #network.interface.name:eth0,network.io.direction:receive";
  EXPECT_EQ(recorder_.Last("counter system.network.io" + in), 25e6);
  EXPECT_EQ(recorder_.Last("counter system.network.packet.count" + in), 20);
  EXPECT_EQ(recorder_.Last("counter system.network.errors" + in), 1);
  EXPECT_EQ(recorder_.Last("counter system.network.packet.dropped" + in), 3);
  EXPECT_DOUBLE_EQ(recorder_.Last("distribution system.network.bandwidth.utilization" + in), 0.1);
  EXPECT_FALSE(recorder_.Has("counter system.network.io #network.interface.name:lo,network.io.direction:receive"));
}

TEST_F(DeviceSamplerTest, ASpeedThatIsNoneIsNotTold) {
  for (const char* speed : {"-1\n", "4294967295\n", "", "0\n", "fast\n"}) {
    root_.Write("sys/class/net/eth0/speed", speed);
    root_.Write("proc/net/dev", "eth0: 1000 10 1 2 0 0 0 0 500 5 3 4 0 0 0 0\n");
    Sample(kFirst);
    EXPECT_FALSE(recorder_.HasMetric("system.network.bandwidth.limit")) << speed;
    Sample(kWithin);
    EXPECT_FALSE(recorder_.HasMetric("system.network.bandwidth.utilization")) << speed;
  }
}

// In a container with the machine's /proc mounted, `net` is a link to this process, so to the container's network.
TEST_F(DeviceSamplerTest, TheFirstProcessesNetworkGoesFirst) {
  for (int i = 0; i < 2; ++i) {
    root_.Write("proc/1/net/dev", "ens5: 1 1 0 0 0 0 0 0 5 5 0 0 0 0 0 0\n");
    root_.Write("proc/net/dev", "eth0: 1 1 0 0 0 0 0 0 5 5 0 0 0 0 0 0\n");
    Sample(i == 0 ? kFirst : kWithin);
  }
  EXPECT_TRUE(recorder_.Has("counter system.network.io #network.interface.name:ens5,network.io.direction:transmit"));
  EXPECT_FALSE(recorder_.Has("counter system.network.io #network.interface.name:eth0,network.io.direction:transmit"));
}

TEST_F(DeviceSamplerTest, ADeviceThatComesBackBeginsAnew) {
  const std::string eth0 = "eth0: 1000 10 0 0 0 0 0 0 500 5 0 0 0 0 0 0\n";
  root_.Write("proc/net/dev", eth0);
  Sample(kFirst);
  root_.Write("proc/net/dev", "eth1: 1 1 0 0 0 0 0 0 5 5 0 0 0 0 0 0\n");
  Sample(kWithin);
  root_.Write("proc/net/dev", "eth0: 7000 10 0 0 0 0 0 0 500 5 0 0 0 0 0 0\n");
  Sample(kWithin);
  EXPECT_FALSE(recorder_.HasMetric("system.network.io"));
}

TEST_F(DeviceSamplerTest, DevicesAreBoundedAndTheRestCounted) {
  std::string text;
  for (size_t i = 0; i < DeviceSampler::kMaxDevices + 5; ++i) {
    absl::StrAppend(&text, "eth", i, ": 1 1 0 0 0 0 0 0 5 5 0 0 0 0 0 0\n");
  }
  root_.Write("proc/net/dev", text);
  EXPECT_EQ(Sample(kFirst).skipped, 5u);
  EXPECT_EQ(Sample(kWithin).skipped, 5u);
}

TEST_F(DeviceSamplerTest, FileSystemsAreToldOncePerDevice) {
  root_.MakeFolder("data/again");
  struct stat entry = {};
  ASSERT_EQ(::stat(root_.path().c_str(), &entry), 0);
  const std::string device = absl::StrCat(major(entry.st_dev), ":", minor(entry.st_dev));
  root_.Write("proc/1/mountinfo", absl::StrCat("1 0 ", device, " / /data/again rw - ext4 /dev/sda1 rw\n",  //
                                               "2 0 ", device, " / /data rw - ext4 /dev/sda1 rw\n",        //
                                               "3 0 0:77 / /data rw - overlay overlay rw\n",               //
                                               "4 0 0:78 / /data rw - nfs4 server:/data rw\n",             //
                                               "5 0 1:2345 / /data rw - ext4 /dev/sdb1 rw\n"));
  Sample(kFirst);
  const std::string tags = " #system.device:sda1,system.filesystem.mountpoint:/data,system.filesystem.type:ext4";
  struct statvfs space = {};
  ASSERT_EQ(::statvfs(root_.path().c_str(), &space), 0);
  EXPECT_EQ(recorder_.Last("gauge system.filesystem.limit" + tags),
            static_cast<double>(space.f_blocks) * static_cast<double>(space.f_frsize));
  const double used = recorder_.Last("gauge system.filesystem.usage" + tags + ",system.filesystem.state:used");
  const double free = recorder_.Last("gauge system.filesystem.usage" + tags + ",system.filesystem.state:free");
  EXPECT_DOUBLE_EQ(recorder_.Last("distribution system.filesystem.utilization" + tags), used / (used + free));
  int limits = 0;
  for (const std::string& key : recorder_.keys()) limits += key.find("system.filesystem.limit") != std::string::npos;
  EXPECT_EQ(limits, 1);
  Sample(kWithin);
  EXPECT_EQ(recorder_.size(), 0u);
}

TEST_F(DeviceSamplerTest, WhatMakesNoSenseIsCountedAndLeftOut) {
  for (const char* file : {"proc/diskstats", "proc/net/dev", "proc/1/mountinfo"})
    root_.Write(file, "\xff nonsense\n\n");
  EXPECT_EQ(Sample(kFirst).malformed, 3);
  EXPECT_EQ(recorder_.size(), 0u);
}

}  // namespace
}  // namespace tributary
