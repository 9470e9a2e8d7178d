#include "local/forward/proxy_list.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using testing::ElementsAre;

constexpr int kHosts = 3000;

std::string FirstOf(const std::vector<std::string>& proxies, int host) {
  return PreferredFirst(proxies, absl::StrCat("host-", host)).front();
}

TEST(PreferredFirstTest, HostsSpreadEvenly) {
  std::map<std::string, int> hosts;
  for (int host = 0; host < kHosts; ++host) ++hosts[FirstOf({"a:1", "b:1", "c:1"}, host)];
  // Binomial with mean 1000 and deviation 26.
  for (const auto& [proxy, count] : hosts) EXPECT_NEAR(count, kHosts / 3, 130) << proxy;
}

TEST(PreferredFirstTest, AProxyThatIsAddedTakesHostsToItselfOnly) {
  int moved = 0;
  for (int host = 0; host < kHosts; ++host) {
    const std::string before = FirstOf({"a:1", "b:1", "c:1"}, host);
    const std::string after = FirstOf({"d:1", "c:1", "b:1", "a:1"}, host);
    if (before == after) continue;
    EXPECT_EQ(after, "d:1");
    ++moved;
  }
  // Mean 750, deviation 24.
  EXPECT_NEAR(moved, kHosts / 4, 120);
}

// Tells what it is given, at once.
class FixedSource : public MemberSource {
 public:
  FixedSource(const MemberList& list, const OnMembers& on_members) { on_members(list); }
  void Reload() override {}
};

TEST(ProxyListTest, TellsTheAddressesThatASourceFindsEachOnce) {
  std::vector<std::string> told;
  const MemberList found = {
      .members = {{.id = "x", .address = "b:1"}, {.id = "y", .address = "a:1"}, {.id = "z", .address = "b:1"}},
      .others = {{.id = "w", .address = "c:1"}}};
  const ProxyList list(
      [&](MemberSource::OnMembers on_members) { return std::make_unique<FixedSource>(found, on_members); },
      [&](std::vector<std::string> addresses) { told = std::move(addresses); });
  EXPECT_THAT(told, ElementsAre("a:1", "b:1"));
}

}  // namespace
}  // namespace tributary
