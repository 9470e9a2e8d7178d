#include "cli/emit_target.h"

#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

std::string TargetOf(const std::string& asked, const std::map<std::string, std::string>& environment = {}) {
  const absl::StatusOr<Address> address = EmitTarget(asked, [&environment](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
  return address.ok() ? address->ToString() : std::string(address.status().message());
}

TEST(EmitTargetTest, IsThisMachinesAgentWhenNothingIsSaid) { EXPECT_EQ(TargetOf(""), "udp://127.0.0.1:8125"); }

TEST(EmitTargetTest, TakesEveryTransportAndAddsThePort) {
  EXPECT_EQ(TargetOf("web-1"), "udp://web-1:8125");
  EXPECT_EQ(TargetOf("tcp://web-1:9"), "tcp://web-1:9");
  EXPECT_EQ(TargetOf("udp://[::1]"), "udp://[::1]:8125");
  EXPECT_EQ(TargetOf("unix:///run/a.sock"), "unixgram:///run/a.sock");
  EXPECT_EQ(TargetOf("unixstream:///run/a.sock"), "unixstream:///run/a.sock");
}

TEST(EmitTargetTest, ReadsTheEnvironmentInItsOrder) {
  std::map<std::string, std::string> environment = {{"DD_AGENT_HOST", "::1"}, {"DD_DOGSTATSD_PORT", "9125"}};
  EXPECT_EQ(TargetOf("", environment), "udp://[::1]:9125");
  environment["DD_DOGSTATSD_SOCKET"] = "/run/dd.sock";
  EXPECT_EQ(TargetOf("", environment), "unixgram:///run/dd.sock");
  environment["DD_DOGSTATSD_URL"] = "unixstream:///run/url.sock";
  EXPECT_EQ(TargetOf("", environment), "unixstream:///run/url.sock");
  environment["TRIBUTARY_AGENT"] = "tcp://agent:1";
  EXPECT_EQ(TargetOf("", environment), "tcp://agent:1");
  EXPECT_EQ(TargetOf("udp://asked:2", environment), "udp://asked:2");
}

TEST(EmitTargetTest, SaysWhichWordIsWrong) {
  EXPECT_THAT(TargetOf("", {{"DD_DOGSTATSD_URL", "foo://x:1"}}), HasSubstr("DD_DOGSTATSD_URL: "));
  EXPECT_THAT(TargetOf("udp://x:port"), HasSubstr("--to: "));
}

}  // namespace
}  // namespace tributary
