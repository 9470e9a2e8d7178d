#include "common/sink/remote_write_sink.h"

#include <atomic>
#include <map>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/sink/fake_storage.h"
#include "tests/common/sink/rows.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using Stored = FakeStorage::Stored;

RemoteWriteSink::Options OptionsFor(const FakeStorage& storage) {
  RemoteWriteSink::Options options;
  options.request.url = storage.url();
  options.points.statistics.percentiles = {0.5};
  options.points.statistics.aggregates = {Statistic::kCount};
  return options;
}

uint64_t Dropped(const SinkResult& result, SinkDropReason reason) {
  return result.dropped[static_cast<size_t>(reason)];
}

HttpResponse Status(int status, std::string body = "") { return HttpResponse::Text(status, body); }

TEST(RemoteWriteSinkTest, StorageGetsEveryPoint) {
  FakeStorage storage;
  RemoteWriteSink sink(OptionsFor(storage), TenSeconds());
  const SinkResult result =
      sink.Write({CounterRow("c.d", 5, -1, {"env:prod"}), TimerRow("t", {7, 7}), GaugeRow("g", {1.5})});
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.delivered, 3u);
  EXPECT_THAT(storage.stored(),
              UnorderedElementsAre(Stored{"c_d_total{env=prod}", 0, 1000001}, Stored{"c_d_total{env=prod}", 5, 1010000},
                                   Stored{"t_count{}", 3, 1010000}, Stored{"t{quantile=0.5}", 7, 1010000},
                                   Stored{"g{}", 1.5, 1010000}));
}

TEST(RemoteWriteSinkTest, SendsTheHeadersOfRemoteWriteOne) {
  FakeStorage storage;
  RemoteWriteSink::Options options = OptionsFor(storage);
  options.request.headers = {{"X-Scope-OrgID", "tenant"}};
  RemoteWriteSink sink(options, TenSeconds());
  sink.Write({GaugeRow("g", {1})});
  ASSERT_EQ(storage.requests().size(), 1u);
  const HttpRequest request = storage.requests()[0];
  EXPECT_EQ(request.Header("content-encoding"), "snappy");
  EXPECT_EQ(request.Header("content-type"), "application/x-protobuf");
  EXPECT_EQ(request.Header("x-prometheus-remote-write-version"), "0.1.0");
  EXPECT_EQ(request.Header("x-scope-orgid"), "tenant");
}

TEST(RemoteWriteSinkTest, LabelsAreSortedWithTheNameAmongThem) {
  std::vector<std::string> names;
  FakeStorage storage([&names](const prometheus::WriteRequest& request) {
    for (const auto& label : request.timeseries(0).labels()) names.push_back(label.name());
    return Status(200);
  });
  RemoteWriteSink sink(OptionsFor(storage), TenSeconds());
  sink.Write({GaugeRow("g", {1}, {"Zone:a", "env:b", "_x:c"})});
  EXPECT_THAT(names, ElementsAre("Zone", "__name__", "_x", "env"));
}

TEST(RemoteWriteSinkTest, SamplesOfASeriesAreTogetherAndInTimeOrder) {
  std::map<std::string, std::vector<int64_t>> times;
  FakeStorage storage([&times](const prometheus::WriteRequest& request) {
    for (const auto& series : request.timeseries()) {
      std::vector<int64_t>& of_series = times[FakeStorage::SeriesName(series)];
      EXPECT_TRUE(of_series.empty()) << "a series twice in one request";
      for (const auto& sample : series.samples()) of_series.push_back(sample.timestamp());
    }
    return Status(200);
  });
  RemoteWriteSink sink(OptionsFor(storage), TenSeconds());
  sink.Write({CounterRow("c", 1, -1, {}, 100), CounterRow("d", 1, 1, {}, 100), CounterRow("c", 1, 1, {}, 101),
              CounterRow("c", 1, 2, {}, 102)});
  EXPECT_THAT(times["c_total{}"], ElementsAre(1000001, 1010000, 1020000, 1030000));
}

TEST(RemoteWriteSinkTest, NoRequestHasMoreSamplesThanAllowed) {
  FakeStorage storage([](const prometheus::WriteRequest& request) {
    EXPECT_LE(request.timeseries_size(), 10);
    return Status(204);
  });
  RemoteWriteSink::Options options = OptionsFor(storage);
  options.max_samples_per_request = 10;
  RemoteWriteSink sink(options, TenSeconds());
  std::vector<Row> rows;
  for (int i = 0; i < 95; ++i) rows.push_back(GaugeRow("g" + std::to_string(i), {1}));
  EXPECT_EQ(sink.Write(rows).delivered, 95u);
  EXPECT_EQ(storage.requests().size(), 10u);
  EXPECT_EQ(storage.stored().size(), 95u);
}

TEST(RemoteWriteSinkTest, RefusedPointLeavesTheRest) {
  const std::set<std::string> poison = {"g17{}", "g18{}", "g63{}"};
  FakeStorage storage([&poison](const prometheus::WriteRequest& request) {
    for (const auto& series : request.timeseries()) {
      if (poison.contains(FakeStorage::SeriesName(series))) return Status(400, "invalid label");
    }
    return Status(204);
  });
  RemoteWriteSink sink(OptionsFor(storage), TenSeconds());
  std::vector<Row> rows;
  for (int i = 0; i < 100; ++i) rows.push_back(GaugeRow("g" + std::to_string(i), {1}));
  const SinkResult result = sink.Write(rows);
  EXPECT_TRUE(result.status.ok());
  EXPECT_EQ(result.delivered, 97u);
  EXPECT_EQ(Dropped(result, SinkDropReason::kRefused), 3u);
  EXPECT_EQ(result.refusal, "g63{} was refused: 400: invalid label");
  std::set<std::string> stored;
  for (const Stored& sample : storage.stored()) EXPECT_TRUE(stored.insert(sample.series).second);
  EXPECT_EQ(stored.size(), 97u);
  EXPECT_LE(storage.requests().size(), 199u);
}

TEST(RemoteWriteSinkTest, RowWithOneRefusedPointIsDroppedButItsOtherPointsStay) {
  FakeStorage storage([](const prometheus::WriteRequest& request) {
    for (const auto& series : request.timeseries()) {
      if (FakeStorage::SeriesName(series) == "t_count{}") return Status(422);
    }
    return Status(200);
  });
  RemoteWriteSink sink(OptionsFor(storage), TenSeconds());
  const SinkResult result = sink.Write({TimerRow("t", {7})});
  EXPECT_EQ(result.delivered, 0u);
  EXPECT_THAT(result.refusal, testing::HasSubstr("t_count{} was refused: 422"));
  EXPECT_EQ(Dropped(result, SinkDropReason::kRefused), 1u);
  EXPECT_THAT(storage.stored(), ElementsAre(Stored{"t{quantile=0.5}", 7, 1010000}));
}

TEST(RemoteWriteSinkTest, WhatIsInTheStorageAlreadyHasItsOwnReason) {
  FakeStorage storage([](const auto&) { return Status(400, "Out of order sample from remote write"); });
  RemoteWriteSink sink(OptionsFor(storage), TenSeconds());
  EXPECT_EQ(Dropped(sink.Write({GaugeRow("g", {1})}), SinkDropReason::kOutOfOrder), 1u);
}

class RetriedStatusTest : public ::testing::TestWithParam<int> {};

TEST_P(RetriedStatusTest, LeavesTheRowsForLater) {
  std::atomic<bool> is_down = true;
  FakeStorage storage([&is_down](const auto&) { return is_down ? Status(GetParam(), "not now") : Status(200); });
  RemoteWriteSink sink(OptionsFor(storage), TenSeconds());
  const std::vector<Row> rows = {GaugeRow("g", {1}), GaugeRow("h", {2})};
  const SinkResult failed = sink.Write(rows);
  EXPECT_FALSE(failed.status.ok());
  EXPECT_EQ(failed.settled(), 0u);
  EXPECT_THAT(std::string(failed.status.message()), HasSubstr("not now"));
  EXPECT_EQ(storage.requests().size(), 1u);
  is_down = false;
  EXPECT_EQ(sink.Write(rows).delivered, 2u);
}

INSTANTIATE_TEST_SUITE_P(Statuses, RetriedStatusTest, ::testing::Values(301, 401, 403, 404, 429, 500, 502, 503));

TEST(RemoteWriteSinkTest, RetryAfterIsPassedOn) {
  FakeStorage storage([](const auto&) {
    HttpResponse response = Status(429);
    response.headers.emplace_back("Retry-After", "17");
    return response;
  });
  RemoteWriteSink sink(OptionsFor(storage), TenSeconds());
  EXPECT_EQ(sink.Write({GaugeRow("g", {1})}).retry_after, absl::Seconds(17));
}

TEST(RemoteWriteSinkTest, NobodyThereIsForLater) {
  RemoteWriteSink::Options options;
  {
    FakeStorage storage;
    options = OptionsFor(storage);
  }
  RemoteWriteSink sink(options, TenSeconds());
  const SinkResult result = sink.Write({GaugeRow("g", {1})});
  EXPECT_FALSE(result.status.ok());
  EXPECT_EQ(result.settled(), 0u);
}

TEST(RemoteWriteSinkTest, WhatWasStoredBeforeAFailureIsSettled) {
  std::atomic<int> requests = 0;
  FakeStorage storage([&requests](const auto&) { return ++requests == 3 ? Status(500) : Status(200); });
  RemoteWriteSink::Options options = OptionsFor(storage);
  options.max_samples_per_request = 1;
  RemoteWriteSink sink(options, TenSeconds());
  const SinkResult result =
      sink.Write({GaugeRow("a", {1}), GaugeRow("b", {1}), GaugeRow("c", {1}), GaugeRow("d", {1})});
  EXPECT_FALSE(result.status.ok());
  EXPECT_EQ(result.delivered, 2u);
}

TEST(RemoteWriteSinkTest, SecondSeriesOfOneIdentityIsRefusedAndCounted) {
  FakeStorage storage;
  RemoteWriteSink sink(OptionsFor(storage), TenSeconds());
  const SinkResult result = sink.Write({GaugeRow("a.b", {1}), GaugeRow("a_b", {2}), GaugeRow("a.b", {3}, {"x:1"})});
  EXPECT_EQ(result.delivered, 2u);
  EXPECT_EQ(Dropped(result, SinkDropReason::kCollision), 1u);
  EXPECT_THAT(storage.stored(), UnorderedElementsAre(Stored{"a_b{}", 1, 1010000}, Stored{"a_b{x=1}", 3, 1010000}));
}

TEST(RemoteWriteSinkTest, DerivedNameOfAnotherSeriesIsACollision) {
  FakeStorage storage;
  RemoteWriteSink sink(OptionsFor(storage), TenSeconds());
  EXPECT_EQ(sink.Write({TimerRow("t", {7})}).delivered, 1u);
  EXPECT_EQ(Dropped(sink.Write({GaugeRow("t.count", {2})}), SinkDropReason::kCollision), 1u);
}

TEST(RemoteWriteSinkTest, CounterWithoutATotalIsCounted) {
  FakeStorage storage;
  RemoteWriteSink sink(OptionsFor(storage), TenSeconds());
  Row row = CounterRow("c", 1);
  row.total.reset();
  const SinkResult result = sink.Write({row});
  EXPECT_TRUE(result.status.ok());
  EXPECT_EQ(Dropped(result, SinkDropReason::kNoPoints), 1u);
  EXPECT_TRUE(storage.requests().empty());
}

TEST(RemoteWriteSinkTest, CancelledSinkReturns) {
  FakeStorage storage;
  RemoteWriteSink sink(OptionsFor(storage), TenSeconds());
  sink.Cancel();
  EXPECT_FALSE(sink.Write({GaugeRow("g", {1})}).status.ok());
}

}  // namespace
}  // namespace tributary
