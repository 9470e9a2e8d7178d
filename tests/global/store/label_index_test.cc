#include "global/store/label_index.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "common/sink/labels.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Op = LabelCondition::Op;

SeriesKey Key(std::string name, std::vector<std::string> tags) {
  SeriesKey key{std::move(name), std::move(tags), MetricType::kTimer};
  key.Canonicalise();
  return key;
}

LabelCondition Match(absl::string_view label, Op op, absl::string_view value) {
  auto condition = LabelCondition::Make(label, op, value);
  EXPECT_TRUE(condition.ok()) << condition.status();
  return *std::move(condition);
}

class LabelIndexTest : public testing::Test {
 protected:
  LabelIndexTest() {
    index_.Add(1, Key("api.latency", {"env:prod", "region:eu"}));
    index_.Add(2, Key("api.latency", {"env:prod", "region:us"}));
    index_.Add(3, Key("api.latency", {"env:dev"}));
    index_.Add(4, Key("api_latency", {"env:prod", "canary"}));
    index_.Add(7, Key("errors", {"env:prod", "region:eu"}));
  }
  LabelIndex::Postings Find(std::vector<LabelCondition> conditions) { return index_.Find(conditions); }
  LabelIndex index_;
};

TEST_F(LabelIndexTest, FindsByEqualityAndRegex) {
  EXPECT_THAT(Find({Match("env", Op::kEqual, "dev")}), ElementsAre(3));
  EXPECT_THAT(Find({Match("region", Op::kMatches, "eu|us")}), ElementsAre(1, 2, 7));
  EXPECT_THAT(Find({Match("region", Op::kMatches, "e")}), IsEmpty());  // anchored
  EXPECT_THAT(Find({Match("canary", Op::kEqual, "true")}), ElementsAre(4));
}

TEST_F(LabelIndexTest, AbsentLabelIsTheEmptyValue) {
  EXPECT_THAT(Find({Match("region", Op::kEqual, "")}), ElementsAre(3, 4));
  EXPECT_THAT(Find({Match("region", Op::kNotEqual, "eu")}), ElementsAre(2, 3, 4));
  EXPECT_THAT(Find({Match("region", Op::kNotEqual, "")}), ElementsAre(1, 2, 7));
  EXPECT_THAT(Find({Match("region", Op::kMatches, ".*")}), ElementsAre(1, 2, 3, 4, 7));
  EXPECT_THAT(Find({Match("region", Op::kNotMatches, ".+")}), ElementsAre(3, 4));
  EXPECT_THAT(Find({Match("nothing", Op::kNotEqual, "x")}), ElementsAre(1, 2, 3, 4, 7));
}

TEST_F(LabelIndexTest, NameIsFoundInBothSpellings) {
  EXPECT_THAT(Find({Match("__name__", Op::kEqual, "api_latency")}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Find({Match("__name__", Op::kEqual, "api.latency")}), ElementsAre(1, 2, 3));
  EXPECT_THAT(Find({Match("__name__", Op::kNotMatches, "api_.*")}), ElementsAre(7));
}

TEST_F(LabelIndexTest, RemovedSeriesLeaveNoEmptyLists) {
  const SeriesKey canary = Key("api_latency", {"env:prod", "canary"}), dev = Key("api.latency", {"env:dev"});
  index_.Remove({3, 4}, {&dev, &canary});
  EXPECT_THAT(Find({}), ElementsAre(1, 2, 7));
  EXPECT_FALSE(index_.labels().contains("canary"));
  EXPECT_FALSE(index_.labels().find("env")->second.contains("dev"));
}

TEST(LabelConditionTest, BadAndHugeExpressionsAreRefused) {
  EXPECT_FALSE(LabelCondition::Make("a", Op::kMatches, "(").ok());
  EXPECT_FALSE(LabelCondition::Make("a", Op::kMatches, std::string(2000, 'a')).ok());
  EXPECT_FALSE(LabelCondition::Make("a", Op::kMatches, "((a{100}){100}){100}").ok());
  EXPECT_TRUE(LabelCondition::Make("a", Op::kEqual, "(").ok());
}

// The oracle looks at every series.
TEST(LabelIndexRandomTest, FindsWhatLookingAtEverySeriesFinds) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  LabelIndex index;
  std::vector<SeriesKey> keys;
  for (KeyId id = 0; id < 300; ++id) {
    std::vector<std::string> tags;
    for (const char* label : {"a", "b", "c"}) {
      if (random() % 3 > 0) tags.push_back(absl::StrCat(label, ":", random() % 4));
    }
    keys.push_back(Key("m", tags));
    index.Add(id, keys.back());
  }
  for (int round = 0; round < 300; ++round) {
    std::vector<LabelCondition> conditions;
    for (size_t i = 0; i <= random() % 3; ++i) {
      const std::vector<std::string> values = {"", "0", "1", "2", "[01]", "[12]?", ".*", ".+", "9"};
      conditions.push_back(Match(std::vector<std::string>{"a", "b", "c", "d"}[random() % 4], Op(random() % 4),
                                 values[random() % values.size()]));
    }
    LabelIndex::Postings expected;
    for (KeyId id = 0; id < keys.size(); ++id) {
      const Labels labels = PrometheusLabels(keys[id].tags);
      const auto value_of = [&](const std::string& name) {
        for (const auto& [label, value] : labels) {
          if (label == name) return value;
        }
        return std::string();
      };
      bool holds = true;
      for (const LabelCondition& condition : conditions) holds &= condition.Holds(value_of(condition.label()));
      if (holds) expected.push_back(id);
    }
    EXPECT_EQ(index.Find(conditions), expected) << round;
  }
}

}  // namespace
}  // namespace tributary
