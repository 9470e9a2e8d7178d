#include "common/discovery/endpoint_slices.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Shown(const std::vector<Member>& members) {
  std::vector<std::string> shown;
  for (const Member& member : members) shown.push_back(absl::StrCat(member.id, "=", member.address));
  return shown;
}

// As the API server writes them (Kubernetes 1.29), shortened.
std::string Endpoint(absl::string_view pod, absl::string_view ip, absl::string_view conditions) {
  return absl::StrCat(R"({"addresses":[")", ip, R"("],"conditions":{)", conditions,
                      R"(},"targetRef":{"kind":"Pod","name":")", pod, R"("}})");
}
constexpr char kReady[] = R"("ready":true,"serving":true,"terminating":false)";
constexpr char kStarting[] = R"("ready":false,"serving":false,"terminating":false)";
constexpr char kStopping[] = R"("ready":false,"serving":true,"terminating":true)";

std::string Slice(absl::string_view name, int version, absl::string_view endpoints) {
  return absl::StrCat(R"({"metadata":{"name":")", name, R"(","resourceVersion":")", version,
                      R"("},"addressType":"IPv4","ports":[{"name":"http","port":8130},{"name":"grpc","port":8129}],)",
                      R"("endpoints":[)", endpoints, "]}");
}
std::string List(int version, absl::string_view slices) {
  return absl::StrCat(R"({"kind":"EndpointSliceList","metadata":{"resourceVersion":")", version, R"("},"items":[)",
                      slices, "]}");
}
std::string Event(absl::string_view type, absl::string_view object) {
  return absl::StrCat(R"({"type":")", type, R"(","object":)", object, "}");
}

class EndpointSlicesTest : public testing::Test {
 protected:
  EndpointSlices slices_{"grpc"};
};

TEST_F(EndpointSlicesTest, ReadyPodsAreMembersAndTheOthersAreWithinReach) {
  ASSERT_TRUE(slices_
                  .Replace(List(7, Slice("a", 1,
                                         Endpoint("global-1", "10.0.0.2", kStarting) + "," +
                                             Endpoint("global-0", "10.0.0.1", kReady) + "," +
                                             Endpoint("global-2", "10.0.0.3", kStopping))))
                  .ok());
  EXPECT_THAT(Shown(slices_.members().members), ElementsAre("global-0=10.0.0.1:8129"));
  EXPECT_THAT(Shown(slices_.members().others), ElementsAre("global-1=10.0.0.2:8129", "global-2=10.0.0.3:8129"));
  EXPECT_EQ(slices_.resource_version(), "7");
}

TEST_F(EndpointSlicesTest, ConditionsThatAreNotToldMeanReady) {
  ASSERT_TRUE(slices_.Replace(List(1, Slice("a", 1, Endpoint("global-0", "10.0.0.1", "")))).ok());
  EXPECT_THAT(Shown(slices_.members().members), ElementsAre("global-0=10.0.0.1:8129"));
}

TEST_F(EndpointSlicesTest, AReadyPodThatTerminatesIsNoMember) {
  // So with publishNotReadyAddresses.
  const std::string both = R"("ready":true,"serving":true,"terminating":true)";
  ASSERT_TRUE(slices_.Replace(List(1, Slice("a", 1, Endpoint("global-0", "10.0.0.1", both)))).ok());
  EXPECT_THAT(slices_.members().members, IsEmpty());
  EXPECT_THAT(Shown(slices_.members().others), ElementsAre("global-0=10.0.0.1:8129"));
}

TEST_F(EndpointSlicesTest, SlicesOfAServiceAddUpAndAPodCountsOnce) {
  ASSERT_TRUE(slices_
                  .Replace(List(1, Slice("a", 1, Endpoint("global-0", "10.0.0.1", kStarting)) + "," +
                                       Slice("b", 1, Endpoint("global-0", "10.0.0.1", kReady)) + "," +
                                       Slice("c", 1, Endpoint("global-1", "10.0.0.2", kReady))))
                  .ok());
  EXPECT_THAT(Shown(slices_.members().members), ElementsAre("global-0=10.0.0.1:8129", "global-1=10.0.0.2:8129"));
  EXPECT_THAT(slices_.members().others, IsEmpty());
}

TEST_F(EndpointSlicesTest, EventsChangeTheirSliceOnly) {
  ASSERT_TRUE(slices_
                  .Replace(List(1, Slice("a", 1, Endpoint("global-0", "10.0.0.1", kReady)) + "," +
                                       Slice("b", 1, Endpoint("global-1", "10.0.0.2", kReady))))
                  .ok());
  ASSERT_TRUE(slices_.Apply(Event("ADDED", Slice("c", 2, Endpoint("global-2", "10.0.0.3", kReady)))).ok());
  ASSERT_TRUE(slices_.Apply(Event("MODIFIED", Slice("a", 3, Endpoint("global-0", "10.0.0.9", kReady)))).ok());
  ASSERT_TRUE(slices_.Apply(Event("DELETED", Slice("b", 4, ""))).ok());
  EXPECT_THAT(Shown(slices_.members().members), ElementsAre("global-0=10.0.0.9:8129", "global-2=10.0.0.3:8129"));
  EXPECT_EQ(slices_.resource_version(), "4");
}

TEST_F(EndpointSlicesTest, ABookmarkMovesTheVersionAlone) {
  ASSERT_TRUE(slices_.Replace(List(1, Slice("a", 1, Endpoint("global-0", "10.0.0.1", kReady)))).ok());
  ASSERT_TRUE(slices_.Apply(Event("BOOKMARK", R"({"metadata":{"resourceVersion":"99"}})")).ok());
  EXPECT_EQ(slices_.resource_version(), "99");
  EXPECT_THAT(slices_.members().members, testing::SizeIs(1));
}

TEST_F(EndpointSlicesTest, AForgottenVersionIsToldApartFromOtherErrors) {
  const absl::Status gone = slices_.Apply(Event("ERROR", R"({"code":410,"message":"too old resource version"})"));
  EXPECT_TRUE(absl::IsOutOfRange(gone));
  EXPECT_THAT(std::string(gone.message()), testing::HasSubstr("too old resource version"));
  EXPECT_TRUE(absl::IsUnavailable(slices_.Apply(Event("ERROR", R"({"code":500})"))));
}

TEST_F(EndpointSlicesTest, PortsAreFoundByNumberTooAndSlicesWithoutThePortAreEmpty) {
  EndpointSlices by_number("9000");
  EndpointSlices by_wrong_name("ssh");
  const std::string list = List(1, Slice("a", 1, Endpoint("global-0", "fd00::1", kReady)));
  ASSERT_TRUE(by_number.Replace(list).ok());
  EXPECT_THAT(Shown(by_number.members().members), ElementsAre("global-0=[fd00::1]:9000"));
  ASSERT_TRUE(by_wrong_name.Replace(list).ok());
  EXPECT_EQ(by_wrong_name.members(), MemberList());
}

TEST_F(EndpointSlicesTest, WhatHasNoPodIsKnownByHostnameOrAddress) {
  const std::string endpoints = R"({"addresses":["10.0.0.1"],"hostname":"global-0"},{"addresses":["10.0.0.2"]})";
  ASSERT_TRUE(slices_.Replace(List(1, Slice("a", 1, endpoints))).ok());
  EXPECT_THAT(Shown(slices_.members().members), ElementsAre("10.0.0.2=10.0.0.2:8129", "global-0=10.0.0.1:8129"));
}

TEST_F(EndpointSlicesTest, NonsenseIsRefusedAndChangesNothing) {
  ASSERT_TRUE(slices_.Replace(List(5, Slice("a", 1, Endpoint("global-0", "10.0.0.1", kReady)))).ok());
  for (const char* text : {"", "{", "[]", "7", "null", R"({"metadata":7,"items":{}})", R"({"metadata":{}})",
                           R"({"metadata":{"resourceVersion":"6"},"items":"x"})"}) {
    EXPECT_FALSE(slices_.Replace(text).ok()) << text;
    EXPECT_FALSE(slices_.Apply(text).ok()) << text;
  }
  EXPECT_THAT(slices_.members().members, testing::SizeIs(1));
  EXPECT_EQ(slices_.resource_version(), "5");
}

TEST_F(EndpointSlicesTest, EndpointsOfOtherShapesAreLeftOut) {
  for (const char* endpoints : {"7", "null", R"({"addresses":"x"})", R"({"addresses":[]})", R"({"addresses":[7]})",
                                R"({"conditions":[],"targetRef":"x"})"}) {
    ASSERT_TRUE(slices_.Replace(List(1, Slice("a", 1, endpoints))).ok()) << endpoints;
    EXPECT_EQ(slices_.members(), MemberList()) << endpoints;
  }
}

}  // namespace
}  // namespace tributary
