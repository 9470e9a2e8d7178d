#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "local/source/host/device_filter.h"

namespace tributary {

struct HostConfig {
  bool enabled = true;
  // More often: utilisation is told of shorter spans, so that peaks are higher and truer. One sampling costs about a
  // tenth of a millisecond of CPU.
  absl::Duration sample_every = absl::Seconds(2);
  // Where the machine's own are mounted, for an agent in a container.
  std::string proc = "/proc";
  std::string sys = "/sys";
  std::string root = "/";
  // A folder of a control group, version 2, for container.*; empty: the agent's own container, if it is in one.
  std::string cgroup;

  DeviceFilter disks = {.exclude = {"loop*", "ram*", "zram*", "fd*", "sr*", "nbd*"}};
  DeviceFilter interfaces = {.exclude = {"lo",      "veth*", "docker*",  "br-*",    "cni*",          "cali*",
                                         "cilium*", "lxc*",  "flannel*", "kube-*",  "nodelocaldns*", "virbr*",
                                         "vnet*",   "tap*",  "ifb*",     "dummy*",  "sit*",          "tunl*",
                                         "ip6tnl*", "gre*",  "gretap*",  "erspan*", "vxlan*"}};
  // Types of file systems, and where they are mounted. What is neither on a disk of this machine nor local is left out:
  // to ask a server that does not answer would block.
  DeviceFilter filesystem_types = {.include = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "jfs",
                                               "reiserfs", "vfat", "exfat", "ntfs3"}};
  DeviceFilter mountpoints;
};

}  // namespace tributary
