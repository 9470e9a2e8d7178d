#include "global/query/selection.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/wire/series.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/global/query/fake_row_reader.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using GroupLabels = std::map<std::string, std::string>;

// Everything one Selection handed out.
struct Selected {
  absl::Status status;
  std::vector<std::pair<GroupLabels, v1::SeriesAggregate>> groups;
  v1::Summary summary;
  int messages = 0;

  // The digest of the one group of these labels.
  TDigest Digest(const GroupLabels& labels) const {
    for (const auto& [group, merged] : groups) {
      if (group == labels) return std::get<DistributionAggregate>(AggregateFromProto(merged).value()).digest;
    }
    ADD_FAILURE() << "no such group";
    return TDigest();
  }
  std::vector<GroupLabels> Labels() const {
    std::vector<GroupLabels> labels;
    for (const auto& group : groups) labels.push_back(group.first);
    return labels;
  }
};

Selected Select(const RowReader& reader, const v1::SelectRequest& request, const SelectLimits& limits = {},
                bool cancelled = false) {
  Selected selected;
  Selection selection(reader, request, limits);
  selected.status = selection.Run([&] { return cancelled; },
                                  [&](const v1::SelectResponse& response) {
                                    ++selected.messages;
                                    for (const v1::Group& group : response.groups()) {
                                      GroupLabels labels;
                                      for (const auto& label : group.labels()) labels[label.name()] = label.value();
                                      selected.groups.emplace_back(labels, group.merged());
                                    }
                                    if (response.has_summary()) selected.summary = response.summary();
                                    return true;
                                  });
  return selected;
}

// Intervals of 10 s: interval i ends at (i + 1) * 10 s.
v1::SelectRequest Request(const std::string& name, int64_t from_s, int64_t to_s) {
  v1::SelectRequest request;
  request.set_name(name);
  request.set_from_unix_ms(from_s * 1000);
  request.set_to_unix_ms(to_s * 1000);
  return request;
}

v1::SelectRequest By(v1::SelectRequest request, const std::vector<std::string>& labels) {
  for (const std::string& label : labels) request.add_group_labels(label);
  return request;
}

TEST(SelectionTest, TakesIntervalsThatEndAfterFromAndAtTheLatestAtTo) {
  FakeRowReader reader;
  const KeyId id = reader.AddSeries("m", {});
  for (int i = 0; i < 6; ++i) reader.AddRow(id, i, {1.0 * i});  // ends at 10, 20, ... 60 s
  const Selected selected = Select(reader, Request("m", 20, 50));
  ASSERT_TRUE(selected.status.ok()) << selected.status;
  EXPECT_EQ(selected.summary.rows(), 3);
  EXPECT_EQ(selected.Digest({}).min(), 2);  // ended at 30 s
  EXPECT_EQ(selected.Digest({}).max(), 4);  // ended at 50 s
}

TEST(SelectionTest, MergesVersionsOfAnInterval) {
  FakeRowReader reader;
  const KeyId id = reader.AddSeries("m", {});
  reader.AddRow(id, 0, {1, 2}, 1);
  reader.AddRow(id, 0, {3}, 2);
  const Selected selected = Select(reader, Request("m", 0, 10));
  EXPECT_EQ(selected.Digest({}).count().ToDouble(), 3);
  EXPECT_EQ(selected.Digest({}).Quantile(1), 3);
}

TEST(SelectionTest, GroupsByLabelsOmittingEmptyOnes) {
  FakeRowReader reader;
  reader.AddRow(reader.AddSeries("m", {"region:eu", "host:a"}), 0, {1});
  reader.AddRow(reader.AddSeries("m", {"region:eu", "host:b"}), 0, {2});
  reader.AddRow(reader.AddSeries("m", {"region:us", "host:a"}), 0, {4});
  reader.AddRow(reader.AddSeries("m", {"canary"}), 0, {8});

  EXPECT_THAT(Select(reader, Request("m", 0, 10)).Labels(), ElementsAre(GroupLabels{}));
  const Selected by_region = Select(reader, By(Request("m", 0, 10), {"region"}));
  EXPECT_THAT(by_region.Labels(),
              ElementsAre(GroupLabels{}, GroupLabels{{"region", "eu"}}, GroupLabels{{"region", "us"}}));
  EXPECT_EQ(by_region.Digest({{"region", "eu"}}).sum().ToDouble(), 3);
  EXPECT_EQ(by_region.Digest({}).sum().ToDouble(), 8);
  EXPECT_THAT(Select(reader, By(Request("m", 0, 10), {"canary"})).Labels(),
              ElementsAre(GroupLabels{}, GroupLabels{{"canary", "true"}}));

  v1::SelectRequest without = By(Request("m", 0, 10), {"host"});
  without.set_without(true);
  EXPECT_THAT(
      Select(reader, without).Labels(),
      ElementsAre(GroupLabels{{"canary", "true"}}, GroupLabels{{"region", "eu"}}, GroupLabels{{"region", "us"}}));
  without.clear_group_labels();
  EXPECT_EQ(Select(reader, without).groups.size(), 4);
}

TEST(SelectionTest, SpellsGroupLabelsAsPrometheusDoes) {
  FakeRowReader reader;
  reader.AddRow(reader.AddSeries("m", {"data-center:x"}), 0, {1});
  EXPECT_THAT(Select(reader, By(Request("m", 0, 10), {"data-center"})).Labels(),
              ElementsAre(GroupLabels{{"data_center", "x"}}));
}

TEST(SelectionTest, ReadsOnlySeriesThatMatch) {
  FakeRowReader reader;
  reader.AddRow(reader.AddSeries("m", {"region:eu"}), 0, {1});
  reader.AddRow(reader.AddSeries("m", {"region:us"}), 0, {2});
  reader.AddRow(reader.AddSeries("other", {"region:eu"}), 0, {4});
  v1::SelectRequest request = Request("m", 0, 10);
  v1::Matcher& matcher = *request.add_matchers();
  matcher.set_label("region");
  matcher.set_op(v1::Matcher::OP_NOT_EQUAL);
  matcher.set_value("us");
  const Selected selected = Select(reader, request);
  EXPECT_EQ(selected.Digest({}).sum().ToDouble(), 1);
  EXPECT_EQ(selected.summary.series(), 1);
}

TEST(SelectionTest, FindsNamesInPrometheussSpellingAndSaysWhichItFound) {
  FakeRowReader reader;
  reader.AddRow(reader.AddSeries("api.latency", {}), 0, {1});
  reader.AddRow(reader.AddSeries("api_latency", {}), 0, {2});
  EXPECT_THAT(Select(reader, Request("api.latency", 0, 10)).summary.names(), ElementsAre("api.latency"));
  EXPECT_THAT(Select(reader, Request("api_latency", 0, 10)).summary.names(), ElementsAre("api.latency", "api_latency"));
  v1::SelectRequest exact = Request("api_latency", 0, 10);
  exact.set_exact_name(true);
  EXPECT_THAT(Select(reader, exact).summary.names(), ElementsAre("api_latency"));
}

TEST(SelectionTest, MergesSketchedTypesAndKeepsOthersApart) {
  FakeRowReader reader;
  reader.AddRow(reader.AddSeries("m", {}, MetricType::kTimer), 0, {1});
  reader.AddRow(reader.AddSeries("m", {}, MetricType::kHistogram), 0, {2});
  reader.AddRow(reader.AddSeries("m", {}, MetricType::kCounter), 0, {100});
  const Selected selected = Select(reader, Request("m", 0, 10));
  ASSERT_EQ(selected.groups.size(), 2);
  std::map<v1::MetricType, v1::SeriesAggregate> by_type;
  for (const auto& group : selected.groups) by_type[group.second.type()] = group.second;
  const auto counter = AggregateFromProto(by_type[v1::METRIC_TYPE_COUNTER]);
  const auto distribution = AggregateFromProto(by_type[v1::METRIC_TYPE_DISTRIBUTION]);
  ASSERT_TRUE(counter.ok() && distribution.ok());
  EXPECT_EQ(std::get<CounterAggregate>(*counter).total.ToDouble(), 100);
  EXPECT_EQ(std::get<DistributionAggregate>(*distribution).digest.count().ToDouble(), 2);
}

TEST(SelectionTest, SummarisesWhatItRead) {
  FakeRowReader reader;
  reader.set_sealed_through(4);
  const KeyId id = reader.AddSeries("m", {});
  reader.AddRow(id, 0, {1});
  Row& partial = reader.AddRow(id, 1, {1});
  partial.partial = true;
  partial.coverage = 0.75;
  reader.AddSeries("m", {"without:rows"});
  const v1::Summary summary = Select(reader, Request("m", 0, 100)).summary;
  EXPECT_EQ(summary.series(), 2);
  EXPECT_EQ(summary.rows(), 2);
  EXPECT_EQ(summary.partial_rows(), 1);
  EXPECT_EQ(summary.min_coverage(), 0.75);
  EXPECT_EQ(summary.resolution_ms(), 10'000);
  EXPECT_EQ(summary.sealed_through_unix_ms(), 50'000);
}

TEST(SelectionTest, AnswersWithASummaryWhenNothingMatches) {
  FakeRowReader reader;
  const Selected selected = Select(reader, Request("m", 0, 10));
  ASSERT_TRUE(selected.status.ok()) << selected.status;
  EXPECT_THAT(selected.groups, IsEmpty());
  EXPECT_EQ(selected.messages, 1);
  EXPECT_EQ(selected.summary.min_coverage(), 1);
}

TEST(SelectionTest, SendsManyGroupsInSeveralMessages) {
  FakeRowReader reader;
  std::vector<double> samples;
  for (int i = 0; i < 300; ++i) samples.push_back(std::sqrt(i));
  for (int i = 0; i < 2000; ++i) reader.AddRow(reader.AddSeries("m", {absl::StrCat("n:", i)}), 0, samples);
  const Selected selected = Select(reader, By(Request("m", 0, 10), {"n"}));
  EXPECT_EQ(selected.groups.size(), 2000);
  EXPECT_GT(selected.messages, 1);
  EXPECT_EQ(selected.summary.rows(), 2000);
}

TEST(SelectionTest, NamesTheLimitThatIsReached) {
  FakeRowReader reader;
  for (int i = 0; i < 3; ++i) {
    const KeyId id = reader.AddSeries("m", {absl::StrCat("n:", i)});
    for (int interval = 0; interval < 3; ++interval) reader.AddRow(id, interval, {1, 2, 3});
  }
  const v1::SelectRequest request = By(Request("m", 0, 100), {"n"});
  EXPECT_TRUE(Select(reader, request, {.max_series = 3, .max_rows = 9, .max_groups = 3}).status.ok());
  const std::pair<SelectLimits, std::string> table[] = {{{.max_series = 2}, "max_series = 2"},
                                                        {{.max_rows = 8}, "max_rows = 8"},
                                                        {{.max_groups = 2}, "max_groups = 2"},
                                                        {{.max_memory_bytes = 10}, "max_memory_bytes = 10"}};
  for (const auto& [limits, name] : table) {
    const Selected selected = Select(reader, request, limits);
    EXPECT_EQ(selected.status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(std::string(selected.status.message()), HasSubstr(name));
    EXPECT_EQ(selected.messages, 0);
  }
}

TEST(SelectionTest, ObeysTheSmallerOfItsOwnLimitAndTheClients) {
  FakeRowReader reader;
  for (int i = 0; i < 3; ++i) reader.AddRow(reader.AddSeries("m", {absl::StrCat("n:", i)}), 0, {1});
  v1::SelectRequest request = Request("m", 0, 10);
  request.set_max_series(2);
  EXPECT_THAT(std::string(Select(reader, request).status.message()), HasSubstr("max_series = 2"));
  request.set_max_series(1000);
  EXPECT_THAT(std::string(Select(reader, request, {.max_series = 1}).status.message()), HasSubstr("max_series = 1"));
}

TEST(SelectionTest, StopsWhenItIsCancelled) {
  FakeRowReader reader;
  reader.AddRow(reader.AddSeries("m", {}), 0, {1});
  const Selected selected = Select(reader, Request("m", 0, 10), {}, /*cancelled=*/true);
  EXPECT_EQ(selected.status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(selected.summary.rows(), 0);
}

TEST(SelectionTest, RefusesRequestsThatAskNothing) {
  FakeRowReader reader;
  EXPECT_EQ(Select(reader, Request("", 0, 10)).status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Select(reader, Request("m", 10, 10)).status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Select(reader, By(Request("m", 0, 10), std::vector<std::string>(33, "a"))).status.code(),
            absl::StatusCode::kInvalidArgument);
}

// Rank error against the raw values: 2 % of the distance to the tail, and one sample.
TEST(SelectionTest, GivesTheQuantilesOfTheRawValues) {
  constexpr uint64_t kSeed = 20260115;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  std::mt19937_64 random(kSeed);
  std::lognormal_distribution<double> latency(3, 0.6);
  FakeRowReader reader;
  std::map<std::string, std::vector<double>> raw;
  for (int host = 0; host < 20; ++host) {
    const std::string region = host % 3 == 0 ? "eu" : "us";
    const KeyId id = reader.AddSeries("m", {absl::StrCat("host:", host), absl::StrCat("region:", region)});
    for (int interval = 0; interval < 30; ++interval) {
      std::vector<double> samples;
      for (int i = 0; i < 200; ++i) samples.push_back(latency(random) * (region == "eu" ? 2 : 1));
      raw[region].insert(raw[region].end(), samples.begin(), samples.end());
      reader.AddRow(id, interval, samples);
    }
  }
  const Selected selected = Select(reader, By(Request("m", 0, 300), {"region"}));
  for (auto& [region, values] : raw) {
    std::sort(values.begin(), values.end());
    const TDigest digest = selected.Digest({{"region", region}});
    EXPECT_EQ(digest.count().ToDouble(), values.size());
    EXPECT_EQ(digest.min(), values.front());
    EXPECT_EQ(digest.max(), values.back());
    for (const double q : {0.5, 0.9, 0.99, 0.999}) {
      const auto below = std::lower_bound(values.begin(), values.end(), digest.Quantile(q)) - values.begin();
      EXPECT_NEAR(below, q * values.size(), 0.02 * (1 - q) * values.size() + 1) << region << " p" << 100 * q;
    }
  }
}

}  // namespace
}  // namespace tributary
