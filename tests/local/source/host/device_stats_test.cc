#include "local/source/host/device_stats.h"

#include <gtest/gtest.h>

namespace tributary {
namespace {

TEST(DiskStatsTest, ReadsAModernKernels) {
  const auto disks = ParseDiskStats(
      "   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
      " 254       0 vda 2475244 276889 119740962 2334141 1812167 683196 298013088 1656735 3 673604 4215524 528431 138 "
      "794399896 118493 348969 106153\n");
  ASSERT_EQ(disks.size(), 2u);
  EXPECT_EQ(disks[0].name, "loop0");
  const DiskStat& vda = disks[1];
  EXPECT_EQ(vda.name, "vda");
  EXPECT_EQ(vda.read.operations, 2475244u);
  EXPECT_EQ(vda.read.merged, 276889u);
  EXPECT_EQ(vda.read.sectors, 119740962u);
  EXPECT_EQ(vda.read.ms, 2334141u);
  EXPECT_EQ(vda.write.operations, 1812167u);
  EXPECT_EQ(vda.write.merged, 683196u);
  EXPECT_EQ(vda.write.sectors, 298013088u);
  EXPECT_EQ(vda.write.ms, 1656735u);
  EXPECT_EQ(vda.busy_ms, 673604u);
}

// Linux 3.10 has eleven fields and the kernels before 2.6.25 only four for partitions, which are left out.
TEST(DiskStatsTest, ReadsOldKernelsAndLeavesOutWhatIsNotWhole) {
  const auto disks = ParseDiskStats(
      "   8       0 sda 10 1 20 30 40 2 50 60 0 70 90\n"
      "   8       1 sda1 10 20 30 40\n"
      "garbage\n\n   8 x sdb 1 1 1 1 1 1 1 1 1 1 1\n"
      "   8      16 sdc 1 -1 1 1 1 1 1 1 1 1 1\n"
      " 104       0 cciss/c0d0 1 2 3 4 5 6 7 8 9 10 11");
  ASSERT_EQ(disks.size(), 2u);
  EXPECT_EQ(disks[0].busy_ms, 70u);
  EXPECT_EQ(disks[1].name, "cciss/c0d0");
  EXPECT_EQ(disks[1].busy_ms, 10u);
}

constexpr char kNetHeader[] =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier "
    "compressed\n";

TEST(NetworkStatsTest, ReadsBothDirections) {
  const std::string text =
      std::string(kNetHeader) +
      "    lo: 49136048032 39658312    0    0    0     0          0         0 49136048032 39658312    0    0    0     0"
      "       0          0\n"
      "  eth0: 1129402756   36477    1    2    3     4          5         6  2741520   28797    7    8    9    10"
      "      11         12\n";
  const auto interfaces = ParseNetworkStats(text);
  ASSERT_EQ(interfaces.size(), 2u);
  const NetworkStat& eth0 = interfaces[1];
  EXPECT_EQ(eth0.name, "eth0");
  EXPECT_EQ(eth0.receive.bytes, 1129402756u);
  EXPECT_EQ(eth0.receive.packets, 36477u);
  EXPECT_EQ(eth0.receive.errors, 1u);
  EXPECT_EQ(eth0.receive.dropped, 2u);
  EXPECT_EQ(eth0.transmit.bytes, 2741520u);
  EXPECT_EQ(eth0.transmit.packets, 28797u);
  EXPECT_EQ(eth0.transmit.errors, 7u);
  EXPECT_EQ(eth0.transmit.dropped, 8u);
}

// Old kernels write no blank between a name and a large number; an alias has a colon of its own.
TEST(NetworkStatsTest, NamesEndAtTheLastColon) {
  const auto interfaces = ParseNetworkStats(
      "  eth0:4294967295 1 0 0 0 0 0 0 2 3 0 0 0 0 0 0\neth0:1: 5 1 0 0 0 0 0 0 2 3 0 0 0 0 0 0\nshort: 1 2 3\n:1 1 0 "
      "0 0 "
      "0 0 0 2 3 0 0 0 0 0 0\n");
  ASSERT_EQ(interfaces.size(), 2u);
  EXPECT_EQ(interfaces[0].name, "eth0");
  EXPECT_EQ(interfaces[0].receive.bytes, 4294967295u);
  EXPECT_EQ(interfaces[1].name, "eth0:1");
}

// A node of Kubernetes, a container's overlay, and proc.rst's own line.
TEST(MountsTest, ReadsWhatIsMountedWhere) {
  const auto mounts = ParseMounts(
      "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n"
      "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"
      "606 576 0:51 / / rw,relatime master:312 - overlay overlay rw,lowerdir=/var/lib\n"
      "40 22 8:17 / /mnt/my\\040disk\\134 rw - xfs /dev/sdb1 rw\n"
      "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 propagate_from:2 - cgroup2 cgroup2 rw\n");
  ASSERT_EQ(mounts.size(), 5u);
  EXPECT_EQ(mounts[0].device, "8:1");
  EXPECT_EQ(mounts[0].type, "ext4");
  EXPECT_EQ(mounts[0].source, "/dev/sda1");
  EXPECT_EQ(mounts[1].root, "/mnt1");
  EXPECT_EQ(mounts[1].point, "/mnt2");
  EXPECT_EQ(mounts[2].type, "overlay");
  EXPECT_EQ(mounts[3].point, "/mnt/my disk\\");
  EXPECT_EQ(mounts[4].type, "cgroup2");
}

TEST(MountsTest, LeavesOutWhatIsNotWhole) {
  EXPECT_TRUE(ParseMounts("22 1 8:1 / / rw,relatime shared:1\n22 1 8:1 / / rw -\n\nx\n22 1 8:1 / / rw - ext4").empty());
}

}  // namespace
}  // namespace tributary
