#include "common/net/inherited_sockets.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/net/socket_address.h"

namespace tributary {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Address Parse(absl::string_view text) { return ParseAddress(text).value(); }

// As a socket unit would open it; `address` gets the port.
FileDescriptor Open(Address& address) {
  const auto wanted = SocketAddress::Resolve(address);
  EXPECT_TRUE(wanted.ok()) << wanted.status();
  const int type = SocketType(address);
  FileDescriptor socket(::socket(wanted->family(), type | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::bind(socket.number(), wanted->pointer(), wanted->size()), 0);
  EXPECT_EQ(type == SOCK_STREAM ? ::listen(socket.number(), 8) : 0, 0);
  address.port = SocketAddress::OfSocket(socket.number()).port();
  return socket;
}

TEST(InheritedSocketsTest, FindsTheSocketOfEveryKindOfAddress) {
  const std::string base = absl::StrCat("/tmp/tributary-inherited-", ::getpid());
  Address addresses[] = {Parse("udp://127.0.0.1:0"), Parse("tcp://127.0.0.1:0"),
                         Parse(absl::StrCat("unixgram://", base, ".dgram")),
                         Parse(absl::StrCat("unixstream://", base, ".stream"))};
  InheritedSockets inherited;
  std::vector<int> descriptors;
  for (Address& address : addresses) {
    FileDescriptor socket = Open(address);
    descriptors.push_back(socket.number());
    inherited.Add(std::move(socket), "unit");
  }
  for (size_t i = 0; i < std::size(addresses); ++i) {
    const std::vector<FileDescriptor> taken = inherited.Take(addresses[i]);
    ASSERT_EQ(taken.size(), 1u) << addresses[i].ToString();
    EXPECT_EQ(taken[0].number(), descriptors[i]);
    EXPECT_TRUE(inherited.Take(addresses[i]).empty()) << "given twice";
    if (addresses[i].is_unix()) ::unlink(addresses[i].path.c_str());
  }
  EXPECT_TRUE(inherited.CheckAllTaken().ok());
}

TEST(InheritedSocketsTest, LeavesWhatIsBoundElsewhere) {
  Address udp = Parse("udp://127.0.0.1:0");
  InheritedSockets inherited;
  inherited.Add(Open(udp), "");
  Address other = udp;
  other.port = udp.port == 65535 ? 1 : udp.port + 1;
  EXPECT_TRUE(inherited.Take(other).empty());
  other = udp;
  other.host = "127.0.0.2";
  EXPECT_TRUE(inherited.Take(other).empty());
  other = udp;
  other.kind = Address::Kind::kTcp;
  EXPECT_TRUE(inherited.Take(other).empty());
  EXPECT_EQ(inherited.Take(udp).size(), 1u);
}

TEST(InheritedSocketsTest, TakesEveryInterfaceByWhateverProtocol) {
  for (const char* host : {"0.0.0.0", "::"}) {
    Address every = {.kind = Address::Kind::kUdp, .host = host};
    InheritedSockets inherited;
    inherited.Add(Open(every), "");
    EXPECT_EQ(inherited.Take({.kind = Address::Kind::kUdp, .port = every.port}).size(), 1u) << host;
  }
}

TEST(InheritedSocketsTest, NamesWhatNobodyListensOn) {
  Address udp = Parse("udp://127.0.0.1:0");
  InheritedSockets inherited;
  inherited.Add(Open(udp), "tributary-local.socket");
  EXPECT_THAT(std::string(inherited.CheckAllTaken().message()),
              AllOf(HasSubstr(udp.ToString()), HasSubstr("tributary-local.socket"), HasSubstr("ingest.listen")));
}

TEST(InheritedSocketsTest, NamesWhatIsNoListeningSocket) {
  InheritedSockets inherited;
  inherited.Add(FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)), "");
  Address tcp = Parse("tcp://127.0.0.1:0");
  inherited.Add(FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), "");
  EXPECT_TRUE(inherited.Take(tcp).empty());
  EXPECT_THAT(std::string(inherited.CheckAllTaken().message()),
              AllOf(HasSubstr("no socket that could be served"), HasSubstr("a connection")));
}

// In a child, since descriptor 3 is taken here: 0 when all is as it must be.
int InAChild(int (*body)()) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(InheritedSocketsTest, ReadsTheProtocolOfSystemd) {
  EXPECT_EQ(InAChild([] {
              Address udp = Parse("udp://127.0.0.1:0");
              const FileDescriptor socket = Open(udp);
              if (::dup2(socket.number(), 3) != 3) return 1;
              ::setenv("LISTEN_PID", absl::StrCat(::getpid()).c_str(), 1);
              ::setenv("LISTEN_FDS", "1", 1);
              ::setenv("LISTEN_FDNAMES", "statsd", 1);
              absl::StatusOr<InheritedSockets> inherited = InheritedSockets::FromEnvironment();
              if (!inherited.ok()) return 2;
              const std::vector<FileDescriptor> taken = inherited->Take(udp);
              if (taken.size() != 1 || taken[0].number() != 3) return 3;
              if ((::fcntl(3, F_GETFL) & O_NONBLOCK) == 0) return 4;
              return (::fcntl(3, F_GETFD) & FD_CLOEXEC) == 0 ? 5 : 0;
            }),
            0);
}

TEST(InheritedSocketsTest, LeavesWhatIsForAnotherProcess) {
  EXPECT_EQ(InAChild([] {
              ::setenv("LISTEN_PID", "1", 1);
              ::setenv("LISTEN_FDS", "1", 1);
              const auto inherited = InheritedSockets::FromEnvironment();
              return inherited.ok() && inherited->CheckAllTaken().ok() ? 0 : 1;
            }),
            0);
}

TEST(InheritedSocketsTest, RefusesWhatIsNotThere) {
  EXPECT_EQ(InAChild([] {
              ::setenv("LISTEN_PID", absl::StrCat(::getpid()).c_str(), 1);
              for (const char* count : {"-1", "many", "", "99999", "900"}) {
                ::setenv("LISTEN_FDS", count, 1);
                if (InheritedSockets::FromEnvironment().ok()) return 1;
              }
              return 0;
            }),
            0);
}

}  // namespace
}  // namespace tributary
