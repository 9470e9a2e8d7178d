#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "global/copies/copied_columns.h"
#include "global/copies/held_copies.h"
#include "gtest/gtest.h"
#include "tests/global/store/store_harness.h"

namespace tributary {

using StoreDump = std::map<std::pair<Column, std::string>, std::string>;

// Every key of the copied columns, but what a store knows of its copies.
inline StoreDump Dump(const Database& database) {
  StoreDump dump;
  for (const CopiedColumn& each : kCopiedColumns) {
    const absl::Status read = database.ForEach(each.column, [&](absl::string_view key, absl::string_view value) {
      if (IsCopied(each.column, key)) dump[{each.column, std::string(key)}] = std::string(value);
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
  }
  return dump;
}

inline HeldCopies::Options HeldOptions(const std::string& path) {
  HeldCopies::Options options;
  options.path = path;
  options.database = {"", "test", absl::Seconds(10), 8 << 20, 1 << 20};
  options.ledger = {absl::Seconds(10), "", {absl::Hours(4), absl::Hours(48), absl::Hours(24 * 50)}, 100};
  options.tend_every = absl::Hours(1);
  return options;
}

// A store of one node whose log is kept.
class Source {
 public:
  explicit Source(std::string path, uint64_t log_bytes = 64 << 20) : path_(std::move(path)), log_bytes_(log_bytes) {
    Open();
  }
  void Open() {
    OpenDatabase();
    auto made = Ledger::Open(*database, options, scale.End(next));
    ASSERT_TRUE(made.ok()) << made.status();
    ledger = *std::move(made);
    name = *database->Name();
  }
  // Whatever is in it.
  void OpenDatabase() {
    ledger.reset();
    database.reset();
    auto opened = Database::Open({path_, "test", absl::Seconds(10), 8 << 20, 1 << 20, log_bytes_});
    ASSERT_TRUE(opened.ok()) << opened.status();
    database = *std::move(opened);
  }
  // A counter in each of so many intervals from the last on.
  void Count(const std::string& metric, int intervals) {
    for (int i = 0; i < intervals; ++i, ++next) {
      CommitPlan plan;
      plan.windows = {CommitOfRows(next, {CounterRow(metric, next, 1)})};
      plan.sealed_through = next;
      rocksdb::WriteBatch batch;
      ledger->Put(plan, batch);
      ASSERT_TRUE(database->Write(batch, true).ok());
      ledger->Written(plan);
    }
  }
  void RollUp(bool is_last = false) {
    while (*ledger->RollUp(1000, is_last)) {
    }
  }
  absl::Time through() const { return scale.End(next - 1); }

  static constexpr IntervalIndex kFirst = 360'000;  // an hour begins
  const IntervalScale scale{absl::Seconds(10)};
  const Ledger::Options options = {
      absl::Seconds(10), "global-0", {absl::Hours(4), absl::Hours(48), absl::Hours(24 * 50)}, 100};
  IntervalIndex next = kFirst;
  StoreId name = 0;
  std::unique_ptr<Database> database;
  std::unique_ptr<Ledger> ledger;

 private:
  const std::string path_;
  const uint64_t log_bytes_;
};

// What a counter adds up to, from rows of one length.
inline double TotalOf(const Ledger& ledger, const std::string& metric, absl::Duration length = absl::Seconds(10)) {
  std::vector<KeyId> ids;
  for (const StoredSeries& series : ledger.FindSeries(metric)) ids.push_back(series.id);
  const absl::Time from = IntervalScale(absl::Seconds(10)).Start(Source::kFirst);
  double total = 0;
  const absl::Status read = ledger.ReadRows(length, ids, from, from + absl::Hours(24), [&](KeyId, const Row& row) {
    total += std::get<CounterAggregate>(row.value).total.ToDouble();
    return true;
  });
  EXPECT_TRUE(read.ok()) << read;
  return total;
}

}  // namespace tributary
