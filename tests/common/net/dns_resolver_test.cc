#include "common/net/dns_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// An answer to SRV _grpc._tcp.g.example as a name server would send it (RFC 1035 section 4.1): g-1.g.example:8128 and
// g-0.g.example:8129, their names shortened by pointers, and an A record among them.
std::string Answer() {
  return absl::HexStringToBytes(
      absl::StrCat("0001"
                   "8180"
                   "0001"
                   "0003"
                   "0000"
                   "0000",  // id, flags, 1 question, 3 answers
                   "055f67727063"
                   "045f746370"
                   "0167"
                   "076578616d706c65"
                   "00"
                   "0021"
                   "0001",  // at 12; g.example is at 23
                   "c00c"
                   "0021"
                   "0001"
                   "0000001e"
                   "000d"
                   "0000"
                   "0000"
                   "1fc0"
                   "03672d31"
                   "c017"
                   "00",
                   "c017"
                   "0001"
                   "0001"
                   "0000001e"
                   "0004"
                   "0a000001",
                   "c00c"
                   "0021"
                   "0001"
                   "0000001e"
                   "000d"
                   "0000"
                   "0007"
                   "1fc1"
                   "03672d30"
                   "c017"
                   "00"));
}

TEST(DnsResolverTest, SrvRecordsAreReadFromTheWire) {
  const auto targets = ParseSrvAnswer(Answer());
  ASSERT_TRUE(targets.ok()) << targets.status();
  EXPECT_THAT(*targets, ElementsAre(SrvTarget{.host = "g-1.g.example", .port = 8128},
                                    SrvTarget{.host = "g-0.g.example", .port = 8129, .weight = 7}));
}

TEST(DnsResolverTest, CutAnswersAreRefused) {
  const std::string answer = Answer();
  for (size_t size = 0; size < answer.size(); ++size) {
    EXPECT_FALSE(ParseSrvAnswer(absl::string_view(answer).substr(0, size)).ok()) << size;
  }
}

TEST(DnsResolverTest, SpoiltAnswersDoNoHarm) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::string answer = Answer();
    for (int i = 0; i < 3; ++i) answer[random() % answer.size()] = static_cast<char>(random());
    const auto targets = ParseSrvAnswer(answer);
    if (!targets.ok()) continue;
    EXPECT_LE(targets->size(), 3u);
    for (const SrvTarget& target : *targets) EXPECT_LE(target.host.size(), 1024u);
  }
}

TEST(DnsResolverTest, IpAddressesResolveToThemselves) {
  SystemDnsResolver resolver;
  const auto v4 = resolver.Resolve("127.0.0.1", 80);
  ASSERT_TRUE(v4.ok()) << v4.status();
  EXPECT_THAT(*v4, ElementsAre(Endpoint{.name = "127.0.0.1", .ip = "127.0.0.1", .port = 80}));
  const auto v6 = resolver.Resolve("::1", 80);
  ASSERT_TRUE(v6.ok()) << v6.status();
  EXPECT_THAT(*v6, ElementsAre(Endpoint{.name = "::1", .ip = "::1", .port = 80}));
}

TEST(DnsResolverTest, FailuresNameTheHost) {
  SystemDnsResolver resolver;
  const std::string host(300, 'a');  // longer than a name may be, so nobody is asked
  EXPECT_THAT(std::string(resolver.Resolve(host, 80).status().message()),
              HasSubstr(absl::StrCat("resolve ", host, ": ")));
}

}  // namespace
}  // namespace tributary
