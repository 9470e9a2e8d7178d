#include "common/sink/labels.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(LabelsTest, BareTagIsTrue) {
  EXPECT_THAT(PrometheusLabels({"canary"}), ElementsAre(Pair("canary", "true")));
  EXPECT_THAT(JoinedTags({"canary"}), ElementsAre(Pair("canary", "true")));
}

TEST(LabelsTest, ValuesOfARepeatedKeyAreJoined) {
  EXPECT_THAT(PrometheusLabels({"role:db", "role:web"}), ElementsAre(Pair("role", "db,web")));
  EXPECT_THAT(JoinedTags({"role:db", "role:web"}), ElementsAre(Pair("role", "db,web")));
}

TEST(LabelsTest, KeysThatMapToOneNameAreJoined) {
  EXPECT_THAT(PrometheusLabels({"a-b:1", "a.b:2"}), ElementsAre(Pair("a_b", "1,2")));
}

TEST(LabelsTest, ValueKeepsItsColons) {
  EXPECT_THAT(PrometheusLabels({"url:http://x:80"}), ElementsAre(Pair("url", "http://x:80")));
}

TEST(LabelsTest, EmptyValueIsNoPrometheusLabel) {
  EXPECT_THAT(PrometheusLabels({"env:"}), IsEmpty());
  EXPECT_THAT(JoinedTags({"env:"}), ElementsAre(Pair("env", "")));
}

TEST(LabelsTest, NamesWithAMeaningAreMovedAside) {
  EXPECT_THAT(PrometheusLabels({"__name__:x", "quantile:0.5", "tributary_late:1", "tributary_partial:1"}),
              ElementsAre(Pair("exported___name__", "x"), Pair("exported_quantile", "0.5"),
                          Pair("exported_tributary_late", "1"), Pair("exported_tributary_partial", "1")));
}

TEST(LabelsTest, AreSortedByTheirMappedNames) {
  EXPECT_THAT(PrometheusLabels({"a.z:1", "a1:2", "aZ:3"}),
              ElementsAre(Pair("a1", "2"), Pair("aZ", "3"), Pair("a_z", "1")));
}

TEST(LabelsTest, FurtherOnesYieldToTags) {
  EXPECT_THAT(PrometheusLabels({"env:prod"}, {{"env", "dev"}, {"re.gion", "eu"}}),
              ElementsAre(Pair("env", "prod"), Pair("re_gion", "eu")));
}

TEST(LabelsTest, SetLabelReplacesOrInsertsInOrder) {
  Labels labels = {{"a", "1"}, {"c", "3"}};
  SetLabel(labels, "b", "2");
  SetLabel(labels, "c", "4");
  EXPECT_THAT(labels, ElementsAre(Pair("a", "1"), Pair("b", "2"), Pair("c", "4")));
}

}  // namespace
}  // namespace tributary
