#include "tests/sim/truth.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/hash/hash128.h"

namespace tributary::sim {

Chunk* Truth::Add(Chunk chunk) {
  std::vector<uint32_t>& window = windows_[chunk.window];
  if (window.size() >= kMaxChunks) return nullptr;
  chunk.number = static_cast<uint32_t>(chunks_.size());
  chunk.digit = static_cast<int>(window.size());
  window.push_back(chunk.number);
  return &chunks_.emplace_back(std::move(chunk));
}

bool Truth::NoteDurable(WindowName window, const InstanceId& instance, uint32_t number, uint32_t crc32c) {
  bool was_committed = false;
  for (const uint32_t known : windows_.at(window)) {
    Chunk& chunk = chunks_[known];
    if (chunk.instance != instance || chunk.chunk != number) continue;
    if (chunk.twin == nullptr || BlockOf(chunk).crc32c() == crc32c) chunk.was_durable = true;
    was_committed |= chunk.was_committed;
  }
  return was_committed;
}

v1::Block Truth::BlockOf(const Chunk& chunk) const {
  std::string payload;
  ByteWriter(payload).U32(chunk.number);
  payload.resize(40 + chunk.number % 7 * 20);
  v1::Block block;
  block.set_interval(chunk.window.first);
  block.set_partition(chunk.window.second);
  block.set_chunk(chunk.chunk);
  block.set_chunk_count(chunk.chunk_count);
  block.set_sample_count(chunk.samples);
  block.set_crc32c(static_cast<uint32_t>(Xxh3Hash64(payload, 0)));
  block.set_codec(v1::CODEC_RAW);
  block.set_payload(std::move(payload));
  return block;
}

const Chunk* Truth::ChunkOf(const v1::Block& block) const {
  ByteReader reader(block.payload());
  const uint32_t number = reader.U32();
  return reader.ok() && number < chunks_.size() ? &chunks_[number] : nullptr;
}

std::vector<std::pair<SharedSeriesKey, Aggregate>> Truth::SeriesOf(const Chunk& chunk) {
  CounterAggregate counter;
  counter.Add(std::ldexp(1.0, 2 * chunk.digit), 1);
  return {{CounterOf(chunk.window.second), counter}, {TimerOf(chunk.window.second), chunk.timer}};
}

SeriesKey Truth::CounterOf(PartitionId partition) {
  return {absl::StrCat("counter-", partition), {}, MetricType::kCounter};
}

SeriesKey Truth::TimerOf(PartitionId partition) { return {absl::StrCat("timer-", partition), {}, MetricType::kTimer}; }

Content Content::Of(const CounterAggregate& counter) {
  const Fixed128 total = counter.total;
  const auto steps = (static_cast<unsigned __int128>(static_cast<uint64_t>(total.high())) << 64) | total.low();
  Content content;
  for (auto value = steps >> 30; value != 0; value >>= 2) content.times.push_back(static_cast<uint8_t>(value & 3));
  return content;
}

void Content::Add(const Content& other) {
  times.resize(std::max(times.size(), other.times.size()));
  for (size_t i = 0; i < other.times.size(); ++i) times[i] = static_cast<uint8_t>(times[i] + other.times[i]);
}

bool Content::Includes(const Content& other) const {
  for (size_t i = 0; i < other.times.size(); ++i) {
    if (other.times[i] > 0 && TimesOf(static_cast<int>(i)) == 0) return false;
  }
  return true;
}

int Content::size() const {
  return static_cast<int>(std::count_if(times.begin(), times.end(), [](uint8_t count) { return count > 0; }));
}

}  // namespace tributary::sim
