#include "common/net/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tributary {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using Kind = Address::Kind;

struct GoodCase {
  const char* text;
  Kind bare;
  Address address;
};

TEST(AddressTest, AddressesAreReadAsWritten) {
  const GoodCase cases[] = {
      {"localhost:8125", Kind::kUdp, {.kind = Kind::kUdp, .host = "localhost", .port = 8125}},
      {"localhost:8125", Kind::kTcp, {.kind = Kind::kTcp, .host = "localhost", .port = 8125}},
      {"10.0.0.1:0", Kind::kTcp, {.kind = Kind::kTcp, .host = "10.0.0.1", .port = 0}},
      {":8125", Kind::kUdp, {.kind = Kind::kUdp, .port = 8125}},
      {"[::1]:8125", Kind::kUdp, {.kind = Kind::kUdp, .host = "::1", .port = 8125}},
      {"udp://[::]:1", Kind::kTcp, {.kind = Kind::kUdp, .host = "::", .port = 1}},
      {"tcp://a-b_c.example:65535", Kind::kUdp, {.kind = Kind::kTcp, .host = "a-b_c.example", .port = 65535}},
      {"unix:///run/t.sock", Kind::kTcp, {.kind = Kind::kUnixStream, .path = "/run/t.sock"}},
      {"unix:///run/t.sock", Kind::kUdp, {.kind = Kind::kUnixDatagram, .path = "/run/t.sock"}},
      {"unixstream:///run/t.sock", Kind::kUdp, {.kind = Kind::kUnixStream, .path = "/run/t.sock"}},
      {"unixgram:///run/t.sock", Kind::kTcp, {.kind = Kind::kUnixDatagram, .path = "/run/t.sock"}},
  };
  for (const GoodCase& c : cases) {
    const auto address = ParseAddress(c.text, c.bare);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(*address, c.address) << c.text;
  }
}

TEST(AddressTest, WhatIsShownIsReadBack) {
  for (const char* text : {"udp://[::1]:8125", "tcp://host:1", "tcp://:9", "unixgram:///a", "unixstream:///a"}) {
    const auto address = ParseAddress(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->ToString(), text);
    EXPECT_EQ(*ParseAddress(address->ToString()), *address);
  }
}

struct BadCase {
  std::string text;
  const char* why;
};

TEST(AddressTest, WrongAddressesAreRefusedWithTheReason) {
  const BadCase cases[] = {
      {"", "expected host:port"},
      {"localhost", "expected host:port"},
      {"[::1]", "expected host:port"},
      {"[:1", "expected host:port"},
      {"::1:8125", "an IPv6 address goes in brackets"},
      {"[localhost]:1", "what is in brackets is not an IPv6 address"},
      {"[]:1", "what is in brackets is not an IPv6 address"},
      {"a b:1", "not a host name"},
      {"http://host:1", "unknown scheme"},
      {"://host:1", "unknown scheme"},
      {"host:", "the port must be a number up to 65535"},
      {"host:http", "the port must be a number up to 65535"},
      {"host:-1", "the port must be a number up to 65535"},
      {"host:+1", "the port must be a number up to 65535"},
      {"host:65536", "the port must be a number up to 65535"},
      {"host:99999999999999999999", "the port must be a number up to 65535"},
      {std::string(254, 'a') + ":1", "the host name is too long"},
      {"unix://run/t.sock", "the path must be absolute"},
      {"unix://", "the path must be absolute"},
      {"unix:///" + std::string(107, 'a'), "the path is longer than 107 bytes"},
      {std::string("unix:///a\0b", 11), "a zero byte in the path"},
  };
  for (const BadCase& c : cases) {
    const auto address = ParseAddress(c.text);
    EXPECT_THAT(std::string(address.status().message()), AllOf(HasSubstr("address \""), HasSubstr(c.why))) << c.text;
  }
}

}  // namespace
}  // namespace tributary
