// What a proxy does with a batch but for gRPC: it splits its blocks by owner and relays the answers.

#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/wire/messages.h"
#include "proxy/route/router.h"

namespace tributary {
namespace {

constexpr int kBlocks = 400;         // of a batch
constexpr int kSeriesPerBlock = 24;  // about a partition's share of 100,000 series
constexpr int kBytesPerSeries = 83;

struct Ways : RouterPorts {
  bool SendUp(const std::string&, v1::Up message) override {
    blocks += message.batch().blocks_size();
    return true;
  }
  bool SendDown(SessionId, v1::Down) override { return true; }
  void Close(SessionId) override {}
  int64_t blocks = 0;
};

v1::Up From(const InstanceId& agent) {
  v1::Up up;
  up.set_instance(std::string(agent.bytes()));
  return up;
}

v1::Up Hello(const InstanceId& agent) {
  v1::Up up = From(agent);
  v1::Hello& hello = *up.mutable_hello();
  hello.set_protocol_version(1);
  hello.set_cluster("bench");
  hello.set_role(v1::ROLE_AGENT);
  hello.set_interval_ms(10'000);
  hello.set_partition_count(kPartitionCount);
  return up;
}

v1::Up Batch(const InstanceId& agent, IntervalIndex interval) {
  std::mt19937_64 random(1);
  v1::Up up = From(agent);
  for (int i = 0; i < kBlocks; ++i) {
    v1::Block& block = *up.mutable_batch()->add_blocks();
    block.set_interval(interval);
    block.set_partition(static_cast<uint32_t>(random() % kPartitionCount));
    block.set_chunk_count(1);
    block.set_sample_count(kSeriesPerBlock * 10);
    block.set_codec(v1::CODEC_RAW);
    block.set_payload(std::string(kSeriesPerBlock * kBytesPerSeries, 'x'));
  }
  return up;
}

// /owners. Per series, with the parsing of the message on its way in.
void BM_Router_Batch(benchmark::State& state) {
  Ways ways;
  const absl::Time now = absl::FromUnixSeconds(1'000'000'000);
  Router router({.cluster = "bench", .instance = InstanceId::Random(), .incarnation = 1}, ways);
  std::vector<Member> members;
  for (int i = 0; i < state.range(0); ++i) {
    members.push_back({.id = absl::StrCat("global-", i), .address = "127.0.0.1:1", .weight = 1});
  }
  router.SetMembers(now, members);
  for (const Member& member : members) router.UpstreamOpened(member.id);
  for (int tick = 0; tick < 60; ++tick) router.Tick(now + absl::Seconds(tick));
  const absl::Time later = now + absl::Seconds(60);
  const InstanceId agent = InstanceId::Random();
  router.SessionOpened(1);
  router.SessionMessage(later, 1, Hello(agent));
  const std::string bytes = Batch(agent, IntervalScale(absl::Seconds(10)).At(later)).SerializeAsString();
  ways.blocks = 0;
  for (auto _ : state) {
    v1::Up up;
    TRIBUTARY_CHECK(up.ParseFromString(bytes));
    router.SessionMessage(later, 1, std::move(up));
  }
  TRIBUTARY_CHECK(ways.blocks == state.iterations() * kBlocks);
  state.SetItemsProcessed(state.iterations() * kBlocks * kSeriesPerBlock);
}
BENCHMARK(BM_Router_Batch)->Arg(1)->Arg(3)->Arg(50);

}  // namespace
}  // namespace tributary
