// Equal sets give equal bytes: whatever the order of arrival, however often a chunk comes.
#include <algorithm>
#include <random>

#include "common/wire/series.h"
#include "gtest/gtest.h"
#include "tests/global/merge/book_harness.h"
#include "tributary/v1/aggregate.pb.h"

namespace tributary {
namespace {

constexpr IntervalIndex kI = BookHarness::kFirst;
constexpr int kAgents = 8;
constexpr int kIntervals = 3;

// Every type, digests of many shapes; what one agent has does not depend on anything but the arguments.
UnitChunk UnitOf(int agent, IntervalIndex interval) {
  std::mt19937_64 random(static_cast<uint64_t>(agent * 1000 + interval));
  UnitChunk unit = BookHarness::Chunk(agent, interval, {});
  unit.sample_count = 100;
  unit.crc32c = static_cast<uint32_t>(random());
  const auto add = [&](const std::string& name, MetricType type, Aggregate value) {
    unit.series.emplace_back(SeriesKey{name, {"env:prod"}, type}, std::move(value));
  };
  CounterAggregate counter;
  counter.Add(static_cast<double>(random() % 1000) / 7, 1);
  add("c", MetricType::kCounter, counter);
  GaugeAggregate gauge;
  gauge.Add(static_cast<double>(agent), 5, AgentId(agent));
  add("g", MetricType::kGauge, gauge);
  DistributionAggregate timer{TDigest(100, static_cast<uint64_t>(agent)), Fixed192()};
  std::lognormal_distribution<double> latency(3, 1);
  for (int i = 0; i < 300 + 100 * agent; ++i) timer.Add(latency(random), 1);
  add("t", MetricType::kTimer, timer);
  SetAggregate set;
  for (int i = 0; i < 50; ++i) set.Add(std::to_string(random() % 200));
  add("s", MetricType::kSet, set);
  CheckAggregate check;
  check.status = static_cast<uint8_t>(agent % 4);
  check.unix_ns = 5;
  check.writer = AgentId(agent);
  add("k", MetricType::kCheck, check);
  return unit;
}

std::string BytesOf(const std::vector<Row>& rows) {
  std::string bytes;
  for (const Row& row : rows) bytes += ToProto(row).SerializeAsString();
  return bytes;
}

std::string RowsAfter(std::vector<std::pair<int, IntervalIndex>> arrivals, std::mt19937& random) {
  auto h = WarmHarness(kAgents);
  h->AdvanceTo(h->End(kI + kIntervals - 1) + absl::Seconds(1));
  std::shuffle(arrivals.begin(), arrivals.end(), random);
  for (const auto& [agent, interval] : arrivals) {
    if (random() % 2 == 0) h->Marker(agent, interval);
    h->Unit(UnitOf(agent, interval));
    h->Marker(agent, interval);
  }
  std::stable_sort(h->rows.begin(), h->rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.interval, a.key) < std::tie(b.interval, b.key);
  });
  EXPECT_EQ(h->rows.size(), 5u * kIntervals);
  EXPECT_TRUE(h->BooksBalance());
  return BytesOf(h->rows);
}

TEST(PermutationTest, OrderAndRepetitionDoNotShowInTheRows) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::vector<std::pair<int, IntervalIndex>> arrivals;
  for (int agent = 0; agent < kAgents; ++agent) {
    for (int i = 0; i < kIntervals; ++i) arrivals.emplace_back(agent, kI + i);
  }
  const std::string expected = RowsAfter(arrivals, random);
  for (int round = 0; round < 25; ++round) {
    std::vector<std::pair<int, IntervalIndex>> again = arrivals;
    for (const auto& arrival : arrivals) {
      if (random() % 3 == 0) again.push_back(arrival);
    }
    ASSERT_EQ(RowsAfter(again, random), expected) << "round " << round;
  }
}

// Restarts, repeats, delays beyond the deadline, lost answers: each sample is in the rows once.
TEST(PermutationTest, EverySampleIsInTheRowsOnceAfterRestartsAndDelays) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 60; ++round) {
    auto h = WarmHarness(4);
    std::vector<UnitName> waiting;
    std::map<std::string, double> sent;
    const auto chunk_of = [](const UnitName& name) {
      const int agent = static_cast<unsigned char>(name.instance.bytes()[0]);
      return BookHarness::Chunk(agent, name.interval, {{"all", 1 + agent}, {"by" + std::to_string(agent % 2), 1}});
    };
    const auto act = [&](double share) {
      for (const UnitName& name : waiting) {
        if (random() % 1000 >= share * 1000) continue;
        const int agent = static_cast<unsigned char>(name.instance.bytes()[0]);
        h->Marker(agent, name.interval);
        h->Unit(chunk_of(name));
      }
      std::erase_if(waiting, [&](const UnitName& name) {
        return std::find(h->committed.begin(), h->committed.end(), name) != h->committed.end();
      });
    };
    for (IntervalIndex i = kI; i < kI + 30; ++i) {
      h->AdvanceTo(h->End(i));
      for (int agent = 0; agent < 4; ++agent) {
        waiting.push_back({AgentId(agent), i, BookHarness::kPartition, 0});
        for (const auto& [key, value] : chunk_of(waiting.back()).series) {
          sent[key->name] += std::get<CounterAggregate>(value).total.ToDouble();
        }
      }
      act(random() % 3 == 0 ? 0.2 : 0.9);
      if (random() % 6 == 0) {
        h->auto_commit = false;
        h->Advance(absl::Seconds(random() % 12));
        h->Restart();  // a plan under way is lost
        h->auto_commit = true;
        h->OwnEverything();
        for (int agent = 0; agent < 4; ++agent) h->Hello(agent);
      }
      if (random() % 10 == 0) h->Advance(absl::Seconds(60));
    }
    for (int i = 0; i < 50 && !waiting.empty(); ++i) {
      act(1);
      h->Advance(absl::Seconds(6));
    }
    EXPECT_TRUE(waiting.empty());
    std::map<std::string, double> rows;
    std::map<std::string, Row> last;
    for (const Row& row : h->rows) {
      rows[row.key->name] += ValueOf(row);
      if (!row.total) continue;
      const auto before = last.find(row.key->name);
      if (before != last.end()) {
        EXPECT_LT(before->second.interval, row.interval) << "totals come in order";
        EXPECT_LE(before->second.total->count.ToDouble(), row.total->count.ToDouble());
      }
      last[row.key->name] = row;
    }
    ASSERT_EQ(rows, sent) << "round " << round;
    EXPECT_TRUE(h->BooksBalance());
  }
}

}  // namespace
}  // namespace tributary
