#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "global/store/ledger.h"
#include "gtest/gtest.h"
#include "rocksdb/write_batch.h"

namespace tributary {

// A ledger in a directory, that can be closed and opened again.
class StoreHarness {
 public:
  explicit StoreHarness(std::string path) : path_(std::move(path)) { Open(); }

  void Open() {
    auto opened = Database::Open(options());
    ASSERT_TRUE(opened.ok()) << opened.status();
    database = *std::move(opened);
    auto ledger_opened = Ledger::Open(*database, options_of_ledger, now);
    ASSERT_TRUE(ledger_opened.ok()) << ledger_opened.status();
    ledger = *std::move(ledger_opened);
  }
  void Reopen() {
    ledger.reset();
    database.reset();
    Open();
  }
  Database::Options options() const { return {path_, "test", absl::Seconds(10), 8 << 20, 1 << 20}; }

  absl::Status Commit(const CommitPlan& plan) {
    rocksdb::WriteBatch batch;
    ledger->Put(plan, batch);
    const absl::Status status = database->Write(batch, true);
    if (status.ok()) ledger->Written(plan);
    return status;
  }
  // Until there is nothing left to do.
  void RollUp(size_t max_rows = 100) {
    while (true) {
      const auto did = ledger->RollUp(max_rows);
      ASSERT_TRUE(did.ok()) << did.status();
      if (!*did) break;
    }
  }
  // Every row of a name whose interval ends in (from, to].
  std::vector<Row> Rows(const std::string& name, absl::Time from = absl::UnixEpoch(),
                        absl::Time to = absl::FromUnixSeconds(100'000'000),
                        absl::Duration resolution = absl::Seconds(10)) const {
    std::vector<KeyId> ids;
    for (const StoredSeries& series : ledger->FindSeries(name)) ids.push_back(series.id);
    std::vector<Row> rows;
    const absl::Status read = ledger->ReadRows(resolution, ids, from, to, [&](KeyId, const Row& row) {
      rows.push_back(row);
      return true;
    });
    EXPECT_TRUE(read.ok()) << read;
    return rows;
  }

  Ledger::Options options_of_ledger = {
      absl::Seconds(10), "global-0", {absl::Hours(4), absl::Hours(48), absl::Hours(24 * 50)}, 100};
  const IntervalScale scale{absl::Seconds(10)};
  absl::Time now = scale.Start(1000);
  std::unique_ptr<Database> database;
  std::unique_ptr<Ledger> ledger;

 private:
  const std::string path_;
};

inline Row CounterRow(const std::string& name, IntervalIndex interval, double value, uint32_t version = 1) {
  Row row;
  row.key = SeriesKey{name, {"env:prod", "host:a"}, MetricType::kCounter};
  row.interval = interval;
  row.version = version;
  row.late = version > 1;
  row.contributors = 1;
  CounterAggregate counter;
  counter.Add(value, 1);
  row.value = counter;
  if (version == 1) row.total = RunningTotal{counter.total, Fixed192(), interval};
  return row;
}

inline WindowCommit CommitOfRows(IntervalIndex interval, std::vector<Row> rows, uint8_t step = 0) {
  WindowCommit commit;
  commit.partition = 7;
  commit.interval = interval;
  commit.rows = std::move(rows);
  commit.manifest.step = step;
  commit.manifest.closed = true;
  commit.manifest.last_version = static_cast<uint8_t>(commit.rows.empty() ? 1 : commit.rows.back().version);
  commit.manifest.chunks = {{InstanceId::Random(), 0, 1, 0xabcd, 5, 0}};
  return commit;
}

}  // namespace tributary
