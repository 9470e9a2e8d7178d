#include "global/store/series_catalog.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SharedSeriesKey Key(std::string name, std::vector<std::string> tags) {
  SeriesKey key{std::move(name), std::move(tags), MetricType::kTimer};
  key.Canonicalise();
  return SharedSeriesKey(std::move(key));
}

class SeriesCatalogTest : public testing::Test {
 protected:
  SeriesCatalogTest() {
    catalog_.Intern(Key("a.b", {"env:prod"}), 10);
    catalog_.Intern(Key("a.b", {"env:prod"}), 20);
    catalog_.Intern(Key("c", {"host:x"}), 30);
    catalog_.Intern(Key("d", {"env:dev", "host:y"}), 40);
  }
  SeriesCatalog catalog_;
};

TEST_F(SeriesCatalogTest, LifetimeGrowsWithWhatIsWritten) {
  EXPECT_EQ(catalog_.LifetimeOf(1), (Lifetime{10, 20}));
  catalog_.Intern(Key("a.b", {"env:prod"}), 5);
  EXPECT_EQ(catalog_.LifetimeOf(1), (Lifetime{5, 20}));
  EXPECT_THAT(catalog_.Ids({21, 30}), ElementsAre(2));
}

TEST_F(SeriesCatalogTest, LabelsAreThoseOfSeriesOfTheTime) {
  EXPECT_THAT(catalog_.LabelNames({}, {0, 100}, 10).texts, ElementsAre("__name__", "env", "host"));
  EXPECT_THAT(catalog_.LabelNames({}, {0, 25}, 10).texts, ElementsAre("__name__", "env"));
  EXPECT_THAT(catalog_.LabelValues("env", {}, {0, 100}, 10).texts, ElementsAre("dev", "prod"));
  EXPECT_THAT(catalog_.LabelValues("env", {}, {30, 100}, 10).texts, ElementsAre("dev"));
  EXPECT_THAT(catalog_.LabelValues("__name__", {}, {0, 100}, 10).texts, ElementsAre("a_b", "c", "d"));
  EXPECT_THAT(catalog_.LabelValues("none", {}, {0, 100}, 10).texts, IsEmpty());
}

TEST_F(SeriesCatalogTest, LimitsAreKeptAndTold) {
  EXPECT_TRUE(catalog_.LabelNames({}, {0, 100}, 2).more);
  EXPECT_EQ(catalog_.LabelNames({}, {0, 100}, 2).texts.size(), 2u);
  EXPECT_FALSE(catalog_.LabelNames({}, {0, 100}, 3).more);
  EXPECT_TRUE(catalog_.FindByLabels({}, {0, 100}, 2).more);
  EXPECT_EQ(catalog_.FindByLabels({}, {0, 100}, 2).series.size(), 2u);
}

TEST_F(SeriesCatalogTest, ForgottenSeriesAreNowhere) {
  EXPECT_THAT(catalog_.ForgetBefore(35), ElementsAre(1, 2));
  EXPECT_EQ(catalog_.size(), 1u);
  EXPECT_THAT(catalog_.Names(), ElementsAre("d"));
  EXPECT_FALSE(catalog_.Find(1).has_value());
  EXPECT_FALSE(catalog_.IdOf(*Key("c", {"host:x"})).has_value());
  EXPECT_EQ(catalog_.FindByLabels({}, {0, 100}, 10).series.size(), 1u);
  EXPECT_EQ(catalog_.Intern(Key("c", {"host:x"}), 50).id, 4u);  // no id is given twice
}

}  // namespace
}  // namespace tributary
