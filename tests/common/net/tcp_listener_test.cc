#include "common/net/tcp_listener.h"

#include <gmock/gmock.h>

#include <string>

#include "common/net/socket_address.h"
#include "tests/common/net/raw_client.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

std::string WhyNot(const Address& address) { return std::string(ListenTcp(address).status().message()); }

TEST(TcpListenerTest, ListensOrSaysWhyNot) {
  const auto listener = ListenTcp({.host = "127.0.0.1"});
  ASSERT_TRUE(listener.ok()) << listener.status();
  const Address taken = SocketAddress::OfSocket(listener->number()).ToAddress(SOCK_STREAM);
  EXPECT_GT(taken.port, 0);
  RawClient client(taken.port);  // expects to be connected
  EXPECT_THAT(WhyNot(taken), HasSubstr("in use"));
  EXPECT_THAT(WhyNot({.host = "203.0.113.1"}), HasSubstr("no interface"));
}

TEST(TcpListenerTest, AnEmptyHostIsEveryInterface) {
  const auto listener = ListenTcp({.host = ""});
  ASSERT_TRUE(listener.ok()) << listener.status();
  RawClient over_ipv4(SocketAddress::OfSocket(listener->number()).port());
}

}  // namespace
}  // namespace tributary
