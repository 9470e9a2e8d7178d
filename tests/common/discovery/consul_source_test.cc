#include "common/discovery/consul_source.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

// As Consul 1.17 writes them, shortened.
std::string Instance(absl::string_view id, absl::string_view address, absl::string_view port,
                     absl::string_view weights) {
  return absl::StrCat(R"({"Node":{"Node":"n1","Address":"10.0.0.9"},"Service":{"ID":")", id,
                      R"(","Service":"tributary-global","Address":")", address, R"(","Port":)", port, weights, "}}");
}

TEST(ConsulHealthTest, InstancesAreMembersByTheirServiceId) {
  const auto list =
      ParseConsulHealth("[" + Instance("global-1", "", "8129", R"(,"Weights":{"Passing":1,"Warning":1})") + "," +
                        Instance("global-0", "fd00::1", "9000", R"(,"Weights":{"Passing":3,"Warning":1})") + "]");
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->members, (std::vector<Member>{{.id = "global-0", .address = "[fd00::1]:9000", .weight = 3},
                                                {.id = "global-1", .address = "10.0.0.9:8129", .weight = 1}}));
}

TEST(ConsulHealthTest, WeightsStayInRange) {
  const auto list = ParseConsulHealth("[" + Instance("a", "h", "1", R"(,"Weights":{"Passing":0})") + "," +
                                      Instance("b", "h", "1", R"(,"Weights":{"Passing":65535})") + "]");
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->members[0].weight, kMinMemberWeight);
  EXPECT_EQ(list->members[1].weight, kMaxMemberWeight);
}

TEST(ConsulHealthTest, InstancesThatCannotBeReachedAreLeftOut) {
  const auto list =
      ParseConsulHealth("[" + Instance("", "h", "1", "") + "," + Instance("a", "h", "0", "") + "," +
                        Instance("b", "h", "65536", "") + "," + Instance("c", "h", "\"x\"", "") + R"(,7,null,{}])");
  ASSERT_TRUE(list.ok());
  EXPECT_THAT(list->members, testing::IsEmpty());
}

TEST(ConsulHealthTest, NonsenseIsRefused) {
  for (const char* text : {"", "{", "{}", "7", "null"}) EXPECT_FALSE(ParseConsulHealth(text).ok()) << text;
}

TEST(ConsulIndexTest, GoesForwardsOrBeginsAnew) {
  EXPECT_EQ(NextConsulIndex(0, "17"), 17u);
  EXPECT_EQ(NextConsulIndex(17, "17"), 17u);
  EXPECT_EQ(NextConsulIndex(17, "21"), 21u);
  EXPECT_EQ(NextConsulIndex(17, "16"), 0u);
  for (const char* header : {"", "0", "-1", "x", "99999999999999999999999"}) EXPECT_EQ(NextConsulIndex(17, header), 0u);
}

}  // namespace
}  // namespace tributary
