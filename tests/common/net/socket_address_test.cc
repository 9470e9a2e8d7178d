#include "common/net/socket_address.h"

#include <gmock/gmock.h>

#include <string>

#include "common/net/file_descriptor.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

Address Parse(absl::string_view text) { return ParseAddress(text).value(); }

TEST(SocketAddressTest, NumbersComeBack) {
  for (const char* text : {"udp://127.0.0.1:8125", "tcp://0.0.0.0:1", "udp://[::1]:8125", "tcp://[2001:db8::1]:65535",
                           "unixgram:///run/dsd.socket", "unixstream:///s"}) {
    const Address address = Parse(text);
    const auto resolved = SocketAddress::Resolve(address);
    ASSERT_TRUE(resolved.ok()) << resolved.status();
    EXPECT_EQ(resolved->ToAddress(SocketType(address)).ToString(), text);
  }
}

TEST(SocketAddressTest, IsEqualByHostAndPortOrPath) {
  const auto of = [](absl::string_view text) { return *SocketAddress::Resolve(Parse(text)); };
  EXPECT_TRUE(of("udp://127.0.0.1:1") == of("tcp://127.0.0.1:1"));
  EXPECT_FALSE(of("udp://127.0.0.1:1") == of("udp://127.0.0.1:2"));
  EXPECT_FALSE(of("udp://127.0.0.1:1") == of("udp://127.0.0.2:1"));
  EXPECT_FALSE(of("udp://0.0.0.0:1") == of("udp://[::]:1"));
  EXPECT_TRUE(of("unixgram:///a") == of("unixgram:///a"));
  EXPECT_FALSE(of("unixgram:///a") == of("unixgram:///ab"));
}

TEST(SocketAddressTest, AnEmptyHostIsEveryInterface) {
  const auto resolved = SocketAddress::Resolve(Parse("udp://:8125"));
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_TRUE(resolved->is_every_interface());
  EXPECT_EQ(resolved->port(), 8125);
  EXPECT_FALSE(SocketAddress::Resolve(Parse("udp://127.0.0.1:8125"))->is_every_interface());
}

TEST(SocketAddressTest, IsReadFromASocket) {
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto wanted = SocketAddress::Resolve(Parse("udp://127.0.0.1:0"));
  ASSERT_EQ(::bind(socket.number(), wanted->pointer(), wanted->size()), 0);
  const SocketAddress bound = SocketAddress::OfSocket(socket.number());
  EXPECT_EQ(bound.ToAddress(SOCK_DGRAM).host, "127.0.0.1");
  EXPECT_GT(bound.port(), 0);
}

TEST(SocketAddressTest, SaysWhatIsWrong) {
  EXPECT_THAT(std::string(SocketAddress::Resolve(Parse("udp://no.such.host.invalid:1")).status().message()),
              HasSubstr("udp://no.such.host.invalid:1: cannot resolve the host"));
  const Address too_long = {.kind = Address::Kind::kUnixStream, .path = "/" + std::string(108, 'x')};
  EXPECT_THAT(std::string(SocketAddress::Resolve(too_long).status().message()),
              HasSubstr("has 1 to 107 bytes, this one 109; choose a shorter one"));
}

}  // namespace
}  // namespace tributary
