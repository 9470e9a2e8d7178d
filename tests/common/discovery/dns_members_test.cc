#include "common/discovery/dns_members.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using testing::ElementsAre;

std::vector<std::string> Ids(const std::optional<std::vector<Member>>& members) {
  std::vector<std::string> ids;
  if (members.has_value()) {
    for (const Member& member : *members) ids.push_back(member.id);
  }
  return ids;
}

Endpoint At(const std::string& name, const std::string& ip) { return {.name = name, .ip = ip, .port = 8129}; }

TEST(DnsMembersTest, IdsOfServicesAreFirstLabels) {
  DnsMembers members(/*by_name=*/true);
  const auto found =
      members.Observe(std::vector{At("global-0.globals.ns", "10.0.0.1"), At("global-1.globals.ns", "10.0.0.2")});
  EXPECT_THAT(Ids(found), ElementsAre("global-0", "global-1"));
  EXPECT_EQ(found->front().address, "10.0.0.1:8129");
}

TEST(DnsMembersTest, AnIdStaysWhenItsAddressChanges) {
  DnsMembers members(/*by_name=*/true);
  (void)members.Observe(std::vector{At("global-0.ns", "10.0.0.1")});
  const auto found = members.Observe(std::vector{At("global-0.ns", "10.0.0.9")});
  EXPECT_THAT(Ids(found), ElementsAre("global-0"));
  EXPECT_EQ(found->front().address, "10.0.0.9:8129");
}

TEST(DnsMembersTest, NamesThatShareAFirstLabelAreToldApartByTheWholeName) {
  DnsMembers members(/*by_name=*/true);
  EXPECT_THAT(Ids(members.Observe(std::vector{At("global.eu", "10.0.0.1"), At("global.us", "10.0.0.2")})),
              ElementsAre("global.eu", "global.us"));
}

TEST(DnsMembersTest, IdsOfHostsAreAddresses) {
  DnsMembers members(/*by_name=*/false);
  const auto found = members.Observe(std::vector{At("globals", "10.0.0.1"), At("globals", "fd00::1")});
  EXPECT_THAT(Ids(found), ElementsAre("10.0.0.1", "fd00::1"));
  EXPECT_EQ(found->back().address, "[fd00::1]:8129");
}

TEST(DnsMembersTest, WeightsAreRelativeToTheAnswersMean) {
  DnsMembers members(/*by_name=*/true);
  std::vector<Endpoint> answer = {At("a.x", "10.0.0.1"), At("b.x", "10.0.0.2"), At("c.x", "10.0.0.3")};
  for (Endpoint& endpoint : answer) endpoint.weight = 33;
  const std::vector<Member> even = *members.Observe(answer);
  for (const Member& member : even) EXPECT_EQ(member.weight, 1) << member.id;
  answer[0].weight = 66;
  answer[1].weight = 0;
  const std::vector<Member> uneven = *members.Observe(answer);
  EXPECT_EQ(uneven[0].weight, 2);
  EXPECT_EQ(uneven[1].weight, kMinMemberWeight);
  EXPECT_EQ(uneven[2].weight, 1);
}

TEST(DnsMembersTest, AnEmptyOrFailedAnswerChangesNothing) {
  DnsMembers members(/*by_name=*/false);
  (void)members.Observe(std::vector{At("globals", "10.0.0.1")});
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(members.Observe(std::vector<Endpoint>()), std::nullopt);
    EXPECT_EQ(members.Observe(absl::UnavailableError("no answer")), std::nullopt);
  }
  EXPECT_THAT(Ids(members.Observe(std::vector{At("globals", "10.0.0.2")})), ElementsAre("10.0.0.1", "10.0.0.2"));
}

TEST(DnsMembersTest, AMemberLeavesAfterThreeAbsencesInARow) {
  DnsMembers members(/*by_name=*/false);
  const std::vector both = {At("globals", "10.0.0.1"), At("globals", "10.0.0.2")};
  const std::vector one = {At("globals", "10.0.0.1")};
  (void)members.Observe(both);
  EXPECT_THAT(Ids(members.Observe(one)), ElementsAre("10.0.0.1", "10.0.0.2"));
  EXPECT_THAT(Ids(members.Observe(one)), ElementsAre("10.0.0.1", "10.0.0.2"));
  (void)members.Observe(both);
  (void)members.Observe(one);
  EXPECT_THAT(Ids(members.Observe(one)), ElementsAre("10.0.0.1", "10.0.0.2"));
  EXPECT_THAT(Ids(members.Observe(one)), ElementsAre("10.0.0.1"));
}

}  // namespace
}  // namespace tributary
