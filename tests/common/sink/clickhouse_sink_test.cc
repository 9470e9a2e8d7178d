#include "common/sink/clickhouse_sink.h"

#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/base/mutex.h"
#include "common/net/http_server.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/sink/rows.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Reads RowBinary as ClickHouse's documents tell it.
struct Decoded {
  uint32_t time;
  std::string name, type;
  uint64_t series;
  std::vector<std::string> keys, values;
  uint32_t version, contributors;
  int whole, late;
  double coverage, value, count, sum, min, max;
  std::vector<double> means;
  std::vector<uint64_t> weights;
};

std::vector<std::string> Strings(ByteReader& reader) {
  std::vector<std::string> strings(reader.Varint());
  for (std::string& text : strings) text = std::string(reader.Sized());
  return strings;
}

Decoded Decode(const Row& row) {
  std::string bytes;
  AppendRowBinary(row, TenSeconds(), bytes);
  ByteReader reader(bytes);
  Decoded out;
  out.time = reader.U32();
  out.name = std::string(reader.Sized());
  out.series = reader.U64();
  out.type = std::string(reader.Sized());
  out.keys = Strings(reader);
  out.values = Strings(reader);
  out.version = reader.U32();
  out.whole = reader.U8();
  out.late = reader.U8();
  out.coverage = reader.F64();
  out.contributors = reader.U32();
  for (double* number : {&out.value, &out.count, &out.sum, &out.min, &out.max}) *number = reader.F64();
  out.means.resize(reader.Varint());
  for (double& mean : out.means) mean = reader.F64();
  out.weights.resize(reader.Varint());
  for (uint64_t& weight : out.weights) weight = reader.U64();
  EXPECT_TRUE(reader.AtEnd());
  return out;
}

TEST(ClickHouseSinkTest, ADistributionComesWithItsCentroids) {
  Row row = TimerRow("api.latency", {4, 8, 8}, {"env:prod", "canary"});
  row.partial = true;
  row.coverage = 0.5;
  row.version = 3;
  row.late = true;
  const Decoded told = Decode(row);
  EXPECT_EQ(told.time, 1010u);
  EXPECT_EQ(told.name, "api.latency");
  EXPECT_EQ(told.type, "timer");
  EXPECT_THAT(told.keys, ElementsAre("canary", "env"));
  EXPECT_THAT(told.values, ElementsAre("true", "prod"));
  EXPECT_EQ(told.version, 3u);
  EXPECT_EQ(told.whole, 0);
  EXPECT_EQ(told.late, 1);
  EXPECT_EQ(told.coverage, 0.5);
  EXPECT_EQ(told.count, 3);
  EXPECT_EQ(told.sum, 20);
  EXPECT_EQ(told.min, 4);
  EXPECT_EQ(told.max, 8);
  EXPECT_THAT(told.means, ElementsAre(4, 8));
  EXPECT_THAT(told.weights, ElementsAre(1000, 2000));
}

TEST(ClickHouseSinkTest, CountersAndGaugesHaveNoCentroids) {
  const Decoded counter = Decode(CounterRow("hits", 7, 100));
  EXPECT_EQ(counter.value, 7);
  EXPECT_EQ(counter.whole, 1);
  EXPECT_TRUE(counter.means.empty());
  const Decoded gauge = Decode(GaugeRow("depth", {3, 9, 5}));
  EXPECT_EQ(gauge.value, 5);
  EXPECT_EQ(gauge.min, 3);
  EXPECT_EQ(gauge.max, 9);
  EXPECT_EQ(gauge.count, 3);
}

TEST(ClickHouseSinkTest, ASeriesHasTheSameNumberInEveryInterval) {
  const uint64_t first = Decode(CounterRow("hits", 1, -1, {"a:b"}, 100)).series;
  EXPECT_EQ(Decode(CounterRow("hits", 2, 1, {"a:b"}, 101)).series, first);
  EXPECT_NE(Decode(CounterRow("hits", 1, -1, {"a:c"}, 100)).series, first);
  EXPECT_NE(Decode(GaugeRow("hits", {1}, {"a:b"}, 100)).series, first);
}

// A server that answers with `statuses` in turn.
class Server {
 public:
  explicit Server(std::vector<int> statuses) : statuses_(std::move(statuses)), server_(HttpServer::Options()) {
    server_.Handle("POST", "/", [this](const HttpRequest& request) {
      MutexLock lock(mutex_);
      requests_.push_back(request);
      return HttpResponse::Text(statuses_.at(requests_.size() - 1), "Code: 60, e.displayText() = no such table");
    });
    TRIBUTARY_CHECK(server_.Start().ok());
  }
  ~Server() { server_.Stop(); }
  ClickHouseSink::Options OptionsFor() const {
    ClickHouseSink::Options options;
    options.request.url = absl::StrCat("http://127.0.0.1:", server_.port(), "/?database=metrics");
    options.table = "rows";
    options.max_rows_per_request = 2;
    return options;
  }
  std::vector<HttpRequest> requests() const {
    MutexLock lock(mutex_);
    return requests_;
  }

 private:
  const std::vector<int> statuses_;
  mutable Mutex mutex_;
  std::vector<HttpRequest> requests_ ABSL_GUARDED_BY(mutex_);
  HttpServer server_;
};

TEST(ClickHouseSinkTest, RowsGoInPartsToTheTable) {
  Server server({200, 200});
  ClickHouseSink sink(server.OptionsFor(), TenSeconds());
  const SinkResult result = sink.Write({GaugeRow("a", {1}), GaugeRow("b", {1}), GaugeRow("c", {1})});
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.delivered, 3u);
  ASSERT_EQ(server.requests().size(), 2u);
  const HttpRequest request = server.requests()[0];
  const auto parameter = [&request](absl::string_view name) {
    for (const auto& [key, value] : request.parameters) {
      if (key == name) return value;
    }
    return std::string();
  };
  EXPECT_EQ(parameter("database"), "metrics");
  EXPECT_EQ(parameter("query"), absl::StrCat("INSERT INTO rows (", kClickHouseColumns, ") FORMAT RowBinary"));
}

TEST(ClickHouseSinkTest, WhatIsRefusedIsForLaterAndSaysWhy) {
  Server server({200, 404});
  ClickHouseSink sink(server.OptionsFor(), TenSeconds());
  const SinkResult result = sink.Write({GaugeRow("a", {1}), GaugeRow("b", {1}), GaugeRow("c", {1})});
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("404: Code: 60"));
  EXPECT_EQ(result.settled(), 2u);
}

}  // namespace
}  // namespace tributary
