#include "common/sink/memory_row_queue.h"

#include <thread>

#include "gtest/gtest.h"
#include "tests/common/sink/rows.h"

namespace tributary {
namespace {

std::vector<Row> Counters(int count) {
  std::vector<Row> rows;
  for (int i = 0; i < count; ++i) rows.push_back(CounterRow("c", i));
  return rows;
}

size_t RowBytes() { return MemoryBytes(Counters(1)[0]); }

void ExpectBooksBalance(const MemoryRowQueue& queue) {
  const MemoryRowQueue::Stats stats = queue.stats();
  EXPECT_EQ(stats.rows_appended, stats.rows_acknowledged + stats.rows_dropped + stats.rows_queued);
}

TEST(MemoryRowQueueTest, HandsBatchesOutInOrder) {
  MemoryRowQueue queue(1 << 20);
  queue.Append(Counters(1));
  queue.Append(Counters(2));
  std::optional<RowBatch> first = queue.Next(absl::ZeroDuration());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->rows.size(), 1u);
  queue.Acknowledge(first->sequence);
  std::optional<RowBatch> second = queue.Next(absl::ZeroDuration());
  ASSERT_TRUE(second);
  EXPECT_EQ(second->rows.size(), 2u);
  EXPECT_GT(second->sequence, first->sequence);
  queue.Acknowledge(second->sequence);
  EXPECT_FALSE(queue.Next(absl::ZeroDuration()));
  EXPECT_EQ(queue.stats().rows_acknowledged, 3u);
  ExpectBooksBalance(queue);
}

TEST(MemoryRowQueueTest, NothingIsNoBatch) {
  MemoryRowQueue queue(1 << 20);
  queue.Append({});
  EXPECT_FALSE(queue.Next(absl::ZeroDuration()));
}

TEST(MemoryRowQueueTest, DropsTheOldestWhenFull) {
  MemoryRowQueue queue(3 * RowBytes());
  for (int i = 1; i <= 5; ++i) queue.Append({CounterRow("c", i)});
  EXPECT_EQ(queue.stats().rows_dropped, 2u);
  EXPECT_LE(queue.stats().bytes_queued, 3 * RowBytes());
  EXPECT_EQ(std::get<CounterAggregate>(queue.Next(absl::ZeroDuration())->rows[0].value).total.ToDouble(), 3);
  ExpectBooksBalance(queue);
}

TEST(MemoryRowQueueTest, NeverDropsWhatIsHandedOut) {
  MemoryRowQueue queue(2 * RowBytes());
  queue.Append({CounterRow("c", 1)});
  const std::optional<RowBatch> out = queue.Next(absl::ZeroDuration());
  for (int i = 2; i <= 5; ++i) queue.Append({CounterRow("c", i)});
  EXPECT_EQ(queue.stats().rows_dropped, 3u);
  EXPECT_EQ(queue.stats().rows_queued, 2u);
  queue.Acknowledge(out->sequence);
  EXPECT_EQ(std::get<CounterAggregate>(queue.Next(absl::ZeroDuration())->rows[0].value).total.ToDouble(), 5);
  ExpectBooksBalance(queue);
}

TEST(MemoryRowQueueTest, DropsABatchThatCannotFit) {
  MemoryRowQueue queue(2 * RowBytes());
  queue.Append(Counters(3));
  EXPECT_EQ(queue.stats().rows_dropped, 3u);
  EXPECT_FALSE(queue.Next(absl::ZeroDuration()));
  ExpectBooksBalance(queue);
}

TEST(MemoryRowQueueTest, NextWaitsForABatch) {
  MemoryRowQueue queue(1 << 20);
  std::thread writer([&queue] { queue.Append(Counters(1)); });
  EXPECT_TRUE(queue.Next(absl::Minutes(1)));
  writer.join();
}

TEST(MemoryRowQueueTest, SketchesCountTowardsTheBound) {
  std::vector<double> values;
  for (int i = 0; i < 5000; ++i) values.push_back(i);
  EXPECT_GT(MemoryBytes(TimerRow("t", values)), MemoryBytes(TimerRow("t", {})) + 1000);
}

}  // namespace
}  // namespace tributary
