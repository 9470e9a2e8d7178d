#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "local/ingest/ingest.h"
#include "local/ingest/listener_metrics.h"

namespace tributary {
namespace {

// Lines of 1,000 keys: counters, timers and sets in turn, one tag set each.
std::string Line(int i) {
  const int key = i % 1000;
  const absl::string_view tags = key % 2 == 0 ? "region:eu,env:prod" : "region:us,env:prod";
  switch (i % 3) {
    case 0:
      return absl::StrCat("api.requests.", key, ":1|c|#", tags);
    case 1:
      return absl::StrCat("api.latency.", key, ":", i * 37 % 1000, ".", i % 10, "|ms|#", tags);
    default:
      return absl::StrCat("api.users.", key, ":user", i * 31 % 5000, "|s|#", tags);
  }
}

std::vector<std::string> Datagrams(size_t max_bytes) {
  std::vector<std::string> datagrams(1);
  for (int i = 0; i < 60'000; ++i) {
    const std::string line = Line(i);
    if (!datagrams.back().empty() && datagrams.back().size() + 1 + line.size() > max_bytes) datagrams.emplace_back();
    absl::StrAppend(&datagrams.back(), datagrams.back().empty() ? "" : "\n", line);
  }
  return datagrams;
}

double CpuSecondsOf(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + 1e-6 * (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// CPU per line of everything the agent does with it, the kernel's share of receiving included: the process's time less
// the sending thread's, which is this one. /bytes: of a datagram; 1: one line each.
void BM_Ingest_Udp(benchmark::State& state) {
  SystemClock clock;
  Telemetry telemetry;
  Ingest::Options options;
  options.config.listen = {{.kind = Address::Kind::kUdp, .host = "127.0.0.1"}};
  options.instance = InstanceId::Random();
  options.first_interval = options.scale.At(clock.Now());
  auto ingest = Ingest::Start(options, RuleSet(), clock, telemetry);
  if (!ingest.ok()) return state.SkipWithError(std::string(ingest.status().message()).c_str());
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons((*ingest)->addresses()[0].port);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM, 0));
  if (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) std::abort();

  const std::vector<std::string> datagrams = Datagrams(state.range(0));
  const LineMetrics lines(telemetry);
  const Counter& kernel_drops = DatagramMetrics(telemetry, options.config.listen[0].ToString()).kernel_drops;
  uint64_t sent_lines = 0;
  const double cpu_before = CpuSecondsOf(RUSAGE_SELF) - CpuSecondsOf(RUSAGE_THREAD);
  for (auto _ : state) {
    for (size_t i = 0; i < datagrams.size(); ++i) {
      ::send(socket.number(), datagrams[i].data(), datagrams[i].size(), 0);
      // Stay within what the receive buffer holds.
      if (i % 64 == 63) {
        while (sent_lines + 60'000 * (i + 1) / datagrams.size() > lines.lines.value() + 4000) ::sched_yield();
      }
    }
    sent_lines += 60'000;
    while (lines.lines.value() < sent_lines && kernel_drops.value() == 0) ::sched_yield();
  }
  const double cpu = CpuSecondsOf(RUSAGE_SELF) - CpuSecondsOf(RUSAGE_THREAD) - cpu_before;
  state.counters["ns_per_line"] = cpu * 1e9 / lines.lines.value();
  state.counters["lost_share"] = 1.0 - static_cast<double>(lines.lines.value()) / sent_lines;
}
BENCHMARK(BM_Ingest_Udp)->Arg(1400)->Arg(1)->MinTime(1)->UseRealTime();

}  // namespace
}  // namespace tributary
