#include <benchmark/benchmark.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/load/deck.h"
#include "local/ingest/packet_reader.h"

namespace tributary {
namespace {

constexpr IntervalIndex kFirstInterval = 100'000'000;
constexpr int kLinesPerInterval = 1'000'000;

// What tributary-load sends: counters, timers and sets in turn, two tags each, in datagrams of 1,400 bytes.
Deck DeckOf(int64_t keys) {
  const SyntheticSeries series({.keys = static_cast<uint64_t>(keys)});
  return Deck(series, {.samples = static_cast<uint64_t>(std::max<int64_t>(65'536, 10 * keys))});
}

// A reader with all that it needs but a socket.
struct Reader {
  std::string host = "web-1";
  LimitsConfig limits;
  ManualClock clock{absl::FromUnixSeconds(1'000'000'000)};
  Telemetry telemetry;
  SeriesLimiter limiter{limits, clock};
  GaugeLevels levels{limits.max_series};
  Shard shard{Shard::Options{.instance = InstanceId::Random()},
              kFirstInterval,
              {std::make_shared<const Policy>(), host, 1, limiter, &levels},
              clock,
              ShardMetrics(telemetry)};
  TapHub taps{clock};
  PacketReader packets{LineParser::Options(), LineMetrics(telemetry), shard, taps};
};

// From a datagram in memory to the aggregates of the open window, 40 datagrams a batch; an interval closes every
// million lines. Per line. /keys.
void BM_PacketReader(benchmark::State& state) {
  const Deck deck = DeckOf(state.range(0));
  Reader reader;
  IntervalIndex interval = kFirstInterval;
  uint64_t lines = 0;
  uint64_t closed_at = 0;
  size_t i = 0;
  for (auto _ : state) {
    for (int n = 0; n < 40; ++n, i = (i + 1) % deck.size()) {
      reader.packets.Receive(deck.payload(i), Peer());
      lines += deck.lines(i);
    }
    if (lines - closed_at > kLinesPerInterval) {
      closed_at = lines;
      reader.shard.RequestWindows(++interval);
    }
    reader.packets.EndBatch();
    benchmark::DoNotOptimize(reader.shard.TakeWindows(absl::ZeroDuration()));
  }
  state.SetItemsProcessed(static_cast<int64_t>(lines));
}
BENCHMARK(BM_PacketReader)->Arg(1000)->Arg(100'000);

// References: the same bytes copied, per line.
void BM_Reference_Memcpy(benchmark::State& state) {
  const Deck deck = DeckOf(state.range(0));
  std::vector<char> into(64 << 10);
  uint64_t lines = 0;
  size_t i = 0;
  for (auto _ : state) {
    const absl::string_view text = deck.payload(i);
    std::memcpy(into.data(), text.data(), text.size());
    benchmark::DoNotOptimize(into.data());
    benchmark::ClobberMemory();
    lines += deck.lines(i);
    i = (i + 1) % deck.size();
  }
  state.SetItemsProcessed(static_cast<int64_t>(lines));
}
BENCHMARK(BM_Reference_Memcpy)->Arg(1000);

// And one number of each timer, by std::from_chars.
void BM_Reference_FromChars(benchmark::State& state) {
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i) texts.push_back(absl::StrFormat("%.3f", i * 37 % 1000 / 8.0));
  size_t i = 0;
  for (auto _ : state) {
    const std::string& text = texts[i];
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    benchmark::DoNotOptimize(value);
    if (++i == texts.size()) i = 0;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Reference_FromChars);

}  // namespace
}  // namespace tributary
