#include "global/store/store_tool.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/global/store/store_harness.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

using testing::HasSubstr;

constexpr IntervalIndex kStart = 360 * 100;

CommitPlan PlanOf(IntervalIndex interval, std::vector<Row> rows) {
  CommitPlan plan;
  plan.windows.push_back(CommitOfRows(interval, std::move(rows)));
  plan.sealed_through = interval;
  return plan;
}

// An hour of two series and what is rolled up of it, closed.
void Fill(const std::string& path) {
  StoreHarness store(path);
  for (IntervalIndex interval = kStart; interval < kStart + 360; ++interval) {
    Row timer = CounterRow("t\xff", interval, 0);
    timer.key = SeriesKey{"t\xff", {"env:prod"}, MetricType::kTimer};
    timer.total.reset();
    DistributionAggregate latency;
    for (int i = 0; i < 20; ++i) latency.Add(static_cast<double>(interval % 7 + i), 1);
    timer.value = latency;
    ASSERT_TRUE(store.Commit(PlanOf(interval, {CounterRow("a", interval, 2), timer})).ok());
  }
  store.RollUp();
}

std::string Export(const std::string& path, absl::Duration length = absl::ZeroDuration()) {
  std::ostringstream out;
  const absl::Status status = ExportStore(path, ExportFormat::kNdjson, length, out);
  EXPECT_TRUE(status.ok()) << status;
  return out.str();
}

std::pair<size_t, std::string> Check(const std::string& path) {
  std::ostringstream out;
  const auto corrupt = CheckStore(path, out);
  EXPECT_TRUE(corrupt.ok()) << corrupt.status();
  return {corrupt.value_or(0), out.str()};
}

TEST(StoreToolTest, InspectCountsRowsAndSeriesByBlock) {
  TempDir dir;
  Fill(dir.path());
  std::ostringstream out;
  ASSERT_TRUE(InspectStore(dir.path(), out).ok());
  EXPECT_THAT(out.str(), HasSubstr("cluster test, interval 10s, 2 series"));
  EXPECT_THAT(out.str(), testing::ContainsRegex("10s +1970-01-05T04:00:00Z +720 +2 "));
  EXPECT_THAT(out.str(), testing::ContainsRegex("1m +1970-01-05T00:00:00Z +120 +2 "));
  EXPECT_THAT(out.str(), testing::ContainsRegex("1h +1970-01-01T00:00:00Z +2 +2 "));
}

TEST(StoreToolTest, WholeStoreHasNothingCorrupt) {
  TempDir dir;
  Fill(dir.path());
  const auto [corrupt, told] = Check(dir.path());
  EXPECT_EQ(corrupt, 0u);
  EXPECT_THAT(told, HasSubstr("2 series, 842 rows, 0 corrupt"));
}

TEST(StoreToolTest, RowThatDoesNotDecodeIsNamed) {
  TempDir dir;
  Fill(dir.path());
  {
    StoreHarness store(dir.path());
    rocksdb::WriteBatch batch;
    const RowKey key{1, static_cast<uint32_t>(kStart / 720), 1, 5, 1, 7};
    store.database->Put(batch, Column::kRows, key.Encode(), "garbage");
    ASSERT_TRUE(store.database->Write(batch, true).ok());
  }
  const auto [corrupt, told] = Check(dir.path());
  EXPECT_EQ(corrupt, 1u);
  EXPECT_THAT(told, HasSubstr("corrupt: 10s row of a that ends at 1970-01-05T04:01:00"));
  EXPECT_THAT(told, HasSubstr("emitter 7: a stored row cannot be read"));
}

// A byte of the largest table is another.
TEST(StoreToolTest, DamagedFileIsNamed) {
  TempDir dir;
  Fill(dir.path());
  StoreHarness(dir.path()).Reopen();  // what is in the log goes into tables
  std::filesystem::path largest;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    if (entry.path().extension() != ".sst") continue;
    if (largest.empty() || entry.file_size() > std::filesystem::file_size(largest)) largest = entry.path();
  }
  ASSERT_FALSE(largest.empty());
  std::fstream file(largest, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(1000);
  const int byte = file.get();
  file.seekp(1000);
  file.put(static_cast<char>(byte ^ 0x55));
  file.close();
  const auto [corrupt, told] = Check(dir.path());
  EXPECT_GE(corrupt, 1u);
  EXPECT_THAT(told, HasSubstr("corrupt: file: "));
  EXPECT_THAT(told, HasSubstr(largest.filename().string()));
}

TEST(StoreToolTest, ImportOfAnExportIsTheSameStoreOnceOrTwice) {
  TempDir from, to;
  Fill(from.path());
  const std::string exported = Export(from.path());
  for (const size_t expected : {842u, 0u}) {
    std::istringstream in(exported);
    const auto counts = ImportStore(to.path(), in);
    ASSERT_TRUE(counts.ok()) << counts.status();
    EXPECT_EQ(counts->rows, expected);
    EXPECT_EQ(counts->known, 842u - expected);
    EXPECT_EQ(Export(to.path()), exported);
  }
}

TEST(StoreToolTest, ImportKeepsTheLargerSet) {
  TempDir from, to;
  Row small = CounterRow("a", kStart, 1), large = CounterRow("a", kStart, 5);
  large.contributors = 2;
  ASSERT_TRUE(StoreHarness(from.path()).Commit(PlanOf(kStart, {small})).ok());
  ASSERT_TRUE(StoreHarness(to.path()).Commit(PlanOf(kStart, {large})).ok());
  std::istringstream in(Export(from.path()));
  EXPECT_EQ(ImportStore(to.path(), in)->known, 1u);
  std::istringstream back(Export(to.path()));
  EXPECT_EQ(ImportStore(from.path(), back)->rows, 1u);
  EXPECT_EQ(Export(from.path()), Export(to.path()));
}

TEST(StoreToolTest, ExportIsOfOneLengthWhenAsked) {
  TempDir dir;
  Fill(dir.path());
  const std::string hours = Export(dir.path(), absl::Hours(1));
  EXPECT_EQ(std::count(hours.begin(), hours.end(), '\n'), 3);
  EXPECT_THAT(hours, HasSubstr("\"value\":720.0"));
}

TEST(StoreToolTest, LinesThatAreNoExportAreRefusedWithTheirNumber) {
  const std::string header = "{\"tributary_store\":1,\"cluster\":\"test\",\"interval\":\"10s\"}\n";
  const auto message_of = [](const std::string& text) {
    TempDir dir;
    std::istringstream in(text);
    return std::string(ImportStore(dir.path(), in).status().message());
  };
  EXPECT_THAT(message_of(""), HasSubstr("first line"));
  EXPECT_THAT(message_of("{}"), HasSubstr("first line"));
  EXPECT_THAT(message_of("{\"tributary_store\":1,\"cluster\":\"test\",\"interval\":\"7s\"}\n"), HasSubstr("interval"));
  EXPECT_THAT(message_of(header + "no"), HasSubstr("line 2"));
  EXPECT_THAT(message_of(header + "{}"), HasSubstr("line 2"));
  EXPECT_THAT(message_of(header + "{\"series\":\"\",\"row\":\"\",\"version\":1,\"emitter\":1,\"resolution\":\"10s\","
                                  "\"end_unix_ms\":9223372036854775807}"),
              HasSubstr("line 2"));
}

}  // namespace
}  // namespace tributary
