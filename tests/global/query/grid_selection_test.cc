#include "global/query/grid_selection.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "common/wire/series.h"
#include "global/query/label_listing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/global/query/fake_row_reader.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

using LabelMap = std::map<std::string, std::string>;

LabelMap MapOf(const google::protobuf::RepeatedPtrField<v1::Label>& labels) {
  LabelMap map;
  for (const v1::Label& label : labels) map[label.name()] = label.value();
  return map;
}

struct Answer {
  absl::Status status;
  std::vector<v1::GridSeries> series;
  v1::Summary summary;
  int messages = 0;

  const v1::GridSeries& Of(const LabelMap& labels) const {
    for (const v1::GridSeries& one : series) {
      if (MapOf(one.labels()) == labels) return one;
    }
    ADD_FAILURE() << "no such series";
    static const v1::GridSeries none;
    return none;
  }
};

// Seconds; intervals of ten, interval i ends at (i + 1) * 10.
v1::GridRequest Request(const std::string& name, v1::Fold fold, int start, int step, int count, int window) {
  v1::GridRequest request;
  v1::Matcher& matcher = *request.add_matchers();
  matcher.set_label("__name__");
  matcher.set_op(v1::Matcher::OP_EQUAL);
  matcher.set_value(name);
  request.set_fold(fold);
  request.set_start_unix_ms(start * 1000);
  request.set_step_ms(step * 1000);
  request.set_count(static_cast<uint32_t>(count));
  request.set_window_ms(window * 1000);
  return request;
}

v1::GridRequest By(v1::GridRequest request, const std::vector<std::string>& labels) {
  request.set_grouped(true);
  for (const std::string& label : labels) request.add_group_labels(label);
  return request;
}

Answer Ask(const RowReader& reader, const v1::GridRequest& request, const SelectLimits& limits = {},
           bool cancelled = false) {
  Answer answer;
  GridSelection selection(reader, request, limits);
  answer.status = selection.Run([&] { return cancelled; },
                                [&](const v1::GridResponse& response) {
                                  ++answer.messages;
                                  for (const v1::GridSeries& series : response.series())
                                    answer.series.push_back(series);
                                  if (response.has_summary()) answer.summary = response.summary();
                                  return true;
                                });
  return answer;
}

double CounterAt(const v1::GridSeries& series, int k) {
  return std::get<CounterAggregate>(*AggregateFromProto(series.merged(k))).total.ToDouble();
}
TDigest DigestAt(const v1::GridSeries& series, int k) {
  return std::get<DistributionAggregate>(*AggregateFromProto(series.merged(k))).digest;
}

class GridSelectionTest : public ::testing::Test {
 protected:
  GridSelectionTest() { reader_.set_sealed_through(1000); }
  FakeRowReader reader_;
};

TEST_F(GridSelectionTest, CountersAddUpInOverlappingWindows) {
  const KeyId id = reader_.AddSeries("hits", {"host:a"}, MetricType::kCounter);
  for (int i = 0; i < 12; ++i) reader_.AddRow(id, i, {1.0 * i});  // ends at 10, 20, ... 120 s
  const Answer answer = Ask(reader_, Request("hits", v1::FOLD_INCREASE, 60, 20, 4, 50));
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  const v1::GridSeries& series = answer.Of({{"__name__", "hits"}, {"host", "a"}});
  EXPECT_TRUE(series.folded());
  EXPECT_THAT(series.at(), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(CounterAt(series, 0), 1 + 2 + 3 + 4 + 5);    // (10, 60]
  EXPECT_EQ(CounterAt(series, 1), 3 + 4 + 5 + 6 + 7);    // (30, 80]
  EXPECT_EQ(CounterAt(series, 3), 7 + 8 + 9 + 10 + 11);  // (70, 120]
  EXPECT_EQ(answer.summary.rows(), 11);                  // each read once
}

TEST_F(GridSelectionTest, DistributionsOfAGroupMerge) {
  for (const char* host : {"host:a", "host:b"}) {
    const KeyId id = reader_.AddSeries("wait", {host, "region:eu"});
    for (int i = 0; i < 6; ++i) reader_.AddRow(id, i, {1.0 * i, 10.0 * i});
  }
  const Answer answer = Ask(reader_, By(Request("wait", v1::FOLD_INCREASE, 30, 30, 2, 30), {"region"}));
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  const v1::GridSeries& group = answer.Of({{"region", "eu"}});
  ASSERT_EQ(group.merged_size(), 2);
  EXPECT_EQ(DigestAt(group, 0).count().ToDouble(), 12);
  EXPECT_EQ(DigestAt(group, 0).max(), 20);
  EXPECT_EQ(DigestAt(group, 1).min(), 3);
  EXPECT_EQ(DigestAt(group, 1).max(), 50);
}

TEST_F(GridSelectionTest, WithoutLabelsLeavesTheOthersButNoName) {
  reader_.AddRow(reader_.AddSeries("wait", {"host:a", "region:eu"}), 0, {1});
  v1::GridRequest request = By(Request("wait", v1::FOLD_INCREASE, 10, 10, 1, 10), {"host"});
  request.set_without(true);
  EXPECT_EQ(Ask(reader_, request).Of({{"region", "eu"}}).merged_size(), 1);
}

TEST_F(GridSelectionTest, TheNewestRowWithinTheWindowCounts) {
  const KeyId id = reader_.AddSeries("depth", {}, MetricType::kGauge);
  reader_.AddRow(id, 0, {5, 3});
  reader_.AddRow(id, 1, {7});
  reader_.AddRow(id, 8, {9});
  const Answer answer = Ask(reader_, Request("depth", v1::FOLD_LAST, 10, 20, 6, 30));
  const v1::GridSeries& series = answer.Of({{"__name__", "depth"}});
  EXPECT_TRUE(series.folded());
  EXPECT_THAT(series.at(), ElementsAre(0, 1, 4, 5));  // at 10, 30, 90, 110 s; what ended at 20 s is gone at 50 s
  EXPECT_THAT(series.values(), ElementsAre(3, 7, 9, 9));
  EXPECT_THAT(series.unix_ms(), ElementsAre(10'000, 20'000, 90'000, 90'000));
}

TEST_F(GridSelectionTest, RowsComeAsTheyAreWhereThereIsNothingToMerge) {
  const KeyId id = reader_.AddSeries("hits", {}, MetricType::kCounter);
  reader_.AddRow(id, 0, {4});
  reader_.AddRow(id, 1, {1}, 1);
  reader_.AddRow(id, 1, {2}, 2);  // late
  const v1::GridSeries series = Ask(reader_, Request("hits", v1::FOLD_MAX, 20, 20, 1, 20)).Of({{"__name__", "hits"}});
  EXPECT_FALSE(series.folded());
  EXPECT_THAT(series.unix_ms(), ElementsAre(10'000, 20'000));
  EXPECT_THAT(series.values(), ElementsAre(4, 3));
}

TEST_F(GridSelectionTest, RowsOfPartOfTheFleetAreNamed) {
  const KeyId id = reader_.AddSeries("wait", {});
  reader_.AddRow(id, 0, {4});
  reader_.AddRow(id, 1, {1}).partial = true;
  reader_.AddRow(id, 2, {5});
  const v1::GridSeries series = Ask(reader_, Request("wait", v1::FOLD_RAW, 30, 30, 1, 30)).Of({{"__name__", "wait"}});
  EXPECT_THAT(series.unix_ms(), ElementsAre(10'000, 20'000, 30'000));
  EXPECT_THAT(series.partial(), ElementsAre(1));
}

// Rows of ten seconds, and of two minutes that are over.
class MinutesToo : public FakeRowReader {
 public:
  std::vector<absl::Duration> Resolutions() const override { return {absl::Seconds(10), absl::Minutes(1)}; }
  std::vector<KeptRows> Kept() const override {
    return {{absl::Seconds(10), absl::UnixEpoch(), absl::FromUnixSeconds(1000)},
            {absl::Minutes(1), absl::UnixEpoch(), absl::FromUnixSeconds(120)}};
  }
  absl::Status ReadRows(absl::Duration length, absl::Span<const KeyId> series, absl::Time from, absl::Time to,
                        Visit visit) const override {
    if (length == absl::Minutes(1)) return minutes.ReadRows(length, series, from, to, visit);
    return FakeRowReader::ReadRows(length, series, from, to, visit);
  }
  FakeRowReader minutes{absl::Minutes(1)};
};

TEST_F(GridSelectionTest, EveryLengthOfRowsThatWasReadIsTold) {
  MinutesToo reader;
  const KeyId id = reader.AddSeries("hits", {}, MetricType::kCounter);
  TRIBUTARY_CHECK(reader.minutes.AddSeries("hits", {}, MetricType::kCounter) == id);
  for (int i = 0; i < 15; ++i) reader.AddRow(id, i, {1});
  reader.minutes.AddRow(id, 1, {6});
  const Answer edges = Ask(reader, Request("hits", v1::FOLD_INCREASE, 150, 10, 1, 120));  // (30, 150] s
  EXPECT_THAT(edges.summary.resolutions_ms(), ElementsAre(10'000, 60'000));
  EXPECT_EQ(edges.summary.resolution_ms(), 60'000);
  EXPECT_EQ(edges.summary.rows(), 3 + 1 + 3);
  const Answer minute = Ask(reader, Request("hits", v1::FOLD_INCREASE, 120, 10, 1, 60));
  EXPECT_THAT(minute.summary.resolutions_ms(), ElementsAre(60'000));
}

TEST_F(GridSelectionTest, GaugesKeepTheirPeaks) {
  const KeyId id = reader_.AddSeries("depth", {}, MetricType::kGauge);
  reader_.AddRow(id, 0, {5, 90, 3});
  reader_.AddRow(id, 1, {7});
  const v1::GridSeries series = Ask(reader_, Request("depth", v1::FOLD_MAX, 20, 20, 1, 20)).Of({{"__name__", "depth"}});
  const auto gauge = std::get<GaugeAggregate>(*AggregateFromProto(series.merged(0)));
  EXPECT_EQ(gauge.max, 90);
  EXPECT_EQ(gauge.last, 7);
  EXPECT_EQ(gauge.count, 4u);
}

TEST_F(GridSelectionTest, NamesMatchAsPrometheusAndAsClientsSpellThem) {
  reader_.AddRow(reader_.AddSeries("api.latency", {}), 0, {1});
  for (const char* name : {"api.latency", "api_latency"}) {
    EXPECT_THAT(Ask(reader_, Request(name, v1::FOLD_INCREASE, 10, 10, 1, 10)).series.size(), 1) << name;
  }
}

TEST_F(GridSelectionTest, LimitsAreNamed) {
  for (int i = 0; i < 5; ++i) {
    const KeyId id = reader_.AddSeries("wait", {"host:" + std::to_string(i)});
    for (int k = 0; k < 10; ++k) reader_.AddRow(id, k, {1});
  }
  const v1::GridRequest request = Request("wait", v1::FOLD_INCREASE, 10, 10, 10, 60);
  EXPECT_THAT(std::string(Ask(reader_, request, {.max_series = 4}).status.message()), HasSubstr("max_series = 4"));
  EXPECT_THAT(std::string(Ask(reader_, request, {.max_rows = 20}).status.message()), HasSubstr("max_rows = 20"));
  EXPECT_THAT(std::string(Ask(reader_, request, {.max_memory_bytes = 10}).status.message()),
              HasSubstr("max_memory_bytes"));
  EXPECT_THAT(std::string(Ask(reader_, By(request, {"host"}), {.max_groups = 2}).status.message()),
              HasSubstr("max_groups = 2"));
  EXPECT_EQ(Ask(reader_, request, {}, true).status.code(), absl::StatusCode::kCancelled);
}

TEST_F(GridSelectionTest, RequestsThatMakeNoSenseAreRefused) {
  const auto error = [this](auto change) {
    v1::GridRequest request = Request("m", v1::FOLD_LAST, 10, 10, 1, 10);
    change(request);
    return Ask(reader_, request).status.code();
  };
  const auto invalid = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(error([](auto& request) { request.set_count(0); }), invalid);
  EXPECT_EQ(error([](auto& request) { request.set_count(11'001); }), invalid);
  EXPECT_EQ(error([](auto& request) { request.set_step_ms(0); }), invalid);
  EXPECT_EQ(error([](auto& request) { request.set_window_ms(-1); }), invalid);
  EXPECT_EQ(error([](auto& request) { request.set_start_unix_ms(INT64_MIN); }), invalid);
  EXPECT_EQ(error([](auto& request) { request.set_fold(v1::FOLD_UNSPECIFIED); }), invalid);
  EXPECT_EQ(error([](auto& request) { request.mutable_matchers(0)->set_op(v1::Matcher::OP_UNSPECIFIED); }), invalid);
  EXPECT_EQ(error([](auto& request) {
              request.mutable_matchers(0)->set_op(v1::Matcher::OP_MATCHES), request.mutable_matchers(0)->set_value("(");
            }),
            invalid);
}

v1::LabelsResponse List(const RowReader& reader, v1::LabelsRequest::Kind kind, const std::string& label = "",
                        uint32_t limit = 0) {
  v1::LabelsRequest request;
  request.set_kind(kind);
  request.set_label(label);
  request.set_to_unix_ms(1'000'000);
  request.set_limit(limit);
  v1::LabelsResponse response;
  EXPECT_TRUE(ListLabels(reader, request, response).ok());
  return response;
}

TEST_F(GridSelectionTest, LabelsAreListed) {
  reader_.AddRow(reader_.AddSeries("api.latency", {"host:b", "region:eu"}), 0, {1});
  reader_.AddRow(reader_.AddSeries("hits", {"host:a"}, MetricType::kCounter), 0, {1});
  EXPECT_THAT(List(reader_, v1::LabelsRequest::KIND_NAMES).texts(), ElementsAre("__name__", "host", "region"));
  EXPECT_THAT(List(reader_, v1::LabelsRequest::KIND_VALUES, "host").texts(), ElementsAre("a", "b"));
  EXPECT_THAT(List(reader_, v1::LabelsRequest::KIND_VALUES, "__name__").texts(), ElementsAre("api_latency", "hits"));
  const v1::LabelsResponse series = List(reader_, v1::LabelsRequest::KIND_SERIES);
  ASSERT_EQ(series.series_size(), 2);
  EXPECT_EQ(MapOf(series.series(0).labels()), (LabelMap{{"__name__", "api_latency"}, {"host", "b"}, {"region", "eu"}}));
  EXPECT_EQ(series.series(1).type(), v1::METRIC_TYPE_COUNTER);
  const v1::LabelsResponse first = List(reader_, v1::LabelsRequest::KIND_NAMES, "", 2);
  EXPECT_THAT(first.texts(), ElementsAre("__name__", "host"));
  EXPECT_TRUE(first.more());
}

}  // namespace
}  // namespace tributary
