#include "local/source/host/cgroup_stats.h"

#include <gtest/gtest.h>

namespace tributary {
namespace {

TEST(CpuMaxTest, IsQuotaByPeriod) {
  EXPECT_EQ(ParseCpuMax("150000 100000\n"), 1.5);
  for (const char* text : {"max 100000\n", "", "100000", "1 0", "x y"}) EXPECT_FALSE(ParseCpuMax(text)) << text;
}

// Linux 5.15, a container with a quota.
TEST(CgroupCpuStatTest, ReadsUseAndThrottling) {
  const auto stat = ParseCgroupCpuStat(
      "usage_usec 5100\nuser_usec 4000\nsystem_usec 1100\nnr_periods 40\nnr_throttled 13\nthrottled_usec 77\n");
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->usage_us, 5100u);
  EXPECT_EQ(stat->user_us, 4000u);
  EXPECT_EQ(stat->system_us, 1100u);
  EXPECT_EQ(stat->periods, 40u);
  EXPECT_EQ(stat->throttled_periods, 13u);
  EXPECT_EQ(stat->throttled_us, 77u);
}

// The controller is not enabled there: three lines.
TEST(CgroupCpuStatTest, MayHaveNoQuota) {
  EXPECT_EQ(ParseCgroupCpuStat("usage_usec 1\nuser_usec 1\nsystem_usec 0\n")->periods, 0u);
  EXPECT_FALSE(ParseCgroupCpuStat("user_usec 1\n").has_value());
  EXPECT_FALSE(ParseCgroupCpuStat("usage_usec -1\n").has_value());
}

TEST(CgroupMemoryEventsTest, ReadsEach) {
  const CgroupMemoryEvents events =
      ParseCgroupMemoryEvents("low 9\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 5\n");
  EXPECT_EQ(events.high, 1u);
  EXPECT_EQ(events.max, 2u);
  EXPECT_EQ(events.oom, 3u);
  EXPECT_EQ(events.oom_kill, 4u);
}

TEST(InactiveFileTest, IsOneLineOfMany) {
  EXPECT_EQ(ParseInactiveFile("anon 1\nfile 2\ninactive_file 4096\nactive_file 3\n"), 4096u);
  EXPECT_FALSE(ParseInactiveFile("anon 1\n").has_value());
}

TEST(ContainerFolderTest, IsTheMountOfAPrivateNamespace) {
  const auto mounts = ParseMounts("1 0 0:29 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n");
  EXPECT_EQ(FindContainerFolder("0::/\n", mounts), "/sys/fs/cgroup");
}

TEST(ContainerFolderTest, IsBelowTheHostsMount) {
  const auto mounts = ParseMounts("1 0 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  EXPECT_EQ(FindContainerFolder("9:name=systemd:/\n4:memory:/x\n0::/docker/0123\n", mounts),
            "/sys/fs/cgroup/unified/docker/0123");
}

// Docker with the host's namespace: only the container's own part is mounted.
TEST(ContainerFolderTest, TakesOffWhatTheMountIsOf) {
  const auto mounts = ParseMounts("1 0 0:29 /docker/0123 /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
  EXPECT_EQ(FindContainerFolder("0::/docker/0123\n", mounts), "/sys/fs/cgroup");
}

TEST(ContainerFolderTest, IsNoneForServicesSessionsAndVersion1) {
  const auto mounts = ParseMounts("1 0 0:29 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  for (const char* groups : {"0::/system.slice/tributary-local.service\n", "0::/user.slice/session-3.scope\n",
                             "0::/init.scope\n", "4:memory:/docker/0123\n", "", "0::\n"}) {
    EXPECT_FALSE(FindContainerFolder(groups, mounts).has_value()) << groups;
  }
  EXPECT_FALSE(FindContainerFolder("0::/docker/0123\n", {}).has_value());
}

}  // namespace
}  // namespace tributary
