// What a sample costs a reader in allocations once its series is known: counted by replacing operator new in this
// program.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "local/ingest/packet_reader.h"
#include "tests/local/shard/shard_fixture.h"

namespace {

std::atomic<uint64_t> g_allocations{0};

void* Allocate(size_t bytes) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(bytes == 0 ? 1 : bytes);
}

}  // namespace

void* operator new(size_t bytes) {
  if (void* const room = Allocate(bytes)) return room;
  throw std::bad_alloc();
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return Allocate(bytes); }
void operator delete(void* room) noexcept { std::free(room); }
void operator delete(void* room, size_t) noexcept { std::free(room); }
void operator delete(void* room, const std::nothrow_t&) noexcept { std::free(room); }

namespace tributary {
namespace {

constexpr int kKeys = 200;
constexpr int kLinesPerDatagram = 20;

class AllocationTest : public ShardFixture {
 protected:
  // Of kKeys series in turn, ten values or members each.
  static std::vector<std::string> Datagrams(absl::string_view type, int lines_per_key) {
    std::vector<std::string> datagrams;
    for (int line = 0; line < kKeys * lines_per_key; ++line) {
      if (line % kLinesPerDatagram == 0) datagrams.emplace_back();
      absl::StrAppend(&datagrams.back(), "api.", type, ".", line % kKeys, ":", line / kKeys % 10, ".5|", type,
                      "|@0.5|#region:eu,env:prod|c:ci-1\n");
    }
    return datagrams;
  }

  // While all of `datagrams` are read, 40 a batch.
  uint64_t AllocationsOf(const std::vector<std::string>& datagrams) {
    const uint64_t before = g_allocations.load();
    for (size_t i = 0; i < datagrams.size(); ++i) {
      packets_.Receive(datagrams[i], Peer());
      if (i % 40 == 39) packets_.EndBatch();
    }
    packets_.EndBatch();
    return g_allocations.load() - before;
  }
  void EndInterval() {
    shard_->RequestWindows(++interval_);
    packets_.EndBatch();
    shard_->TakeWindows(absl::ZeroDuration());
  }

  std::unique_ptr<Shard> shard_ = NewShard();
  TapHub taps_{clock_};
  PacketReader packets_{LineParser::Options(), LineMetrics(telemetry_), *shard_, taps_};
  IntervalIndex interval_ = kFirstInterval;
};

TEST_F(AllocationTest, CountersAndGaugesNeedNoneOnceTheirSeriesAreKnown) {
  for (const absl::string_view type : {"c", "g"}) {
    SCOPED_TRACE(std::string(type));
    const std::vector<std::string> datagrams = Datagrams(type, 20);
    EXPECT_GT(AllocationsOf(datagrams), 0u);
    EXPECT_EQ(AllocationsOf(datagrams), 0u);
  }
}

// The windows have their size from the interval before.
TEST_F(AllocationTest, CountersNeedNoneInTheNextIntervalsEither) {
  const std::vector<std::string> datagrams = Datagrams("c", 20);
  AllocationsOf(datagrams);
  for (int i = 0; i < 3; ++i) {
    EndInterval();
    EXPECT_EQ(AllocationsOf(datagrams), 0u);
  }
}

// A digest's buffer holds 1,024 samples; folding it makes its body anew.
TEST_F(AllocationTest, TimersNeedAFewForAThousandSamples) {
  const std::vector<std::string> datagrams = Datagrams("ms", 1024);
  AllocationsOf(datagrams);
  EXPECT_LE(AllocationsOf(datagrams), 20u * kKeys);
}

// A set's list of members is folded when it is full of members again.
TEST_F(AllocationTest, SetsNeedOneForManyMembersAtMost) {
  const std::vector<std::string> datagrams = Datagrams("s", 20);
  AllocationsOf(datagrams);
  EXPECT_LE(AllocationsOf(datagrams), 2u * kKeys);
}

}  // namespace
}  // namespace tributary
