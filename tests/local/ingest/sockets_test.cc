#include "local/ingest/sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Address Udp(const std::string& host, int port = 0) { return {.kind = Address::Kind::kUdp, .host = host, .port = port}; }
Address Tcp(const std::string& host, int port = 0) { return {.kind = Address::Kind::kTcp, .host = host, .port = port}; }

class UnixSocketTest : public ::testing::Test {
 protected:
  Address At(const std::string& file, Address::Kind kind = Address::Kind::kUnixDatagram) const {
    return {.kind = kind, .path = dir_.path() + "/" + file};
  }
  const TempDir dir_;
};

TEST(UdpSocketTest, TellsThePortTheKernelChose) {
  const auto sockets = OpenUdpSockets(Udp("127.0.0.1"), 1);
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  EXPECT_GT(sockets->front().address.port, 0);
}

TEST(UdpSocketTest, SharesOnePortAmongReaders) {
  const auto sockets = OpenUdpSockets(Udp("127.0.0.1"), 3);
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  ASSERT_EQ(sockets->size(), 3u);
  EXPECT_EQ((*sockets)[0].address, (*sockets)[2].address);
}

TEST(UdpSocketTest, RefusesAPortInUseEvenByOneWhoWouldShare) {
  for (const int readers : {1, 2}) {
    const auto first = OpenUdpSockets(Udp("127.0.0.1"), readers);
    ASSERT_TRUE(first.ok()) << first.status();
    for (const int more : {1, 2}) {
      const auto second = OpenUdpSockets(first->front().address, more);
      ASSERT_FALSE(second.ok());
      EXPECT_THAT(std::string(second.status().message()), HasSubstr(first->front().address.ToString()));
      EXPECT_THAT(std::string(second.status().message()), HasSubstr("in use"));
    }
  }
}

TEST(UdpSocketTest, ListensOnIpv6) {
  const auto sockets = OpenUdpSockets(Udp("::1"), 1);
  if (!sockets.ok()) GTEST_SKIP() << "no IPv6 here: " << sockets.status();
  EXPECT_GT(sockets->front().address.port, 0);
}

TEST(UdpSocketTest, NamesAHostItCannotResolve) {
  const auto sockets = OpenUdpSockets(Udp("no.such.host.invalid", 8125), 1);
  ASSERT_FALSE(sockets.ok());
  EXPECT_THAT(std::string(sockets.status().message()), HasSubstr("no.such.host.invalid"));
}

TEST(TcpSocketTest, RefusesAPortInUse) {
  const auto first = OpenTcpSocket(Tcp("127.0.0.1"));
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = OpenTcpSocket(first->address);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("in use"));
}

TEST_F(UnixSocketTest, HasThePermissionsAskedFor) {
  const auto opened = OpenUnixSocket(At("s"), {.mode = 0600});
  ASSERT_TRUE(opened.ok()) << opened.status();
  struct stat status {};
  ASSERT_EQ(::stat(At("s").path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

// The effective user is another while this lives; only root may.
class Unprivileged {
 public:
  Unprivileged() : was_root_(::geteuid() == 0) { EXPECT_EQ(was_root_ ? ::seteuid(65534) : 0, 0); }
  ~Unprivileged() { EXPECT_EQ(was_root_ ? ::seteuid(0) : 0, 0); }

 private:
  const bool was_root_;
};

TEST_F(UnixSocketTest, BelongsToTheGroupAskedFor) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may give a socket to any group";
  const auto opened = OpenUnixSocket(At("s"), {.mode = 0620, .group = "65534"});
  ASSERT_TRUE(opened.ok()) << opened.status();
  struct stat status {};
  ASSERT_EQ(::stat(At("s").path.c_str(), &status), 0);
  EXPECT_EQ(status.st_gid, 65534u);
  EXPECT_EQ(status.st_mode & 0777, 0620u);
}

TEST_F(UnixSocketTest, SaysWhichGroupItCannotHave) {
  const auto opened = OpenUnixSocket(At("s"), {.group = "no-such-group"});
  EXPECT_THAT(std::string(opened.status().message()),
              AllOf(HasSubstr(At("s").ToString()), HasSubstr("no group 'no-such-group'"), HasSubstr("socket_group")));
  EXPECT_FALSE(std::filesystem::exists(At("s").path));
  const Unprivileged now;
  std::filesystem::path elsewhere = At("s").path;
  const Address address = {.kind = Address::Kind::kUnixDatagram,
                           .path = "/tmp/" + elsewhere.parent_path().filename().string() + ".s"};
  const auto foreign = OpenUnixSocket(address, {.group = "12345"});
  EXPECT_THAT(std::string(foreign.status().message()),
              HasSubstr("give the socket to group 12345 (is this user a member?)"));
}

TEST_F(UnixSocketTest, SaysThatTheDirectoryIsNotOurs) {
  ASSERT_EQ(::chmod(dir_.path().c_str(), 0755), 0);
  const Unprivileged now;
  const auto opened = OpenUnixSocket(At("s"), {});
  if (opened.ok()) GTEST_SKIP() << "the directory is this user's";
  EXPECT_THAT(std::string(opened.status().message()),
              AllOf(HasSubstr("may not make a socket in " + dir_.path()), HasSubstr("RuntimeDirectory=")));
}

TEST(UdpSocketTest, SaysThatAPortIsForThePrivileged) {
  const Unprivileged now;
  const auto sockets = OpenUdpSockets(Udp("127.0.0.1", 125), 1);
  if (sockets.ok()) GTEST_SKIP() << "net.ipv4.ip_unprivileged_port_start is low here";
  EXPECT_THAT(std::string(sockets.status().message()),
              AllOf(HasSubstr("udp://127.0.0.1:125"), HasSubstr("CAP_NET_BIND_SERVICE")));
}

TEST(UdpSocketTest, RaisesItsReceiveBufferAndNeverLowersIt) {
  const auto sockets = OpenUdpSockets(Udp("127.0.0.1"), 1);
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  const auto granted = [&] {
    int bytes = 0;
    socklen_t size = sizeof bytes;
    ::getsockopt(sockets->front().socket.number(), SOL_SOCKET, SO_RCVBUF, &bytes, &size);
    return bytes;
  };
  const int before = granted();
  RaiseReceiveBuffer(sockets->front(), before);
  const int raised = granted();
  EXPECT_EQ(raised, ::geteuid() == 0 ? 2 * before : raised);  // socket(7): doubled, for bookkeeping
  EXPECT_GE(raised, before);
  RaiseReceiveBuffer(sockets->front(), before / 4);
  EXPECT_EQ(granted(), raised);
}

TEST_F(UnixSocketTest, ReplacesWhatADeadProcessLeft) {
  for (const Address::Kind kind : {Address::Kind::kUnixDatagram, Address::Kind::kUnixStream}) {
    UnixSocketPath left;
    {
      auto dead = OpenUnixSocket(At("s", kind), {.mode = 0600});
      ASSERT_TRUE(dead.ok()) << dead.status();
      left = std::move(dead->path);  // the socket closes, its name stays
    }
    ASSERT_TRUE(std::filesystem::exists(At("s").path));
    EXPECT_TRUE(OpenUnixSocket(At("s", kind), {.mode = 0600}).ok());
  }
}

TEST_F(UnixSocketTest, LeavesASocketThatIsAnswered) {
  for (const Address::Kind kind : {Address::Kind::kUnixDatagram, Address::Kind::kUnixStream}) {
    const auto alive = OpenUnixSocket(At("s", kind), {.mode = 0600});
    ASSERT_TRUE(alive.ok()) << alive.status();
    for (const Address::Kind other : {Address::Kind::kUnixDatagram, Address::Kind::kUnixStream}) {
      const auto second = OpenUnixSocket(At("s", other), {.mode = 0600});
      ASSERT_FALSE(second.ok());
      EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
      EXPECT_TRUE(std::filesystem::exists(At("s").path));
    }
  }
}

TEST_F(UnixSocketTest, LeavesAFileThatIsNoSocket) {
  std::ofstream(At("s").path) << "precious";
  const auto opened = OpenUnixSocket(At("s"), {.mode = 0600});
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("no socket"));
  EXPECT_TRUE(std::filesystem::is_regular_file(At("s").path));
}

TEST_F(UnixSocketTest, SaysThatTheDirectoryIsMissing) {
  const auto opened = OpenUnixSocket(At("missing/s"), {.mode = 0600});
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("directory does not exist"));
}

TEST_F(UnixSocketTest, RefusesAPathThatIsTooLong) {
  EXPECT_EQ(OpenUnixSocket(At(std::string(200, 'x')), {.mode = 0600}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(UnixSocketTest, RemovesItsNameButNotThatOfASuccessor) {
  {
    const auto opened = OpenUnixSocket(At("s"), {.mode = 0600});
    ASSERT_TRUE(opened.ok()) << opened.status();
  }
  EXPECT_FALSE(std::filesystem::exists(At("s").path));

  auto first = OpenUnixSocket(At("s"), {.mode = 0600});
  ASSERT_TRUE(first.ok()) << first.status();
  std::filesystem::rename(At("s").path, At("moved").path);
  const auto successor = OpenUnixSocket(At("s"), {.mode = 0600});
  ASSERT_TRUE(successor.ok()) << successor.status();
  first->path = UnixSocketPath();
  EXPECT_TRUE(std::filesystem::exists(At("s").path));
}

}  // namespace
}  // namespace tributary
