#include "local/flush/flusher.h"

#include <gmock/gmock.h>

#include <map>
#include <string>
#include <thread>

#include "common/wire/messages.h"
#include "common/wire/payload.h"
#include "tests/local/shard/shard_fixture.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Collector : public UnitReceiver, public LocalRowReceiver, public ActivityReceiver {
 public:
  void OnClosed(ClosedInterval interval) override { closed.push_back(std::move(interval)); }
  void OnRows(std::vector<Row> more) override {
    for (Row& row : more) rows.push_back(std::move(row));
  }
  void OnActivity(IntervalActivity more) override { activity.push_back(std::move(more)); }
  std::vector<ClosedInterval> closed;
  std::vector<Row> rows;
  std::vector<IntervalActivity> activity;
};

class FlusherTest : public ShardFixture {
 protected:
  static constexpr uint64_t kClusterSeed = 1;  // that of the fixture's shards

  void SetUp() override {
    RuleSpec local;
    local.name = "local.*";
    local.scopes = {{Scope::kLocal, ""}};
    rules_ = *RuleSet::Build({local});
    options_.config.reader_timeout = absl::ZeroDuration();
    options_.instance = *InstanceId::FromBytes("0123456789abcdef");
    options_.cluster_seed = kClusterSeed;
    for (int i = 0; i < 2; ++i) {
      shards_.push_back(NewShard());
      shards_.back()->Detach();  // answers at once, on the test's own thread
    }
    flusher_ = std::make_unique<Flusher>(options_, kFirstInterval, Pointers(), levels_, clock_, telemetry_, collector_,
                                         &collector_, &collector_);
  }
  std::vector<Shard*> Pointers() const { return {shards_[0].get(), shards_[1].get()}; }
  void AdvanceTo(IntervalIndex interval) { clock_.Advance(scale_.Start(interval) - clock_.Now()); }

  std::map<std::string, Aggregate> Decode(const std::vector<v1::Block>& blocks) {
    std::map<std::string, Aggregate> series;
    for (const v1::Block& block : blocks) {
      const absl::StatusOr<UnitPayload> payload = DecodePayload(block, options_.instance);
      EXPECT_TRUE(payload.ok()) << payload.status();
      for (const auto& [key, value] : payload->series) {
        EXPECT_EQ(block.partition(), PartitionOf(HashOf(key, kClusterSeed)));
        EXPECT_TRUE(series.emplace(absl::StrCat(key->name, "#", absl::StrJoin(key->tags, ",")), value).second);
      }
    }
    return series;
  }
  static uint64_t SamplesIn(const std::vector<v1::Block>& blocks) {
    uint64_t samples = 0;
    for (const v1::Block& block : blocks) samples += block.sample_count();
    return samples;
  }
  // accepted = dropped + local + in blocks
  static void ExpectBalanced(const ClosedInterval& closed) {
    uint64_t dropped = 0;
    for (const uint64_t samples : closed.counts.dropped) dropped += samples;
    EXPECT_EQ(closed.counts.accepted,
              dropped + closed.local_samples + SamplesIn(closed.blocks) + SamplesIn(closed.late_blocks))
        << closed.interval;
  }
  static double CounterOf(const Aggregate& value) { return std::get<CounterAggregate>(value).total.ToDouble(); }

  const IntervalScale scale_{absl::Seconds(10)};
  Flusher::Options options_;
  std::vector<std::unique_ptr<Shard>> shards_;
  Collector collector_;
  std::unique_ptr<Flusher> flusher_;
};

TEST_F(FlusherTest, ClosesNothingBeforeItsTime) {
  clock_.Advance(absl::Seconds(9.999));
  EXPECT_FALSE(flusher_->CloseIfDue());
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(flusher_->CloseIfDue());
  EXPECT_FALSE(flusher_->CloseIfDue());
  ASSERT_THAT(collector_.closed, SizeIs(1));
  EXPECT_EQ(collector_.closed[0].interval, kFirstInterval);
}

TEST_F(FlusherTest, MergesWhatTheShardsHaveOfASeries) {
  Add(*shards_[0], MetricType::kCounter, "hits", "a:1,b:2", {1});
  Add(*shards_[1], MetricType::kCounter, "hits", "b:2,a:1", {2});
  Add(*shards_[1], MetricType::kCounter, "misses", "", {4});
  Add(*shards_[0], MetricType::kTimer, "latency", "", {1, 2});
  Add(*shards_[1], MetricType::kTimer, "latency", "", {3});
  AdvanceTo(kFirstInterval + 1);
  flusher_->CloseIfDue();
  const std::map<std::string, Aggregate> series = Decode(collector_.closed.at(0).blocks);
  ASSERT_THAT(series, SizeIs(3));
  EXPECT_EQ(CounterOf(series.at("hits#a:1,b:2")), 3);
  EXPECT_EQ(CounterOf(series.at("misses#")), 4);
  EXPECT_EQ(std::get<DistributionAggregate>(series.at("latency#")).digest.sum().ToDouble(), 6);
}

TEST_F(FlusherTest, MarksThePartitionsThatHaveUnits) {
  for (int i = 0; i < 500; ++i) Add(*shards_[i % 2], MetricType::kCounter, "hits", absl::StrCat("i:", i), {1, 1});
  AdvanceTo(kFirstInterval + 1);
  flusher_->CloseIfDue();
  const ClosedInterval& closed = collector_.closed.at(0);
  PartitionSet expected;
  uint64_t samples = 0;
  for (const v1::Block& block : closed.blocks) {
    EXPECT_TRUE(Validate(block).ok());
    EXPECT_EQ(block.interval(), kFirstInterval);
    expected.set(block.partition());
    samples += block.sample_count();
  }
  EXPECT_EQ(DecodePartitions(closed.marker.nonempty()), expected);
  EXPECT_EQ(closed.marker.interval(), kFirstInterval);
  EXPECT_EQ(closed.marker.sample_count(), 1000u);
  EXPECT_EQ(samples, 1000u);
}

TEST_F(FlusherTest, MarksAnIdleIntervalAsEmpty) {
  AdvanceTo(kFirstInterval + 1);
  flusher_->CloseIfDue();
  const ClosedInterval& closed = collector_.closed.at(0);
  EXPECT_THAT(closed.blocks, IsEmpty());
  EXPECT_EQ(closed.marker.nonempty(), "");
  EXPECT_EQ(closed.marker.interval(), kFirstInterval);
}

TEST_F(FlusherTest, KeepsLocalSeriesAtHome) {
  Add(*shards_[0], MetricType::kCounter, "local.hits", "", {1});
  Add(*shards_[1], MetricType::kCounter, "local.hits", "", {2});
  Add(*shards_[0], MetricType::kCounter, "hits", "", {4});
  AdvanceTo(kFirstInterval + 1);
  flusher_->CloseIfDue();
  EXPECT_THAT(Decode(collector_.closed.at(0).blocks), SizeIs(1));
  EXPECT_EQ(collector_.closed.at(0).marker.sample_count(), 1u);
  ASSERT_THAT(collector_.rows, SizeIs(1));
  EXPECT_EQ(collector_.rows[0].key, (SeriesKey{"local.hits", {"host:web-1"}, MetricType::kCounter}));
  EXPECT_EQ(collector_.rows[0].interval, kFirstInterval);
  EXPECT_EQ(CounterOf(collector_.rows[0].value), 3);
}

TEST_F(FlusherTest, SendsWhatIsDatedBackAsLateUnits) {
  for (const auto& shard : shards_) {
    Add(*shard, MetricType::kCounter, "hits", "", {1}, 1, kStartUnixSeconds - 15);
  }
  AdvanceTo(kFirstInterval + 1);
  flusher_->CloseIfDue();
  const ClosedInterval& closed = collector_.closed.at(0);
  EXPECT_THAT(closed.blocks, IsEmpty());
  EXPECT_EQ(closed.marker.sample_count(), 0u);
  ASSERT_THAT(closed.late_blocks, SizeIs(1));
  const v1::Block& block = closed.late_blocks[0];
  EXPECT_EQ(block.interval(), kFirstInterval - 2);
  EXPECT_EQ(block.chunk_count(), 0u);
  EXPECT_EQ(block.chunk(), 0x80000000u | (2u << 12));
  EXPECT_EQ(block.sample_count(), 2u);
  EXPECT_EQ(CounterOf(Decode(closed.late_blocks).at("hits#")), 2);
}

TEST_F(FlusherTest, CarriesEventsAndChecks) {
  EventSample event;
  event.title = "deploy";
  shards_[0]->Add(event);
  shards_[1]->Add(event);
  CheckSample check;
  check.name = "db.up";
  check.status = 1;
  shards_[0]->Add(check);
  AdvanceTo(kFirstInterval + 1);
  flusher_->CloseIfDue();
  const ClosedInterval& closed = collector_.closed.at(0);
  size_t events = 0;
  for (const v1::Block& block : closed.blocks) events += DecodePayload(block, options_.instance)->events.size();
  EXPECT_EQ(events, 2u);
  EXPECT_EQ(std::get<CheckAggregate>(Decode(closed.blocks).at("db.up#host:web-1")).status, 1);
  EXPECT_EQ(closed.marker.sample_count(), 3u);
}

TEST_F(FlusherTest, ClosesIntervalsThatTheClockHasLeaptOver) {
  Add(*shards_[0], MetricType::kCounter, "hits", "", {1});
  AdvanceTo(kFirstInterval + 3);
  flusher_->CloseIfDue();
  ASSERT_THAT(collector_.closed, SizeIs(3));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(collector_.closed[i].interval, kFirstInterval + i);
    EXPECT_EQ(collector_.closed[i].marker.interval(), kFirstInterval + i);
    EXPECT_EQ(collector_.closed[i].blocks.size(), i == 0 ? 1u : 0u);
  }
}

TEST_F(FlusherTest, BoundsTheEmptyIntervalsOfALongLeap) {
  AdvanceTo(kFirstInterval + 1'000'000);
  flusher_->CloseIfDue();
  ASSERT_THAT(collector_.closed, SizeIs(1 + Flusher::kMaxEmptyIntervals));
  EXPECT_EQ(collector_.closed.back().interval, kFirstInterval + 999'999);
}

TEST_F(FlusherTest, NeverGoesBackWithTheClock) {
  AdvanceTo(kFirstInterval + 1);
  flusher_->CloseIfDue();
  clock_.Advance(-absl::Hours(1));
  Add(*shards_[0], MetricType::kCounter, "hits", "", {1});
  EXPECT_FALSE(flusher_->CloseIfDue());
  AdvanceTo(kFirstInterval + 2);
  EXPECT_TRUE(flusher_->CloseIfDue());
  ASSERT_THAT(collector_.closed, SizeIs(2));
  EXPECT_EQ(collector_.closed[1].interval, kFirstInterval + 1);
  EXPECT_EQ(collector_.closed[1].marker.sample_count(), 1u);
}

TEST_F(FlusherTest, FlushesTheOpenIntervalAtOnce) {
  Add(*shards_[0], MetricType::kCounter, "hits", "", {1});
  clock_.Advance(absl::Seconds(3));
  EXPECT_EQ(flusher_->FlushNow(), kFirstInterval);
  ASSERT_THAT(collector_.closed, SizeIs(1));
  EXPECT_EQ(collector_.closed[0].marker.sample_count(), 1u);
}

TEST_F(FlusherTest, FlushesWhatIsOverdueFirst) {
  clock_.Advance(absl::Seconds(13));
  EXPECT_EQ(flusher_->FlushNow(), kFirstInterval + 1);
  EXPECT_THAT(collector_.closed, SizeIs(2));
}

TEST_F(FlusherTest, BalancesItsBooks) {
  Add(*shards_[0], MetricType::kCounter, "hits", "", {1, 1e300, 2});
  Add(*shards_[0], MetricType::kCounter, "local.hits", "", {1, 2, 3, 4});
  Add(*shards_[1], MetricType::kTimer, "latency", "", {1}, 1, kStartUnixSeconds - 30);
  Add(*shards_[1], MetricType::kTimer, "latency", "", {1}, 1, kStartUnixSeconds - 3000);
  EventSample large;
  const std::string text(100'000, 'x');
  large.title = "large";
  large.text = text;
  shards_[1]->Add(large);  // beyond what a unit carries
  AdvanceTo(kFirstInterval + 1);
  flusher_->CloseIfDue();
  const FlushMetrics flushed(telemetry_);
  EXPECT_EQ(flushed.flushed_main.value(), 2u);
  EXPECT_EQ(flushed.flushed_local.value(), 4u);
  EXPECT_EQ(flushed.flushed_late.value(), 1u);
  EXPECT_EQ(Dropped(DropReason::kOutOfRange), 1u);
  EXPECT_EQ(Dropped(DropReason::kTimestampOutOfRange), 1u);
  EXPECT_EQ(Dropped(DropReason::kWireLimit), 1u);
  EXPECT_EQ(Accepted(), 10u);
}

// A shard whose reader does not answer until told.
TEST_F(FlusherTest, SendsWhatASlowReaderHandsOverAsLate) {
  const std::unique_ptr<Shard> slow = NewShard();
  Flusher flusher(options_, kFirstInterval, {shards_[0].get(), slow.get()}, levels_, clock_, telemetry_, collector_,
                  nullptr);
  Add(*shards_[0], MetricType::kCounter, "hits", "", {1});
  Add(*slow, MetricType::kCounter, "hits", "", {2});
  AdvanceTo(kFirstInterval + 1);
  flusher.CloseIfDue();
  EXPECT_EQ(FlushMetrics(telemetry_).slow_readers.value(), 1u);
  EXPECT_EQ(CounterOf(Decode(collector_.closed.at(0).blocks).at("hits#")), 1);

  slow->EndBatch();
  slow->Detach();
  Add(*slow, MetricType::kCounter, "hits", "", {4});
  AdvanceTo(kFirstInterval + 2);
  flusher.CloseIfDue();
  const ClosedInterval& second = collector_.closed.at(1);
  EXPECT_EQ(CounterOf(Decode(second.blocks).at("hits#")), 4);
  ASSERT_THAT(second.late_blocks, SizeIs(1));
  EXPECT_EQ(second.late_blocks[0].interval(), kFirstInterval);
  EXPECT_EQ(CounterOf(Decode(second.late_blocks).at("hits#")), 2);
  ExpectBalanced(collector_.closed[0]);
  ExpectBalanced(second);
}

TEST_F(FlusherTest, EachIntervalSaysWhatBecameOfItsSamples) {
  const int64_t before = kStartUnixSeconds - 10;
  Add(*shards_[0], MetricType::kCounter, "hits", "", {1, 1, 1});
  Add(*shards_[1], MetricType::kCounter, "hits", "", {1}, 1, before);
  Add(*shards_[1], MetricType::kCounter, "hits", "", {1, 1}, 1, before - 3600);
  Add(*shards_[1], MetricType::kCounter, "local.hits", "", {1, 1, 1, 1, 1});
  AdvanceTo(kFirstInterval + 1);
  flusher_->CloseIfDue();
  Add(*shards_[0], MetricType::kTimer, "latency", "", {1, 1e300});
  AdvanceTo(kFirstInterval + 2);
  flusher_->CloseIfDue();

  const ClosedInterval& first = collector_.closed.at(0);
  EXPECT_EQ(first.counts.accepted, 11u);
  EXPECT_EQ(first.counts.dropped[static_cast<size_t>(DropReason::kTimestampOutOfRange)], 2u);
  EXPECT_EQ(first.local_samples, 5u);
  EXPECT_EQ(SamplesIn(first.blocks), 3u);
  EXPECT_EQ(SamplesIn(first.late_blocks), 1u);
  const ClosedInterval& second = collector_.closed.at(1);
  EXPECT_EQ(second.counts.accepted, 2u);
  EXPECT_EQ(second.counts.dropped[static_cast<size_t>(DropReason::kOutOfRange)], 1u);
  EXPECT_EQ(SamplesIn(second.blocks), 1u);
}

// Readers that add all the time while intervals close: nothing is lost and nothing twice.
TEST_F(FlusherTest, LosesNoSampleBetweenIntervals) {
  constexpr int kReaders = 3;
  constexpr int kBatches = 3000;
  options_.config.reader_timeout = absl::Seconds(30);
  std::vector<std::unique_ptr<Shard>> shards;
  std::vector<Shard*> pointers;
  for (int i = 0; i < kReaders; ++i) {
    shards.push_back(NewShard());
    pointers.push_back(shards.back().get());
  }
  Flusher flusher(options_, kFirstInterval, pointers, levels_, clock_, telemetry_, collector_, nullptr);
  std::vector<std::thread> readers;
  for (Shard* shard : pointers) {
    readers.emplace_back([shard] {
      for (int batch = 0; batch < kBatches; ++batch) {
        shard->BeginBatch();
        for (int i = 0; i < 10; ++i) Add(*shard, MetricType::kCounter, "hits", absl::StrCat("i:", i), {1});
        AddDelta(*shard, "level", 1);
        shard->EndBatch();
      }
      shard->Detach();
    });
  }
  for (int i = 1; i <= 40; ++i) {
    clock_.Advance(absl::Seconds(10));
    flusher.CloseIfDue();
  }
  for (std::thread& reader : readers) reader.join();
  flusher.FlushNow();

  double total = 0;
  double level = 0;
  for (const ClosedInterval& closed : collector_.closed) {
    EXPECT_THAT(closed.late_blocks, IsEmpty());
    ExpectBalanced(closed);
    for (const auto& [name, value] : Decode(closed.blocks)) {
      if (const auto* counter = std::get_if<CounterAggregate>(&value)) total += counter->total.ToDouble();
      if (const auto* gauge = std::get_if<GaugeAggregate>(&value)) level = std::max(level, gauge->max);
    }
  }
  EXPECT_EQ(total, kReaders * kBatches * 10.0);
  EXPECT_EQ(level, kReaders * kBatches * 1.0);
  EXPECT_EQ(FlushMetrics(telemetry_).flushed_main.value(), Accepted());
}

TEST_F(FlusherTest, ClosesIntervalsOnItsOwnThread) {
  options_.config.interval = absl::Seconds(1);
  SystemClock clock;
  const IntervalIndex first = IntervalScale(absl::Seconds(1)).At(clock.Now());
  struct Waiter : UnitReceiver {
    void OnClosed(ClosedInterval closed) override {
      const MutexLock lock(mutex);
      intervals.push_back(closed.interval);
      changed.NotifyAll();
    }
    Mutex mutex;
    CondVar changed;
    std::vector<IntervalIndex> intervals;
  } waiter;
  Flusher flusher(options_, first, {}, levels_, clock, telemetry_, waiter, nullptr);
  flusher.Start();
  {
    const MutexLock lock(waiter.mutex);
    while (waiter.intervals.empty() && waiter.changed.WaitFor(waiter.mutex, absl::Seconds(30))) {
    }
    ASSERT_THAT(waiter.intervals, ::testing::Not(IsEmpty()));
    EXPECT_EQ(waiter.intervals.front(), first);
  }
  flusher.Stop();
}

TEST_F(FlusherTest, TellsWhoDidWhatInEachInterval) {
  for (const auto& shard : shards_) {
    ++shard->FindClient(Peer::OfProcess(1, 0)).packets;
    Add(*shard, MetricType::kCounter, "hits", "", {1, 2});
  }
  Add(*shards_[0], MetricType::kCounter, "local.hits", "", {1});
  AdvanceTo(kFirstInterval + 1);
  flusher_->CloseIfDue();
  ASSERT_THAT(collector_.activity, SizeIs(1));
  const IntervalActivity& activity = collector_.activity[0];
  EXPECT_EQ(activity.interval, kFirstInterval);
  ASSERT_THAT(activity.series, SizeIs(2));  // of both shards, and of local scope
  EXPECT_EQ(activity.series[0].samples, 4u);
  ASSERT_THAT(activity.shards, SizeIs(2));
  EXPECT_EQ(activity.shards[0].clients.at(0).samples, 3u);
  EXPECT_EQ(activity.shards[1].clients.at(0).samples, 2u);
}

TEST_F(FlusherTest, LeavesNothingOpenThatItHasFlushed) {
  const auto open = [this] { return ShardMetrics(telemetry_).open.value(); };
  Add(*shards_[0], MetricType::kCounter, "hits", "", {1, 2});
  Add(*shards_[1], MetricType::kCounter, "local.hits", "", {1});
  Add(*shards_[1], MetricType::kCounter, "hits", "", {1e300});  // out of range: dropped, never open
  for (const auto& shard : shards_) shard->EndBatch();
  EXPECT_EQ(open(), 3);
  AdvanceTo(kFirstInterval + 1);
  flusher_->CloseIfDue();
  EXPECT_EQ(open(), 0);
  Add(*shards_[0], MetricType::kCounter, "hits", "", {1}, 1, kStartUnixSeconds);  // late
  shards_[0]->EndBatch();
  EXPECT_EQ(open(), 1);
  AdvanceTo(kFirstInterval + 2);
  flusher_->CloseIfDue();
  EXPECT_EQ(open(), 0);
}

}  // namespace
}  // namespace tributary
