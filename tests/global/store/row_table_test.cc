#include "global/store/row_table.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/global/store/store_harness.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

constexpr RowTable::Shape kMinutes = {2, absl::Minutes(1), absl::Hours(24), 6};

IntervalMask Mask(std::initializer_list<int> intervals) {
  IntervalMask mask(6);
  for (const int interval : intervals) mask.Set(interval);
  return mask;
}

// Rows of one minute, as several nodes wrote them.
class RowTableTest : public testing::Test {
 protected:
  RowTableTest() : store_(dir_.path()) {
    Row row = CounterRow("a", 0, 0);
    key_ = row.key;
    catalog_.Restore(1, key_, {0, 1000});
  }
  void Put(uint16_t emitter, double value, const IntervalMask& covered) {
    const RowTable table(*store_.database, catalog_, kMinutes, emitter, 100);
    rocksdb::WriteBatch batch;
    table.Put(batch, 1, CounterRow("a", 7, value), covered);
    ASSERT_TRUE(store_.database->Write(batch, true).ok());
  }
  // The one row that a reader gets, and what it covers.
  std::pair<double, IntervalMask> Read() {
    std::vector<std::pair<double, IntervalMask>> read;
    const RowTable table(*store_.database, catalog_, kMinutes, 0, 100);
    const absl::Status status = table.Read({1}, {0, 1000}, {}, [&](KeyId, const Row& row, const IntervalMask& covered) {
      read.emplace_back(std::get<CounterAggregate>(row.value).total.ToDouble(), covered);
      return true;
    });
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(read.size(), 1u);
    return read.at(0);
  }

  TempDir dir_;
  StoreHarness store_;
  SeriesCatalog catalog_;
  SharedSeriesKey key_;
};

TEST_F(RowTableTest, PartsOfAnIntervalThatEmittersShareAddUp) {
  Put(1, 3, Mask({0, 1, 2}));
  Put(2, 30, Mask({3, 4, 5}));
  EXPECT_EQ(Read(), std::pair(33.0, IntervalMask::All(6)));
}

TEST_F(RowTableTest, WhatTwoEmittersBothHaveCountsOnce) {
  Put(1, 3, Mask({0, 1, 2}));
  Put(2, 40, Mask({2, 3, 4, 5}));
  EXPECT_EQ(Read(), std::pair(40.0, Mask({2, 3, 4, 5})));
}

TEST(IntervalMaskTest, ComesBackFromItsBytes) {
  for (const IntervalMask& mask : {Mask({0}), Mask({5}), Mask({1, 3}), IntervalMask::All(6)}) {
    IntervalMask decoded;
    ASSERT_TRUE(IntervalMask::Decode(mask.Encode(6), 6, decoded));
    EXPECT_EQ(decoded, mask);
  }
  EXPECT_EQ(IntervalMask::All(6).Encode(6), "");
}

TEST(IntervalMaskTest, OtherBytesAreRefused) {
  IntervalMask mask;
  EXPECT_FALSE(IntervalMask::Decode(std::string(1, '\x40'), 6, mask));  // a seventh
  EXPECT_FALSE(IntervalMask::Decode(std::string(1, '\0'), 6, mask));    // none
  EXPECT_FALSE(IntervalMask::Decode("aa", 6, mask));                    // too long
}

}  // namespace
}  // namespace tributary
