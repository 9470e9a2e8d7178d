#include "local/source/host/device_filter.h"

#include <gtest/gtest.h>

#include "local/source/host/host_config.h"

namespace tributary {
namespace {

TEST(DeviceFilterTest, TakesWhatIsIncludedAndNotExcluded) {
  const DeviceFilter filter = {{"nvme*", "sd*"}, {"sdb*"}};
  EXPECT_TRUE(filter.Takes("nvme0n1"));
  EXPECT_TRUE(filter.Takes("sda"));
  EXPECT_FALSE(filter.Takes("sdb1"));
  EXPECT_FALSE(filter.Takes("vda"));
}

TEST(DeviceFilterTest, DefaultsLeaveOutWhatIsNoHardware) {
  const HostConfig config;
  for (const char* disk : {"loop0", "ram1", "zram0", "sr0"}) EXPECT_FALSE(config.disks.Takes(disk)) << disk;
  for (const char* disk : {"sda", "nvme0n1", "vda", "xvda", "dm-0", "md0"})
    EXPECT_TRUE(config.disks.Takes(disk)) << disk;
  for (const char* name : {"lo", "veth1a2b3c4", "docker0", "br-0123456789ab", "cali12345", "cni0", "ifb1"}) {
    EXPECT_FALSE(config.interfaces.Takes(name)) << name;
  }
  for (const char* name : {"eth0", "ens5", "enp3s0f1", "bond0", "wlan0", "wg0"}) {
    EXPECT_TRUE(config.interfaces.Takes(name)) << name;
  }
  for (const char* type : {"overlay", "tmpfs", "nfs4", "proc", "fuse.sshfs", "cifs", "autofs"}) {
    EXPECT_FALSE(config.filesystem_types.Takes(type)) << type;
  }
  for (const char* type : {"ext4", "xfs", "btrfs", "zfs"}) EXPECT_TRUE(config.filesystem_types.Takes(type)) << type;
}

}  // namespace
}  // namespace tributary
