#include "common/sink/sink_feeder.h"

#include <functional>

#include "common/sink/memory_row_queue.h"
#include "gtest/gtest.h"
#include "tests/common/sink/rows.h"

namespace tributary {
namespace {

// Does what the test says, and remembers the rows it took.
class ScriptedSink : public Sink {
 public:
  using Script = std::function<SinkResult(absl::Span<const Row>)>;
  explicit ScriptedSink(Script script) : script_(std::move(script)) {}
  SinkResult Write(absl::Span<const Row> rows) override { return script_(rows); }

 private:
  Script script_;
};

SinkResult Delivered(absl::Span<const Row> rows) {
  SinkResult result;
  result.delivered = rows.size();
  return result;
}

SinkResult Failed(uint64_t delivered = 0) {
  SinkResult result;
  result.status = absl::UnavailableError("down");
  result.delivered = delivered;
  return result;
}

// A feeder without its thread: the test makes the turns.
class SinkFeederTest : public ::testing::Test {
 protected:
  SinkFeeder& Feed(ScriptedSink::Script script, RowFilter filter = {}) {
    SinkFeeder::Options options;
    options.name = "s";
    options.seed = 1;
    options.filter = std::move(filter);
    feeder_ = std::make_unique<SinkFeeder>(options, std::make_unique<ScriptedSink>(std::move(script)), queue_,
                                           TenSeconds(), clock_, telemetry_);
    return *feeder_;
  }
  std::optional<absl::Duration> Turn() { return feeder_->Turn(absl::ZeroDuration()); }

  void ExpectBooksBalance() const {
    const SinkMetrics& counted = feeder_->metrics();
    EXPECT_EQ(queue_.stats().rows_appended, counted.delivered.value() + counted.filtered.value() +
                                                counted.rows_dropped() + queue_.stats().rows_dropped +
                                                queue_.stats().rows_queued);
  }

  ManualClock clock_{absl::FromUnixSeconds(1017)};
  Telemetry telemetry_;
  MemoryRowQueue queue_{1 << 20};
  std::unique_ptr<SinkFeeder> feeder_;
};

TEST_F(SinkFeederTest, DeliversAndAcknowledges) {
  Feed(Delivered);
  queue_.Append({GaugeRow("a", {1}), GaugeRow("b", {1})});
  EXPECT_EQ(Turn(), absl::ZeroDuration());
  EXPECT_EQ(Turn(), std::nullopt);
  EXPECT_EQ(feeder_->metrics().delivered.value(), 2u);
  EXPECT_EQ(queue_.stats().rows_acknowledged, 2u);
  ExpectBooksBalance();
}

TEST_F(SinkFeederTest, FilteredRowsAreNotWrittenButCounted) {
  Feed(Delivered, RowFilter{.names = {"a*"}, .exclude_names = {}, .tags = {}, .exclude_tags = {}});
  queue_.Append({GaugeRow("a", {1}), GaugeRow("b", {1})});
  queue_.Append({GaugeRow("c", {1})});
  Turn();
  Turn();
  EXPECT_EQ(feeder_->metrics().delivered.value(), 1u);
  EXPECT_EQ(feeder_->metrics().filtered.value(), 2u);
  EXPECT_EQ(queue_.stats().rows_queued, 0u);
  ExpectBooksBalance();
}

// Hands out one batch of events, again and again until it is acknowledged.
class EventSource : public RowSource {
 public:
  explicit EventSource(std::vector<Event> events) : events_(std::move(events)) {}
  std::optional<RowBatch> Next(absl::Duration) override {
    if (acknowledged) return std::nullopt;
    return RowBatch{1, {}, events_};
  }
  void Acknowledge(uint64_t) override { acknowledged = true; }

  bool acknowledged = false;

 private:
  const std::vector<Event> events_;
};

class EventSink : public ScriptedSink {
 public:
  explicit EventSink(std::vector<std::string>& titles) : ScriptedSink(Delivered), titles_(titles) {}
  bool takes_events() const override { return true; }
  absl::Status WriteEvents(absl::Span<const Event> events) override {
    if (!std::exchange(is_up_, true)) return absl::UnavailableError("down");
    for (const Event& event : events) titles_.push_back(event.title);
    return absl::OkStatus();
  }

 private:
  bool is_up_ = false;
  std::vector<std::string>& titles_;
};

TEST_F(SinkFeederTest, EventsThatMatchAreWrittenUntilTheyAreTaken) {
  EventSource source({MakeEvent("deploy.shop"), MakeEvent("boot")});
  std::vector<std::string> titles;
  SinkFeeder::Options options;
  options.filter.names = {"deploy.*"};
  SinkFeeder feeder(options, std::make_unique<EventSink>(titles), source, TenSeconds(), clock_, telemetry_);
  EXPECT_GT(*feeder.Turn(absl::ZeroDuration()), absl::ZeroDuration());
  EXPECT_FALSE(source.acknowledged);
  feeder.Turn(absl::ZeroDuration());
  EXPECT_TRUE(source.acknowledged);
  EXPECT_EQ(titles, std::vector<std::string>{"deploy.shop"});
  EXPECT_EQ(feeder.metrics().delivered.value(), 1u);
  EXPECT_EQ(feeder.metrics().filtered.value(), 1u);
}

TEST_F(SinkFeederTest, EventsAreFilteredForASinkWithoutAPlaceForThem) {
  EventSource source({MakeEvent("boot")});
  SinkFeeder feeder({}, std::make_unique<ScriptedSink>(Delivered), source, TenSeconds(), clock_, telemetry_);
  feeder.Turn(absl::ZeroDuration());
  EXPECT_TRUE(source.acknowledged);
  EXPECT_EQ(feeder.metrics().filtered.value(), 1u);
}

TEST_F(SinkFeederTest, DropsAreCountedByReason) {
  Feed([](absl::Span<const Row> rows) {
    SinkResult result = Delivered(rows.subspan(2));
    result.Drop(SinkDropReason::kRefused);
    result.Drop(SinkDropReason::kCollision);
    return result;
  });
  queue_.Append({GaugeRow("a", {1}), GaugeRow("b", {1}), GaugeRow("c", {1})});
  Turn();
  EXPECT_EQ(feeder_->metrics().dropped[static_cast<size_t>(SinkDropReason::kRefused)]->value(), 1u);
  EXPECT_EQ(feeder_->metrics().dropped[static_cast<size_t>(SinkDropReason::kCollision)]->value(), 1u);
  EXPECT_EQ(feeder_->metrics().delivered.value(), 1u);
  ExpectBooksBalance();
}

TEST_F(SinkFeederTest, TriesAgainUntilTheStorageIsBack) {
  int failures = 100;
  Feed([&failures](absl::Span<const Row> rows) { return failures-- > 0 ? Failed() : Delivered(rows); });
  queue_.Append({GaugeRow("a", {1})});
  for (int i = 0; i < 100; ++i) {
    Turn();
    EXPECT_EQ(queue_.stats().rows_queued, 1u);
  }
  ExpectBooksBalance();
  Turn();
  EXPECT_EQ(feeder_->metrics().retries.value(), 100u);
  EXPECT_EQ(feeder_->metrics().delivered.value(), 1u);
  EXPECT_EQ(queue_.stats().rows_queued, 0u);
}

TEST_F(SinkFeederTest, PausesDoubleUpToTheLimitLessAtMostHalf) {
  Feed([](absl::Span<const Row>) { return Failed(); });
  queue_.Append({GaugeRow("a", {1})});
  absl::Duration bound = absl::Milliseconds(200);
  for (int i = 0; i < 12; ++i) {
    const absl::Duration pause = *Turn();
    EXPECT_LE(pause, bound);
    EXPECT_GE(pause, bound / 2);
    bound = std::min(bound * 2, absl::Seconds(30));
  }
}

TEST_F(SinkFeederTest, SuccessForgetsEarlierFailures) {
  int writes = 0;
  Feed([&writes](absl::Span<const Row> rows) { return ++writes == 8 ? Delivered(rows) : Failed(); });
  queue_.Append({GaugeRow("a", {1})});
  queue_.Append({GaugeRow("b", {1})});
  for (int i = 0; i < 8; ++i) Turn();
  EXPECT_LE(*Turn(), absl::Milliseconds(200));
}

TEST_F(SinkFeederTest, HonoursRetryAfterWithinReason) {
  absl::Duration wish = absl::Seconds(77);
  Feed([&wish](absl::Span<const Row>) {
    SinkResult result = Failed();
    result.retry_after = wish;
    return result;
  });
  queue_.Append({GaugeRow("a", {1})});
  EXPECT_EQ(*Turn(), absl::Seconds(77));
  wish = absl::Hours(1000);
  EXPECT_EQ(*Turn(), absl::Minutes(5));
}

TEST_F(SinkFeederTest, WritesOnlyWhatIsNotSettled) {
  std::vector<std::string> seen;
  Feed([&seen](absl::Span<const Row> rows) {
    seen.push_back(rows.front().key->name);
    return rows.size() > 1 ? Failed(/*delivered=*/1) : Delivered(rows);
  });
  queue_.Append({GaugeRow("a", {1}), GaugeRow("b", {1}), GaugeRow("c", {1})});
  for (int i = 0; i < 3; ++i) Turn();
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(feeder_->metrics().delivered.value(), 3u);
  ExpectBooksBalance();
}

TEST_F(SinkFeederTest, OverflowOfTheSourceIsInTheBooks) {
  bool is_down = true;
  MemoryRowQueue small(3 * MemoryBytes(GaugeRow("a", {1})));
  SinkFeeder feeder({.name = "small", .filter = {}}, std::make_unique<ScriptedSink>([&](absl::Span<const Row> rows) {
                      return is_down ? Failed() : Delivered(rows);
                    }),
                    small, TenSeconds(), clock_, telemetry_);
  for (int i = 0; i < 10; ++i) {
    small.Append({GaugeRow("a", {1})});
    feeder.Turn(absl::ZeroDuration());
  }
  is_down = false;
  while (feeder.Turn(absl::ZeroDuration())) {
  }
  EXPECT_EQ(feeder.metrics().delivered.value(), 3u);
  EXPECT_EQ(small.stats().rows_dropped, 7u);
  EXPECT_EQ(small.stats().rows_appended, 10u);
}

TEST_F(SinkFeederTest, LagIsTheAgeOfWhatIsInHand) {
  bool is_down = true;
  Feed([&is_down](absl::Span<const Row> rows) { return is_down ? Failed() : Delivered(rows); });
  const auto lag = [this] {
    return telemetry_.Serialize().find("tributary_sink_lag_seconds{sink=\"s\"} 7") != std::string::npos;
  };
  EXPECT_FALSE(lag());
  queue_.Append({GaugeRow("a", {1})});  // its interval ended at 1010 s, now is 1017 s
  Turn();
  EXPECT_TRUE(lag());
  is_down = false;
  Turn();
  EXPECT_FALSE(lag());
}

TEST_F(SinkFeederTest, SinkThatHangsDelaysNoOther) {
  Mutex mutex;
  CondVar changed;
  bool released = false;
  MemoryRowQueue other(1 << 20);
  SinkFeeder& hanging = Feed([&](absl::Span<const Row> rows) {
    MutexLock lock(mutex);
    while (!released) changed.WaitFor(mutex, absl::Minutes(1));
    return Delivered(rows);
  });
  SinkFeeder healthy({.name = "healthy", .filter = {}}, std::make_unique<ScriptedSink>(Delivered), other, TenSeconds(),
                     clock_, telemetry_);
  queue_.Append({GaugeRow("a", {1})});
  other.Append({GaugeRow("a", {1})});
  hanging.Start();
  healthy.Start();
  healthy.Stop(absl::Minutes(1));
  EXPECT_EQ(healthy.metrics().delivered.value(), 1u);
  EXPECT_EQ(hanging.metrics().delivered.value(), 0u);
  {
    MutexLock lock(mutex);
    released = true;
    changed.NotifyAll();
  }
  hanging.Stop(absl::Minutes(1));
  EXPECT_EQ(hanging.metrics().delivered.value(), 1u);
}

TEST_F(SinkFeederTest, StopDrainsTheSourceWithinItsGrace) {
  SinkFeeder& feeder = Feed(Delivered);
  for (int i = 0; i < 50; ++i) queue_.Append({GaugeRow("a", {1})});
  feeder.Start();
  feeder.Stop(absl::Minutes(1));
  EXPECT_EQ(feeder.metrics().delivered.value(), 50u);
}

TEST_F(SinkFeederTest, StopDoesNotWaitForASinkThatIsDown) {
  SinkFeeder& feeder = Feed([](absl::Span<const Row>) { return Failed(); });
  queue_.Append({GaugeRow("a", {1})});
  feeder.Start();
  feeder.Stop(absl::ZeroDuration());
  EXPECT_EQ(queue_.stats().rows_queued, 1u);
  ExpectBooksBalance();
}

}  // namespace
}  // namespace tributary
