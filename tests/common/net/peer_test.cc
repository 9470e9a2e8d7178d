#include "common/net/peer.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <unistd.h>

#include "absl/hash/hash_testing.h"
#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

using ::testing::MatchesRegex;

Peer OfIpv4(const char* text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(40'000);
  EXPECT_EQ(::inet_pton(AF_INET, text, &address.sin_addr), 1);
  return Peer::OfAddress(reinterpret_cast<const sockaddr&>(address));
}

Peer OfIpv6(const char* text) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(40'000);
  EXPECT_EQ(::inet_pton(AF_INET6, text, &address.sin6_addr), 1);
  return Peer::OfAddress(reinterpret_cast<const sockaddr&>(address));
}

TEST(PeerTest, SpellsAddressesAndProcesses) {
  EXPECT_EQ(OfIpv4("10.1.2.3").ToString(), "10.1.2.3");
  EXPECT_EQ(OfIpv6("2001:db8::1").ToString(), "2001:db8::1");
  EXPECT_EQ(Peer::OfProcess(1234, 1000).ToString(), "pid 1234");
  EXPECT_EQ(Peer().ToString(), "unknown");
}

TEST(PeerTest, TakesAnIpv4AddressInIpv6ForWhatItIs) { EXPECT_EQ(OfIpv6("::ffff:10.1.2.3"), OfIpv4("10.1.2.3")); }

TEST(PeerTest, LeavesTheUserWhereTheProcessIsOutOfSight) {
  EXPECT_EQ(Peer::OfProcess(0, 1000).ToString(), "uid 1000");
  EXPECT_EQ(Peer::OfProcess(0, static_cast<uid_t>(-1)), Peer());
}

TEST(PeerTest, KnowsNobodyOfOtherFamilies) {
  sockaddr address{};
  address.sa_family = AF_UNIX;
  EXPECT_FALSE(Peer::OfAddress(address).is_known());
  EXPECT_FALSE(Peer::OfConnection(-1).is_known());
}

TEST(PeerTest, ComparesAndHashesByValue) {
  EXPECT_TRUE(absl::VerifyTypeImplementsAbslHashCorrectly(
      {Peer(), OfIpv4("10.1.2.3"), OfIpv4("10.1.2.4"), OfIpv6("::1"), OfIpv6("::2"), OfIpv6("2001:db8::1"),
       Peer::OfProcess(1234, 0), Peer::OfProcess(1234, 1), Peer::OfProcess(0, 1234)}));
}

TEST(PeerTest, NamesTheProcessAtTheOtherEnd) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const Peer peer = Peer::OfConnection(ends[0]);
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_EQ(peer.pid(), ::getpid());
  EXPECT_THAT(peer.Describe(), MatchesRegex(absl::StrCat("pid ", ::getpid(), " \\(.+\\)")));
}

TEST(PeerTest, LeavesTheNameOutWhenTheProcessIsGone) {
  EXPECT_EQ(Peer::OfProcess(0x7ffffffe, 0).Describe(), "pid 2147483646");  // beyond any pid_max
}

}  // namespace
}  // namespace tributary
