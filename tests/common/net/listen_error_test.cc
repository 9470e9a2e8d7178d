#include "common/net/listen_error.h"

#include <gmock/gmock.h>

#include <cerrno>
#include <string>

namespace tributary {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const Address kUdp = {.kind = Address::Kind::kUdp, .host = "10.9.8.7", .port = 125};
const Address kTcp = {.kind = Address::Kind::kTcp, .host = "::1", .port = 8126};
const Address kUnix = {.kind = Address::Kind::kUnixDatagram, .path = "/run/statsd/dsd.socket"};

// Every way to fail: what it is called, and what to do about it.
TEST(ListenErrorTest, NamesTheAddressAndWhatToDo) {
  const struct {
    int error;
    Address address;
    std::string what;
    std::string advice;
  } kCases[] = {
      {EADDRINUSE, kUdp, "the port is in use", "ss -lnpu sport = :125"},
      {EADDRINUSE, kTcp, "the port is in use", "ss -lnpt sport = :8126"},
      {EADDRNOTAVAIL, kUdp, "no interface of this machine has this address", "ip address"},
      {EACCES, kUdp, "may not use a port below", "CAP_NET_BIND_SERVICE"},
      {EPERM, kUdp, "may not use a port below", "socket unit"},
      {EAFNOSUPPORT, kTcp, "no IPv6", "IPv4"},
      {EMFILE, kTcp, "no file descriptors left", "LimitNOFILE="},
      {ENFILE, kUnix, "no file descriptors left", "ulimit -n"},
      {ENOENT, kUnix, "directory does not exist", "make /run/statsd"},
      {EACCES, kUnix, "may not make a socket in /run/statsd", "RuntimeDirectory="},
      {EROFS, kUnix, "/run/statsd is read-only", "below /run"},
      {ENOTDIR, kUnix, "/run/statsd is no directory", ""},
      {ENOSPC, kUnix, "file system of /run/statsd is full", ""},
      {ENOMEM, kUdp, "Cannot allocate memory", ""},
  };
  for (const auto& c : kCases) {
    const absl::Status status = ListenError(c.error, c.address);
    EXPECT_THAT(std::string(status.message()),
                AllOf(StartsWith(c.address.ToString() + ": cannot listen: "), HasSubstr(c.what), HasSubstr(c.advice)));
  }
}

}  // namespace
}  // namespace tributary
