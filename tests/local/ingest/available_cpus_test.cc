#include "local/ingest/available_cpus.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace tributary {
namespace {

// A made-up /proc/self/cgroup and the hierarchies it speaks of.
class CpuQuotaTest : public ::testing::Test {
 protected:
  CpuQuotaTest() : folder_(std::filesystem::path(::testing::TempDir()) / "cpu_quota_test") {
    std::filesystem::remove_all(folder_);
  }
  ~CpuQuotaTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path) << text;
  }
  double Quota() { return CpuQuota(folder_ / "groups", folder_); }

 private:
  const std::filesystem::path folder_;
};

TEST_F(CpuQuotaTest, IsThatOfTheOwnGroup) {
  Write("groups", "0::/system.slice/agent.service\n");
  Write("system.slice/agent.service/cpu.max", "150000 100000\n");
  EXPECT_EQ(Quota(), 1.5);
}

TEST_F(CpuQuotaTest, IsTheLeastOfTheGroupsAround) {
  Write("groups", "0::/pods/pod1/agent\n");
  Write("pods/pod1/agent/cpu.max", "max 100000\n");
  Write("pods/pod1/cpu.max", "200000 100000\n");
  Write("pods/cpu.max", "800000 100000\n");
  EXPECT_EQ(Quota(), 2);
}

// Its own group is mounted as the root, while the path is the host's.
TEST_F(CpuQuotaTest, IsFoundInAContainerThatSeesItselfAsTheRoot) {
  Write("groups", "0::/docker/0123\n");
  Write("cpu.max", "50000 100000\n");
  EXPECT_EQ(Quota(), 0.5);
}

TEST_F(CpuQuotaTest, IsReadFromTheFirstVersionOfControlGroupsToo) {
  Write("groups", "5:memory:/docker/0123\n4:cpu,cpuacct:/docker/0123\n3:cpuset:/\n");
  Write("cpu/docker/0123/cpu.cfs_quota_us", "300000\n");
  Write("cpu/docker/0123/cpu.cfs_period_us", "100000\n");
  Write("cpu/cpu.cfs_quota_us", "-1\n");
  Write("cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Quota(), 3);
}

TEST_F(CpuQuotaTest, IsNoneWhereNothingLimits) {
  Write("groups", "0::/user.slice\n");
  Write("user.slice/cpu.max", "max 100000\n");
  EXPECT_EQ(Quota(), kNoCpuQuota);
}

TEST_F(CpuQuotaTest, IsNoneWhereNothingCanBeRead) {
  EXPECT_EQ(Quota(), kNoCpuQuota);
  Write("groups", "nonsense\n0::\n1:cpu\n");
  Write("cpu.max", "one two three\n");
  EXPECT_EQ(Quota(), kNoCpuQuota);
}

TEST(AvailableCpusTest, AreNoMoreThanTheThreadMayRunOn) {
  std::thread([] {
    cpu_set_t allowed;
    ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
    int first = 0;
    while (!CPU_ISSET(first, &allowed)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_LE(AvailableCpus(), 1);
    EXPECT_GT(AvailableCpus(), 0);
  }).join();
}

TEST(DefaultUdpReadersTest, AreOneForEveryFourCpusWithinBounds) {
  EXPECT_EQ(DefaultUdpReaders(0.5), 1);
  EXPECT_EQ(DefaultUdpReaders(4), 1);
  EXPECT_EQ(DefaultUdpReaders(7.9), 1);
  EXPECT_EQ(DefaultUdpReaders(8), 2);
  EXPECT_EQ(DefaultUdpReaders(16), 4);
  EXPECT_EQ(DefaultUdpReaders(192), 8);
}

}  // namespace
}  // namespace tributary
